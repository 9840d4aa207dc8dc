/**
 * How long connections lasted until they ended unplanned, those that the plan, we or a fault ended counted until then. Pure; called by
 * report/survival. Invariants: how many reached an age is exact (every lifetime is recorded), at which age the ends lie is a sample where there
 * were many; ends that came together are no independent ones, and too few moments of them have no interval.
 */
import type { MergedHistogram } from "../../../shared/stats/histogram.ts";
import type { RunFold } from "../../merge/run-fold.ts";
import { effectiveBlocks, MIN_BLOCK_SECONDS } from "../stats/dependence.ts";
import { meanTimeBetween } from "../stats/reliability.ts";
import { type AtRisk, kaplanMeier, type SurvivalStep } from "../stats/survival.ts";
import { type KnownEnd, type KnownEnds, knownEnds, sumOf } from "./events.ts";
import { groupsOf, type TargetSurvival } from "./groups.ts";

/** Fewer say nothing of when. */
const LEAST_ENDS = 10;
/** Blocks that the ends fill, at least, for an interval. */
const LEAST_BLOCKS = 5;
export const CONFIDENCE = 0.95;
const SECOND_US = 1_000_000;
/** An age in the sample may be one millisecond above the lifetime. */
const ROUNDING_US = 1000;
/** Lifetimes beyond are recorded as this. */
const LONGEST_US = 3_600_000_000;
const AGES_SECONDS = [0, 1, 2, 5, 10, 20, 30, 45, 60, 90, 120, 180, 300, 600, 1200, 1800, 3600];

interface Rate {
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
}

export interface HazardBin {
  readonly fromSeconds: number;
  readonly toSeconds: number;
  /** Estimated where ends were sampled. */
  readonly ended: number;
  /** Time that connections of this age were open. */
  readonly openSeconds: number;
  /** Ends in an hour of a connection of this age. */
  readonly perHour: number;
  readonly interval: Rate | null;
}

export interface Survival {
  /** Connections whose lifetime is known; the others were lost with a worker. */
  readonly connections: number;
  readonly ended: number;
  /** Ends whose age is known. */
  readonly known: number;
  /** Blocks of run time (MIN_BLOCK_SECONDS) that the ends are worth. */
  readonly moments: number;
  /** By rising age, microseconds. Without intervals `low` and `high` say nothing. */
  readonly steps: readonly SurvivalStep[];
  readonly hasIntervals: boolean;
  readonly hazard: readonly HazardBin[];
  /** Of a run with several, in their order. */
  readonly targets: readonly TargetSurvival[];
}

/** @returns null with fewer than LEAST_ENDS unplanned ends, and where their ages are not known */
export function survivalOf(fold: RunFold): Survival | null {
  const { merge } = fold;
  const known = knownEnds(fold);
  const lifetimes = merge.series.total({ metric: "lifetime", phases: null, names: null });
  if (known === null || known.count < LEAST_ENDS || lifetimes === null) return null;
  const ends = known.ends.filter(({ ageUs }) => ageUs < LONGEST_US);
  const { moments, dispersion } = clustering(fold, known);
  const hasIntervals = moments >= LEAST_BLOCKS;
  return {
    connections: lifetimes.count,
    ended: known.count,
    known: known.ends.length,
    ...{ moments, hasIntervals },
    steps: kaplanMeier(riskTable(ends, lifetimes), CONFIDENCE, dispersion),
    hazard: hazardOf(ends, lifetimes, hasIntervals ? dispersion : null),
    targets: groupsOf(fold, ends),
  };
}

/** At each age at which any ended, how many had reached it. */
function riskTable(ends: readonly KnownEnd[], lifetimes: MergedHistogram): AtRisk[] {
  const buckets = [...lifetimes.buckets()];
  const rows: AtRisk[] = [];
  let next = 0;
  let atRisk = lifetimes.count;
  for (const { ageUs, weight } of ends) {
    for (; (buckets[next]?.[0] ?? LONGEST_US) < ageUs - ROUNDING_US; next++) {
      atRisk -= buckets[next]?.[1] ?? 0;
    }
    const last = rows.at(-1);
    const before = last?.age === ageUs ? rows.pop() : undefined;
    rows.push({
      ...{ age: ageUs, atRisk: Math.max(1, atRisk) },
      ended: (before?.ended ?? 0) + weight,
      squares: (before?.squares ?? 0) + weight * weight,
    });
  }
  return rows;
}

/**
 * How unevenly the ends lie over run time: the blocks they are worth (Kish), and Pearson's dispersion of their number over blocks
 * by what was open in each.
 */
function clustering({ merge: { timeline } }: RunFold, { count, seconds }: KnownEnds) {
  const blocks = Math.max(1, Math.ceil(timeline.length / MIN_BLOCK_SECONDS));
  const ended = Array<number>(blocks).fill(0);
  const open = Array<number>(blocks).fill(0);
  const blockOf = (second: number) => Math.min(blocks - 1, Math.floor(second / MIN_BLOCK_SECONDS));
  for (const [second, one] of seconds) {
    const block = blockOf(second);
    ended[block] = (ended[block] ?? 0) + one;
  }
  for (let second = 0; second < timeline.length; second++) {
    const block = blockOf(second);
    open[block] = (open[block] ?? 0) + timeline.openGauge.atEndOf(second);
  }
  const all = sumOf(open);
  let pearson = 0;
  let degrees = -1;
  for (const [block, one] of open.entries()) {
    if (one === 0) continue;
    const expected = (count * one) / all;
    pearson += ((ended[block] ?? 0) - expected) ** 2 / expected;
    degrees++;
  }
  const dispersion = degrees > 0 ? Math.max(1, pearson / degrees) : 1;
  return { moments: effectiveBlocks(ended), dispersion };
}

function hazardOf(
  ends: readonly KnownEnd[],
  lifetimes: MergedHistogram,
  dispersion: number | null,
): HazardBin[] {
  const buckets = [...lifetimes.buckets()];
  return AGES_SECONDS.slice(0, -1).flatMap((fromSeconds, at) => {
    const toSeconds = AGES_SECONDS[at + 1] as number;
    const [from, to] = [fromSeconds * SECOND_US, toSeconds * SECOND_US];
    let openUs = 0;
    for (const [us, count] of buckets)
      openUs += count * Math.min(to - from, Math.max(0, us - from));
    if (openUs === 0) return [];
    const own = ends.filter(({ ageUs }) => ageUs >= from && ageUs < to);
    const ended = sumOf(own.map(({ weight }) => weight));
    const hours = openUs / SECOND_US / 3600;
    const squares = sumOf(own.map(({ weight }) => weight * weight));
    const interval =
      dispersion === null ? null : rateInterval({ ended, squares, hours }, dispersion);
    const openSeconds = openUs / SECOND_US;
    return [{ fromSeconds, toSeconds, ended, openSeconds, perHour: ended / hours, interval }];
  });
}

/** Of a count whose variance is a multiple of its own: the interval of as many independent ends as have the same relative error. */
function rateInterval(
  of: { readonly ended: number; readonly squares: number; readonly hours: number },
  dispersion: number,
): Rate | null {
  const { ended, squares, hours } = of;
  const worth = ended === 0 ? 0 : (ended * ended) / squares / dispersion;
  const scale = ended === 0 ? dispersion : ended / worth;
  const mean = meanTimeBetween(hours / scale, worth, CONFIDENCE);
  if (mean === null) return null;
  return {
    estimate: ended / hours,
    low: mean.high === null ? 0 : 1 / mean.high,
    high: 1 / mean.low,
  };
}
