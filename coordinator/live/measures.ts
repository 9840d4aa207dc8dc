/**
 * Everything counted and timed in a run so far, by phase and message, ready to be scraped. Pure: from the run's fold; made
 * whenever somebody asks (see RunRequest.onMeasurable). Invariant: counts only ever grow from one to the next, as those of
 * the fold do, and every place is there from the first on, with zeros. Bound: MAX_PHASES_NAMED and MAX_MESSAGES_NAMED names,
 * what is beyond them is one of the name REST, which no scenario can use.
 */
import { sentNames } from "../../shared/scenario/names.ts";
import {
  type Metric,
  NAME_COUNTERS,
  type NameCounter,
  type PhaseCounter,
} from "../../shared/stats/counters.ts";
import type { CloseCause, FailureKind } from "../../shared/stats/failure-kind.ts";
import { FAILURE_KINDS } from "../../shared/stats/failure-kind.ts";
import { boundAt, type MergedHistogram } from "../../shared/stats/histogram.ts";
import { withInjected } from "../analysis/judged.ts";
import type { RunFold } from "../merge/run-fold.ts";
import { type LiveSituation, liveView } from "./live-view.ts";
import type { LiveView } from "./view.ts";

export const MAX_PHASES_NAMED = 30;
export const MAX_MESSAGES_NAMED = 20;
/** Brackets are in no name of a phase or a message. */
export const REST = "(other)";

const MS = 1000;
const SECOND = 1_000_000;
/** From 0.1 ms to half an hour, about six to a tenfold. */
const NEAR_US = [
  ...[100, 150, 200, 300, 500, 700],
  ...[1, 1.5, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100, 150, 200, 300, 500, 700].map((n) => n * MS),
  ...[1, 1.5, 2, 3, 5, 7, 10, 15, 30, 60, 120, 300, 600, 1800].map((n) => n * SECOND),
];

/** Rising, microseconds: the ends of HDR buckets, so that counts up to them are exact. */
export const TIME_BOUNDS_US: readonly number[] = NEAR_US.map(boundAt);

/** Measured by phase and message. */
const BY_MESSAGE = ["latency", "service"] as const satisfies readonly Metric[];
/** Measured by phase. */
const BY_PHASE = [
  "sendLag",
  "openLag",
  "connect",
  "dns",
  "tcp",
  "tls",
  "upgrade",
  "ping",
  "lifetime",
] as const satisfies readonly Metric[];
/** The generator's own, whatever the phase. */
const BY_RUN = ["hook", "loopLag", "gcPause"] as const satisfies readonly Metric[];

export interface RunMeasures {
  /** Nothing is judged for it. */
  readonly view: LiveView;
  /** Seconds of run time that all engines have reported. */
  readonly reportedSeconds: number;
  /** Frames merged. */
  readonly frames: number;
  readonly closes: ReadonlyMap<CloseCause, number>;
  readonly phases: readonly PhaseMeasures[];
  readonly times: readonly TimeMeasures[];
}

export interface PhaseMeasures {
  readonly phase: string;
  readonly counters: Readonly<Record<PhaseCounter, number>>;
  readonly failures: ReadonlyMap<FailureKind, number>;
  readonly messages: readonly {
    readonly message: string;
    readonly counters: Readonly<Record<NameCounter, number>>;
  }[];
}

/** A distribution, as counts of values not above each of TIME_BOUNDS_US. */
export interface TimeMeasures {
  readonly metric: Metric;
  /** null: of the whole run. */
  readonly phase: string | null;
  /** null: not distinguished. */
  readonly message: string | null;
  readonly count: number;
  /** Microseconds, at the histogram's resolution. */
  readonly sumUs: number;
  readonly upTo: readonly number[];
}

export function runMeasures(
  fold: RunFold,
  situation: Omit<LiveSituation, "judgements">,
): RunMeasures {
  const { merge, facts } = fold;
  const { phases } = facts.scenario;
  const places = {
    phases: grouped(
      phases.map(({ phase }, at) => ({
        name: phase,
        positions: [...withInjected(fold, new Set([at]))],
      })),
      MAX_PHASES_NAMED,
    ),
    messages: grouped(sentNames(facts.scenario), MAX_MESSAGES_NAMED),
  };
  return {
    view: liveView(fold, { ...situation, judgements: [] }),
    reportedSeconds: fold.closedThrough() + 1,
    frames: merge.frames,
    closes: merge.closes,
    phases: places.phases.map((phase) => measuresOf(fold, phase, places.messages)),
    times: [...timesOf(fold, places)],
  };
}

/** A name, and the places in the scenario that go by it. */
interface Group {
  readonly name: string;
  readonly places: readonly number[];
}

/** Names may be the same: a secret in them was masked. */
function grouped(
  named: readonly { readonly name: string; readonly positions: readonly number[] }[],
  most: number,
): Group[] {
  const groups = new Map<string, number[]>();
  for (const { name: own, positions } of named) {
    const name = groups.has(own) || groups.size < most ? own : REST;
    const group = groups.get(name) ?? [];
    group.push(...positions);
    groups.set(name, group);
  }
  return [...groups].map(([name, places]) => ({ name, places }));
}

function measuresOf(fold: RunFold, phase: Group, messages: readonly Group[]): PhaseMeasures {
  const { merge } = fold;
  const phases = new Set(phase.places);
  const failures = FAILURE_KINDS.map((kind): [FailureKind, number] => [
    kind,
    total(phase.places, (place) => merge.failures.inPhase(place, kind)),
  ]);
  return {
    phase: phase.name,
    counters: merge.counters(phases),
    failures: new Map(failures),
    messages: messages.map(({ name, places }) => {
      const each = places.map((place) => merge.names.sum(place, phases));
      const sums = NAME_COUNTERS.map((counter) => [counter, total(each, (of) => of[counter])]);
      return { message: name, counters: Object.fromEntries(sums) as Record<NameCounter, number> };
    }),
  };
}

function* timesOf(
  fold: RunFold,
  { phases, messages }: { readonly phases: readonly Group[]; readonly messages: readonly Group[] },
): Generator<TimeMeasures> {
  const { series } = fold.merge;
  for (const { name: phase, places } of phases) {
    for (const metric of BY_MESSAGE) {
      for (const message of messages) {
        const parts = places.flatMap((place) =>
          message.places.map((name) => series.place(metric, place, name)),
        );
        yield { metric, phase, message: message.name, ...distribution(parts) };
      }
    }
    for (const metric of BY_PHASE) {
      const all = series.total({ metric, phases: new Set(places), names: null });
      yield { metric, phase, message: null, ...distribution([all]) };
    }
  }
  for (const metric of BY_RUN) {
    const all = series.total({ metric, phases: null, names: null });
    yield { metric, phase: null, message: null, ...distribution([all]) };
  }
}

function distribution(parts: readonly (MergedHistogram | null)[]) {
  const counted = parts.filter((part) => part !== null);
  const counts = counted.map((part) => part.countsUpTo(TIME_BOUNDS_US));
  return {
    count: total(counted, (part) => part.count),
    sumUs: total(counted, (part) => part.sum),
    upTo: TIME_BOUNDS_US.map((_, at) => total(counts, (of) => of[at] ?? 0)),
  };
}

function total<T>(items: readonly T[], count: (item: T) => number): number {
  return items.reduce((sum, item) => sum + count(item), 0);
}
