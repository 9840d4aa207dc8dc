/**
 * The measures that summary.json is made of: counts, times, shares, distributions. Used by summary-schema.ts and
 * summary-workers-schema.ts. Invariant: times are milliseconds; a measure that was not taken is null, never 0.
 */
import { z } from "zod";

export const count = z.int().min(0);
export const countOrNull = count.nullable();
export const ms = z.number();
export const share = z.number().min(0).max(1);

/** A distribution in milliseconds; quantiles are those of the merged histogram (3 significant digits). */
export const quantilesSchema = z
  .object({
    count,
    min: ms,
    mean: ms,
    p50: ms,
    p75: ms,
    p90: ms,
    p95: ms,
    p99: ms,
    p999: ms,
    p9999: ms,
    max: ms,
  })
  .describe("A distribution, in milliseconds.");
export const quantiles = quantilesSchema.nullable();
