/**
 * Does a series rise or fall, and how fast, without assuming a distribution. Called by the detector of drift. Invariant: neighbours are
 * taken as independent here; who calls it brings blocks that are (dependence.ts), or says how they depend.
 */
import { normalCdf, normalQuantile } from "./distributions.ts";
import { type Interval, median } from "./interval.ts";

/**
 * The median of the slopes between all pairs, per step. Source: H. Theil, Indagationes Mathematicae 12 (1950) 85-91; P. K. Sen, Journal of
 * the American Statistical Association 63 (1968) 1379-1389. NaN for fewer than two values. Cost: n^2 / 2 slopes.
 */
export function theilSenSlope(series: readonly number[]): number {
  return median(slopesOf(series));
}

/**
 * The slope with its interval: of the N sorted slopes those of ranks (N - C) / 2 and (N + C) / 2 + 1, C the normal quantile times the
 * standard deviation of S below. Source: P. K. Sen, as above, section 6. null for fewer than four values.
 */
export function theilSenInterval(series: readonly number[], confidence: number): Interval | null {
  if (series.length < 4) return null;
  const slopes = slopesOf(series).sort((a, b) => a - b);
  const reach = normalQuantile((1 + confidence) / 2) * Math.sqrt(varianceOfS(series));
  const below = Math.floor((slopes.length - reach) / 2) - 1;
  const low = slopes[Math.max(0, below)] as number;
  const high = slopes[Math.min(slopes.length - 1, slopes.length - 1 - below)] as number;
  return { estimate: median(slopes), low, high };
}

/** Beyond it the slope is that of as many of the values. */
const MOST_SLOPED = 200;

/** The series without its trend: what the trend itself would add to the dependence of neighbours (dependence.ts). */
export function withoutTrend(series: readonly number[]): number[] {
  const step = Math.max(1, Math.floor(series.length / MOST_SLOPED));
  const slope = theilSenSlope(series.filter((_, at) => at % step === 0)) / step;
  return series.map((value, at) => value - slope * at);
}

function slopesOf(series: readonly number[]): number[] {
  const slopes: number[] = [];
  for (let i = 0; i < series.length; i++) {
    for (let j = i + 1; j < series.length; j++) {
      slopes.push(((series[j] as number) - (series[i] as number)) / (j - i));
    }
  }
  return slopes;
}

/**
 * P of as strong a trend by chance, two-sided: S = number of rising pairs less that of falling ones, normal with the variance
 * (n (n - 1) (2n + 5) - sum t (t - 1) (2t + 5)) / 18 for ties of t, with continuity correction. Source: H. B. Mann, Econometrica 13 (1945)
 * 245-259; M. G. Kendall, Rank Correlation Methods (1975). 1 for fewer than four values.
 * @param correlation of neighbouring values about their trend: the variance is (1 + r) / (1 - r) times as large then. Source: S. Yue and
 * C. Y. Wang, Water Resources Management 18 (2004) 201-218
 */
export function mannKendallP(series: readonly number[], correlation = 0): number {
  const n = series.length;
  if (n < 4) return 1;
  let s = 0;
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) s += Math.sign((series[j] as number) - (series[i] as number));
  }
  const r = Math.max(0, correlation);
  const variance = (varianceOfS(series) * (1 + r)) / (1 - r);
  if (variance === 0 || s === 0) return 1;
  return 2 * (1 - normalCdf((Math.abs(s) - 1) / Math.sqrt(variance)));
}

function varianceOfS(series: readonly number[]): number {
  const n = series.length;
  const ties = new Map<number, number>();
  for (const value of series) ties.set(value, (ties.get(value) ?? 0) + 1);
  let variance = n * (n - 1) * (2 * n + 5);
  for (const t of ties.values()) variance -= t * (t - 1) * (2 * t + 5);
  return variance / 18;
}
