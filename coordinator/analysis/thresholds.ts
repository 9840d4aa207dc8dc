/**
 * Judges the scenario's thresholds on the merged set: once a second while the run goes on (for `abort`), and for the
 * verdict, by the same code. Pure. Excluded phases are left out unless a rule selects one by name.
 * Invariant: a rule on something that was not measured does not pass, and says why.
 */
import type { StrictThreshold } from "../../shared/scenario/strict.ts";
import type { RunFold } from "../merge/run-fold.ts";
import { observe } from "./observe.ts";
import { isTrue } from "./threshold-value.ts";

export interface ThresholdResult {
  readonly threshold: StrictThreshold;
  /** In the threshold's unit (us, 0..1, count, per second); null: nothing to judge. */
  readonly observed: number | null;
  readonly passed: boolean;
  /** Why there is nothing to judge, or what a broken rule of every run rests on; else null. */
  readonly reason: string | null;
  /** There are values, and all of them are of seconds that are not to be trusted. */
  readonly untrusted: boolean;
}

/** All thresholds, in the scenario's order; none of a run that never began. */
export function judgeThresholds(fold: RunFold): readonly ThresholdResult[] {
  if (!fold.began) return [];
  return fold.facts.scenario.thresholds.map((threshold) => {
    const seen = observe(fold, threshold);
    if ("missing" in seen) {
      const { missing: reason, untrusted = false } = seen;
      return { threshold, observed: null, passed: false, reason, untrusted };
    }
    const observed = seen.value;
    const passed = isTrue(observed, threshold);
    return { threshold, observed, passed, reason: null, untrusted: false };
  });
}

/** A value of a threshold as it is shown: milliseconds for times, 0..1 for shares, plain for counts. */
export function shownValue(threshold: StrictThreshold, value: number): number {
  return threshold.unit === "us" ? Math.round(value) / 1000 : value;
}

/** Rules that end the run now: `abort`, failing for good on something measured, after their time. */
export function abortingThreshold(
  results: readonly ThresholdResult[],
  elapsedUs: number,
): ThresholdResult | null {
  return (
    results.find(
      ({ threshold, observed, passed }) =>
        threshold.abort &&
        observed !== null &&
        !passed &&
        !mayStillHold(threshold, observed) &&
        elapsedUs >= threshold.afterUs,
    ) ?? null
  );
}

/** Counts only grow while a run goes on, so a rule that asks for more may come true yet. */
function mayStillHold({ unit, statistic, operator, limit }: StrictThreshold, observed: number) {
  if (unit !== "count" || statistic === "open") return false;
  if (operator === ">" || operator === ">=" || operator === "!=") return true;
  return operator === "==" && observed < limit;
}
