/**
 * What a search has found out, in connections: tested, knee, limit, sustainable, and what that rests on. Pure; called for
 * the summary. Invariant: nothing is said of a level that was not tested, but for the knee, which lies between two that
 * were.
 */
import { levelBefore } from "../../../shared/load/steering.ts";
import type { StrictSearch, StrictThreshold } from "../../../shared/scenario/strict.ts";
import { phaseSpans } from "../../merge/facts.ts";
import type { RunFold } from "../../merge/run-fold.ts";
import type { Plateau } from "../../merge/searches.ts";
import type { SearchOutcome } from "../../store/event.ts";
import { count } from "../text.ts";
import { type Bottleneck, bottleneckOf } from "./bottleneck.ts";
import { kneeOf } from "./knee.ts";
import { measuredLevels } from "./measured-levels.ts";
import { type Gap, gapOf } from "./next-level.ts";

export interface Capacity {
  /** The highest level that was judged. */
  readonly tested: number | null;
  /** Where latency begins to bend upward. */
  readonly knee: number | null;
  /** The lowest level that broke, twice. */
  readonly limit: number | null;
  /** The highest level that held, also after others had broken. */
  readonly sustainable: number | null;
  /** What all this rests on, for people. */
  readonly basis: string;
}

export interface FoundCapacity extends Capacity {
  /** What gave out; absent: nothing broke, and the generator was not the limit. */
  readonly bottleneck?: Bottleneck;
}

/** Levels further beyond the limit tell how bad it gets, not where it begins. */
const NEAR = 1.5;

/** Of the last find-limit phase that judged a level; null when there is none. */
export function judgeCapacity(fold: RunFold): FoundCapacity | null {
  const { phases } = fold.facts.scenario;
  const spans = phaseSpans(fold.facts.scenario);
  let capacity: FoundCapacity | null = null;
  for (const [index, phase] of phases.entries()) {
    if (phase.ramp !== "find-limit") continue;
    const plateaus = fold.searches.plateaus(index);
    if (plateaus.length === 0) continue;
    const outcome = fold.searches.outcome(index);
    const fromUs = spans[index]?.fromUs ?? 0;
    const levels = measuredLevels(fold, phase, { plateaus, fromUs });
    const bottleneck = bottleneckOf(levels, outcome === "untrusted");
    capacity = {
      ...capacityOf(phase, { from: levelBefore(phases, index), plateaus, outcome }),
      ...(bottleneck && { bottleneck }),
    };
  }
  return capacity;
}

interface Findings {
  readonly from: number;
  readonly plateaus: readonly Plateau[];
  /** null: the search was cut short. */
  readonly outcome: SearchOutcome | null;
}

export function capacityOf(search: StrictSearch, findings: Findings): Capacity {
  const { from, plateaus, outcome } = findings;
  const judged = plateaus.filter(({ purpose }) => purpose !== "rest");
  const gap = gapOf(plateaus, from);
  const isConfirmed = gap.breaks > 1;
  const recovers = outcome !== "no-recovery";
  const knee = kneeBelow(gap, search, judged);
  return {
    tested: judged.reduce((most, { to }) => Math.max(most, to), 0),
    knee: knee?.level ?? null,
    limit: isConfirmed ? gap.high : null,
    sustainable: gap.holds > 0 && recovers ? gap.low : null,
    basis: [
      `connections by plan, each level held for ${search.settleUs / 1e6} s and judged by its second half`,
      heldText(gap),
      brokeText(gap, judged),
      knee?.basis ?? "no knee shows in the levels tested",
      OUTCOMES[outcome ?? "cut"],
    ].join("; "),
  };
}

const OUTCOMES: Readonly<Record<SearchOutcome | "cut", string>> = {
  found: "the gap between the two is as narrow as was asked for",
  top: "nothing broke up to the highest level that was allowed, so the limit is not known",
  "no-recovery": "after it broke, half of the load did not bring it back",
  untrusted: "the generator was the limit, so the target's is not known",
  unsettled: "time, or levels, ran out before the gap was narrow",
  cut: "the run ended before the search did",
};

function heldText({ low, holds }: Gap): string {
  return holds === 0 ? "no level held" : `${count(low)} held ${times(holds)}`;
}

function brokeText({ high, breaks }: Gap, judged: readonly Plateau[]): string {
  if (high === null) return "none broke";
  const last = judged.findLast(({ to, verdict }) => to === high && verdict === "broken");
  return `${count(high)} broke ${times(breaks)} (${last?.reason ?? ""})`;
}

/** By the first rule on a time, and not beyond the limit. */
function kneeBelow(
  { high }: Gap,
  { until }: StrictSearch,
  judged: readonly Plateau[],
): { readonly level: number; readonly basis: string } | null {
  const at = latencyRule(until);
  const rule = until[at];
  if (rule === undefined || high === null) return null;
  const valuesAt = new Map<number, number[]>();
  for (const { to, verdict, observed } of judged) {
    const value = observed[at] ?? null;
    if (verdict === "untrusted" || value === null || to > NEAR * high) continue;
    valuesAt.set(to, [...(valuesAt.get(to) ?? []), value]);
  }
  // A level that was judged more than once counts by its median, so one bad moment bends no line.
  const points = [...valuesAt].map(([level, values]) => ({ level, value: lowerMedian(values) }));
  const level = kneeOf(points);
  if (level === null || level > high) return null;
  return { level, basis: kneeText(rule, points.length) };
}

/** Place of the rule that latency by level is taken from; -1: none is about latency. */
export function latencyRule(until: readonly StrictThreshold[]): number {
  return until.findIndex(({ unit, measure }) => unit === "us" && measure !== "connect");
}

function kneeText({ metric, statistic }: StrictThreshold, points: number): string {
  return `the knee is where two straight lines meet that fit ${metric} ${statistic} of ${points} levels`;
}

function lowerMedian(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[(values.length - 1) >> 1] ?? 0;
}

function times(number: number): string {
  return number === 1 ? "once" : number === 2 ? "twice" : `${number} times`;
}
