/**
 * A share of time in which neighbours are not independent: users that are down together, for seconds on end. Called by the analysis of
 * availability. Invariant: the interval is never narrower than that of as many independent trials as there are.
 */
import { blockSeconds, lagOneCorrelation } from "./dependence.ts";
import { normalQuantile, studentQuantile } from "./distributions.ts";
import type { Interval } from "./interval.ts";
import { clopperPearson } from "./proportion.ts";

/** Of a second: how much there was, and how much of that counts. */
export interface Part {
  readonly of: number;
  readonly count: number;
}

export interface ClusteredShare extends Interval {
  /** Independent trials that would say as much. */
  readonly effective: number;
  /** Seconds taken as one sample. */
  readonly block: number;
}

/** In less, a few outages make all of it, and the interval would hold in 85 % instead of 95 (simulated, 15 min, one outage in 2 min). */
const LEAST_SECONDS = 1800;
const LEAST_BLOCKS = 6;

/**
 * The share of a sum, with the exact interval of Clopper and Pearson on the effective number of trials p (1 - p) / v. v is the variance of the ratio by
 * linearisation over blocks of seconds, B / (B - 1) sum (d - p w)^2 / W^2; blocks are as long as the dependence of the series asks for.
 * Where nothing, or all, of it counts, each block is one trial. As v rests on few blocks itself, that number is taken (z / t)^2 times, t with B - 1
 * degrees of freedom.
 * Source: L. Kish, Survey Sampling (1965), 6.5 and 8.2 (design effect); E. Korn and B. Graubard, Survey Methodology 24 (1998) 193-201.
 * @returns null for less than half an hour, or fewer than six blocks
 */
export function clusteredShare(
  seconds: readonly Part[],
  confidence: number,
): ClusteredShare | null {
  const series = seconds.map(({ of, count }) => (of > 0 ? count / of : Number.NaN));
  const block = blockSeconds(lagOneCorrelation(series));
  const blocks = Math.floor(seconds.length / block);
  if (seconds.length < LEAST_SECONDS || blocks < LEAST_BLOCKS) return null;
  const sums = Array.from({ length: blocks }, () => ({ of: 0, count: 0 }));
  for (const [at, { of, count }] of seconds.entries()) {
    const sum = sums[Math.min(blocks - 1, Math.floor(at / block))] as { of: number; count: number };
    sum.of += of;
    sum.count += count;
  }
  const whole = total(sums);
  if (whole.of <= 0) return null;
  const share = whole.count / whole.of;
  const squares = sums.reduce((sum, { of, count }) => sum + (count - share * of) ** 2, 0);
  const variance = ((blocks / (blocks - 1)) * squares) / whole.of ** 2;
  const trials = variance > 0 ? (share * (1 - share)) / variance : blocks;
  const few =
    normalQuantile((1 + confidence) / 2) / studentQuantile((1 + confidence) / 2, blocks - 1);
  const effective = Math.min(whole.of, trials * few * few);
  const { low, high } = clopperPearson({ count: share * effective, of: effective }, confidence);
  return { estimate: share, low, high, effective, block };
}

function total(parts: readonly Part[]): Part {
  return parts.reduce((sum, { of, count }) => ({ of: sum.of + of, count: sum.count + count }), {
    of: 0,
    count: 0,
  });
}
