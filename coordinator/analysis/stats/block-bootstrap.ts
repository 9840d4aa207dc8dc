/**
 * Intervals by drawing blocks of time again and again. Seconds of a run depend on their neighbours; blocks long enough
 * (dependence.ts) hardly do, so they are what is drawn. Called by the comparison of two single runs, and by forecast.ts.
 * Invariant: the same seed gives the same interval, on every machine.
 */
import { assert } from "../../../shared/assert.ts";
import { drawUnit, Stream } from "../../../shared/time/random.ts";
import { normalCdf, studentQuantile } from "./distributions.ts";
import type { Interval } from "./interval.ts";

/** A statistic that could not be computed in more resamples than this is not one to have an interval. */
const MAX_UNDEFINED_SHARE = 0.05;

export interface Bootstrap {
  readonly seed: number;
  readonly resamples: number;
  readonly confidence: number;
  readonly blocks: number;
  /** What the blocks are worth when they are filled unequally; widens the interval. */
  readonly effectiveBlocks: number;
}

/**
 * The percentile interval of a statistic over re-drawn blocks. Both sides of a comparison are given the same weights,
 * because block j of both is the same stretch of the plan: what the plan does to both cancels out.
 * For few blocks the percentile interval is too narrow; the tails are therefore taken at
 * Phi(-sqrt(n / (n - 1)) t(n - 1)) instead of (1 - confidence) / 2.
 * Source: B. Efron and R. Tibshirani, An Introduction to the Bootstrap (1993), chapters 8 and 13; H. R. Kunsch, Annals
 * of Statistics 17 (1989), for blocks; T. Hesterberg, The American Statistician 69 (2015) 371-386, for the tails.
 * @param statistic of how often each block was drawn; NaN when there is none
 * @returns null when the statistic cannot be computed for the blocks as they are, or too often not
 */
export function bootstrapInterval(
  bootstrap: Bootstrap,
  statistic: (weights: Uint16Array) => number,
): Interval | null {
  const estimate = statistic(new Uint16Array(bootstrap.blocks).fill(1));
  if (Number.isNaN(estimate)) return null;
  const values: number[] = [];
  drawBlocks(bootstrap, (weights) => {
    const value = statistic(weights);
    if (!Number.isNaN(value)) values.push(value);
  });
  return percentileInterval(bootstrap, estimate, values);
}

/** Draws the blocks with replacement, once a resample. @param visit is given how often each was drawn; the array is used again */
export function drawBlocks(
  { seed, resamples, blocks }: Bootstrap,
  visit: (weights: Uint16Array) => void,
): void {
  assert(blocks >= 2 && blocks <= 65_535, "blocks to draw from");
  const weights = new Uint16Array(blocks);
  for (let resample = 0; resample < resamples; resample++) {
    weights.fill(0);
    for (let draw = 0; draw < blocks; draw++) {
      const block = Math.floor(drawUnit(seed, Stream.resample, resample, draw) * blocks);
      weights[block] = (weights[block] ?? 0) + 1;
    }
    visit(weights);
  }
}

/** @param values of the resamples that have one; they are sorted in place @returns null when too many have none */
export function percentileInterval(
  bootstrap: Bootstrap,
  estimate: number,
  values: number[],
): Interval | null {
  if (values.length < bootstrap.resamples * (1 - MAX_UNDEFINED_SHARE)) return null;
  values.sort((a, b) => a - b);
  const tail = expandedTail(bootstrap.effectiveBlocks, bootstrap.confidence);
  // The outermost values stand for tails thinner than one of them.
  const skip = Math.max(
    0,
    Math.min(values.length >> 1, Math.floor((values.length + 1) * tail) - 1),
  );
  return {
    estimate,
    low: Math.min(estimate, values[skip] as number),
    high: Math.max(estimate, values[values.length - 1 - skip] as number),
  };
}

/** Probability to cut off at each end for n blocks. */
export function expandedTail(n: number, confidence: number): number {
  const df = Math.max(1, n - 1);
  return normalCdf(-Math.sqrt((df + 1) / df) * studentQuantile((1 + confidence) / 2, df));
}
