/**
 * What of a run may leave its normal band, second by second: failures by kind, reconnects, users that are not served by target, latency by
 * message. Called by onsets.ts. Invariants: what a fault did to its connections is in none; of seconds in which the generator was
 * saturated, or a worker lost, nothing is known. Bound: MOST_TARGETS and MOST_NAMES series.
 */
import { sentNames } from "../../../shared/scenario/names.ts";
import { failureCause } from "../../../shared/stats/failure-kind.ts";
import type { RunFold } from "../../merge/run-fold.ts";
import type { TimelineRow } from "../../merge/timeline.ts";
import { isLeftOut } from "../judged.ts";

const SECOND_US = 1_000_000;
/** Of fewer replies a median says little. */
const LEAST_REPLIES = 5;
const MOST_TARGETS = 16;
const MOST_NAMES = 8;

/** What a series is of: a kind of failure, a target by its index, a message by its name. */
export type Subject =
  | { readonly what: "failure"; readonly kind: string }
  | { readonly what: "reconnects" }
  | { readonly what: "not-served"; readonly target: number }
  | { readonly what: "latency"; readonly message: string };

export interface CountSeries {
  readonly subject: Subject;
  readonly counts: readonly number[];
  /** What may have failed; 0: not known. */
  readonly exposure: readonly number[];
}

/** Medians in microseconds; NaN: not known. */
export interface LevelSeries {
  readonly subject: Subject;
  readonly values: readonly number[];
}

/** Seconds of the plan, one after another. */
export class Observed {
  readonly #fold: RunFold;
  readonly #rows: readonly TimelineRow[];
  readonly #isOut: readonly boolean[];

  constructor(fold: RunFold) {
    this.#fold = fold;
    const seconds = Math.ceil(fold.facts.durationUs / SECOND_US);
    this.#rows = [...fold.merge.timeline.rows()].slice(0, seconds);
    this.#isOut = this.#rows.map(({ second }) => isLeftOut(fold, second));
  }

  /** Of the target's failures; several codes of a kind together. */
  failures(): CountSeries[] {
    const byKind = new Map<string, Map<number, number>>();
    for (const { kind, seconds } of this.#fold.merge.failureSeries.all) {
      if (failureCause(kind) !== "target") continue;
      const sums = byKind.get(kind) ?? new Map<number, number>();
      byKind.set(kind, sums);
      for (const [second, count] of seconds) sums.set(second, (sums.get(second) ?? 0) + count);
    }
    return [...byKind].map(([kind, sums]) =>
      this.#byOpen({ what: "failure", kind }, ({ second }) => sums.get(second) ?? 0),
    );
  }

  /** What failures may bring about. */
  others(): CountSeries[] {
    const { timeline } = this.#fold.merge;
    const again = ({ second }: TimelineRow) => timeline.counted(second, "reconnects");
    return [this.#byOpen({ what: "reconnects" }, again), ...this.#notServed()];
  }

  latencies(): LevelSeries[] {
    const { series } = this.#fold.merge;
    const phases = new Set(this.#fold.facts.scenario.phases.keys());
    const awaited = sentNames(this.#fold.facts.scenario).filter(({ isAwaited }) => isAwaited);
    return awaited.slice(0, MOST_NAMES).map(({ name, positions }) => {
      const names = new Set(positions);
      const values = this.#rows.map(({ second }) => {
        if (this.#isOut[second]) return Number.NaN;
        const window = { from: second, to: second + 1 };
        const times = series.histogram({ metric: "latency", phases, names }, window);
        return times === null || times.count < LEAST_REPLIES ? Number.NaN : times.quantile(0.5);
      });
      return { subject: { what: "latency", message: name }, values };
    });
  }

  #notServed(): CountSeries[] {
    const { facts, merge } = this.#fold;
    const { targets, phases } = facts.scenario;
    const own = new Set(phases.keys());
    if (!merge.uptime.isUsed || merge.uptime.isPartial || targets.length < 2) return [];
    return targets.slice(0, MOST_TARGETS).map((_, target) => {
      const seconds = merge.uptime.seconds(own, target);
      return this.#counts(
        { what: "not-served", target },
        ({ second }) => Math.round((seconds[second]?.downMs ?? 0) / 1000),
        ({ second }) => ((seconds[second]?.downMs ?? 0) + (seconds[second]?.upMs ?? 0)) / 1000,
      );
    });
  }

  /** Also attempts to connect are few or none while all is well: only what is open is there all the time. */
  #byOpen(subject: Subject, count: (row: TimelineRow) => number): CountSeries {
    return this.#counts(subject, count, ({ second, open }) =>
      Math.max(open, this.#rows[second - 1]?.open ?? 0),
    );
  }

  #counts(
    subject: Subject,
    count: (row: TimelineRow) => number,
    exposed: (row: TimelineRow) => number,
  ): CountSeries {
    const isKnown = ({ second }: TimelineRow) => this.#isOut[second] !== true;
    const counts = this.#rows.map((row) => (isKnown(row) ? count(row) : 0));
    // What happened shows that something was there.
    const exposure = this.#rows.map((row) =>
      isKnown(row) ? Math.max(exposed(row), count(row)) : 0,
    );
    return { subject, counts, exposure };
  }
}
