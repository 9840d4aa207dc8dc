/**
 * From a change and its interval to a word. Called by ../compare.ts. Invariant: REGRESSED and IMPROVED mean that the
 * whole interval lies beyond the margin, SAME that all of it lies within; whatever else there is, is INCONCLUSIVE. So the
 * margin is also the room for what differs between runs without a cause, and for looking at a dozen measures at once.
 */
import type { Interval } from "../stats/interval.ts";
import type { Change } from "./change.ts";
import type { ComparedRow, ComparedVerdict } from "./comparison.ts";
import { MARGIN_FLOOR_MS, type Measure } from "./measure.ts";

/** Beyond it nobody will run so often. */
const MAX_RUNS_NEEDED = 50;

/** @param runs a side; 1 when blocks of one run were compared */
export function judgeRow(measure: Measure, found: Change, runs: number): ComparedRow {
  const { margin, marginMs } = marginFor(measure, found.a);
  const { interval } = found;
  const verdict = interval ? verdictOf(interval, margin, measure.better) : "INCONCLUSIVE";
  const undecided = interval !== null && verdict === "INCONCLUSIVE";
  return {
    measure: measure.id,
    unit: measure.kind === "quantile" ? "ms" : measure.kind === "share" ? "share" : "perSecond",
    better: measure.better,
    a: found.a,
    b: found.b,
    countA: found.countA,
    countB: found.countB,
    change: found.change,
    low: interval?.low ?? null,
    high: interval?.high ?? null,
    margin,
    marginMs,
    verdict,
    reason: undecided ? whyUndecided(interval, measure.better) : found.missing,
    runsNeeded: undecided ? runsNeeded(interval, margin, runs) : null,
  };
}

/** The margin in the unit of the change, given the figure of side A. */
function marginFor(
  measure: Measure,
  a: number | null,
): { readonly margin: number; readonly marginMs: number | null } {
  const floor = measure.kind === "quantile" && a !== null ? MARGIN_FLOOR_MS / a : 0;
  return floor > measure.margin
    ? { margin: floor, marginMs: MARGIN_FLOOR_MS }
    : { margin: measure.margin, marginMs: null };
}

/**
 * The interval within the margin is the test of equivalence by an interval, the interval beyond it the test of a
 * difference that matters. Source: S. Wellek, Testing Statistical Hypotheses of Equivalence and Noninferiority (2010),
 * section 3.1.
 */
export function verdictOf(
  { low, high }: Interval,
  margin: number,
  better: "lower" | "higher",
): ComparedVerdict {
  if (low > margin) return better === "lower" ? "REGRESSED" : "IMPROVED";
  if (high < -margin) return better === "lower" ? "IMPROVED" : "REGRESSED";
  return low >= -margin && high <= margin ? "SAME" : "INCONCLUSIVE";
}

function whyUndecided({ low, high }: Interval, better: "lower" | "higher"): string {
  if (low <= 0 && high >= 0) return "the interval reaches from better to worse";
  const worse = low > 0 === (better === "lower");
  return `${worse ? "worse" : "better"}, but perhaps within the margin`;
}

/** Widths shrink with the square root of the runs: until the interval no longer reaches over the margin. */
function runsNeeded(
  { estimate, low, high }: Interval,
  margin: number,
  runs: number,
): number | null {
  const room = Math.abs(Math.abs(estimate) - margin);
  const reach = Math.max(high - estimate, estimate - low);
  const needed = Math.ceil(Math.max(runs + 1, 4, runs * (reach / room) ** 2));
  return needed <= MAX_RUNS_NEEDED ? needed : null;
}
