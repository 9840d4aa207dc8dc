/**
 * How much neighbouring seconds of a run have to do with each other, and how long a block must therefore be to count as
 * a sample of its own. Called by the comparison of two single runs.
 * Invariant: blocks only get longer than the least length, so a wrong guess of the dependence costs width, not honesty.
 */
import { mean } from "./interval.ts";

/** No block is shorter: what services do (garbage collection, flushes, timers) has periods up to this. */
export const MIN_BLOCK_SECONDS = 20;
/** A block is this many times as long as the integrated autocorrelation time. */
const TIMES_DEPENDENCE = 4;
/** Beyond it the length is at the mercy of the estimate's own error. */
const MAX_CORRELATION = 0.97;

/**
 * Lag-1 autocorrelation, corrected for its bias of about -(1 + 3 r) / n in short series. Entries that are NaN are gaps;
 * pairs across them do not count. Source: M. G. Kendall, Biometrika 41 (1954) 403-404.
 * @returns 0 for a constant or very short series
 */
export function lagOneCorrelation(series: readonly number[]): number {
  const known = series.filter((value) => !Number.isNaN(value));
  if (known.length < 4) return 0;
  const centre = mean(known);
  let square = 0;
  for (const value of known) square += (value - centre) ** 2;
  let product = 0;
  for (let at = 1; at < series.length; at++) {
    const step = ((series[at] as number) - centre) * ((series[at - 1] as number) - centre);
    if (!Number.isNaN(step)) product += step;
  }
  if (square === 0) return 0;
  const raw = product / square;
  return Math.min(MAX_CORRELATION, raw + (1 + 3 * raw) / known.length);
}

/**
 * Seconds of a block for a lag-1 autocorrelation of the per-second series: a multiple of (1 + r) / (1 - r), the
 * integrated autocorrelation time of a first-order autoregression. Source: A. Sokal, Monte Carlo Methods in Statistical
 * Mechanics (1997), section 2.
 */
export function blockSeconds(correlation: number): number {
  return Math.max(MIN_BLOCK_SECONDS, blockLength(correlation));
}

/** The same in values of the series, whatever time lies between two of them. */
export function blockLength(correlation: number): number {
  const r = Math.min(MAX_CORRELATION, Math.max(0, correlation));
  return Math.round((TIMES_DEPENDENCE * (1 + r)) / (1 - r));
}

/** How many equally filled blocks these fillings are worth: (sum n)^2 / sum n^2. Source: L. Kish, Survey Sampling (1965). */
export function effectiveBlocks(counts: readonly number[]): number {
  const sum = counts.reduce((total, count) => total + count, 0);
  const squares = counts.reduce((total, count) => total + count * count, 0);
  return squares === 0 ? 0 : (sum * sum) / squares;
}
