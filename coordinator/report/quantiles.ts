/**
 * Distributions as summary.json shows them: milliseconds, null where nothing was measured. Used by every
 * section of the summary.
 */
import type { MergedHistogram } from "../../shared/stats/histogram.ts";
import { quantiles } from "../../shared/stats/quantiles.ts";
import { quantilesSchema } from "./summary-measures.ts";
import type { Quantiles } from "./summary-schema.ts";

/** @param histogram of microseconds, or null for none */
export function quantilesOrNull(histogram: MergedHistogram | null): Quantiles | null {
  if (!histogram || histogram.count === 0) return null;
  // With a count, every figure is a number; the schema says so once and for all.
  return quantilesSchema.parse(quantiles(histogram));
}

/** Microseconds to milliseconds, to the microsecond. */
export function toMs(us: number): number {
  return Math.round(us) / 1000;
}
