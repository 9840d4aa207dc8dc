/**
 * The figures of a distribution as they are shown and written everywhere (Q in summary.json): times in
 * milliseconds. Called by whoever turns a merged histogram into a result.
 * Invariant: a missing measure is null, never 0.
 */
import type { MergedHistogram } from "./histogram.ts";

/** Milliseconds, except `count`; all but `count` are null when nothing was recorded. */
export interface Quantiles {
  readonly count: number;
  readonly min: number | null;
  readonly mean: number | null;
  readonly p50: number | null;
  readonly p75: number | null;
  readonly p90: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
  readonly p999: number | null;
  readonly p9999: number | null;
  readonly max: number | null;
}

/** @param histogram of microseconds. */
export function quantiles(histogram: MergedHistogram): Quantiles {
  const at = (p: number) => milliseconds(histogram.quantile(p));
  return {
    count: histogram.count,
    min: milliseconds(histogram.min),
    mean: milliseconds(histogram.mean),
    p50: at(0.5),
    p75: at(0.75),
    p90: at(0.9),
    p95: at(0.95),
    p99: at(0.99),
    p999: at(0.999),
    p9999: at(0.9999),
    max: milliseconds(histogram.max),
  };
}

/** To the microsecond, which is as fine as values are recorded. */
function milliseconds(us: number): number | null {
  return Number.isNaN(us) ? null : Math.round(us) / 1000;
}
