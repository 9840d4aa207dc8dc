/**
 * The arithmetic of a rule: how its statistic is read off a distribution, and whether a value meets it. Called by
 * thresholds.ts and by the search for a limit. Pure.
 */
import type { StrictThreshold } from "../../shared/scenario/strict.ts";
import type { Metric } from "../../shared/stats/counters.ts";

/** Measures of thresholds that are distributions, and where they lie. */
export const THRESHOLD_METRICS: Partial<Record<StrictThreshold["measure"], Metric>> = {
  latency: "latency",
  service: "service",
  connect: "connect",
  ping: "ping",
  sendLag: "sendLag",
};

export interface Distribution {
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  quantile(p: number): number;
}

/** null: the statistic is not one of a distribution. */
export function readerOf(statistic: string): ((histogram: Distribution) => number) | null {
  switch (statistic) {
    case "min":
    case "max":
    case "mean":
      return (histogram) => histogram[statistic];
  }
  const percentile = /^p(\d{1,3}(?:\.\d+)?)$/.exec(statistic)?.[1];
  if (percentile === undefined) return null;
  const share = Number(percentile) / 100;
  return share > 1 ? null : (histogram) => histogram.quantile(share);
}

export function isTrue(
  observed: number,
  { operator, limit }: Pick<StrictThreshold, "operator" | "limit">,
): boolean {
  switch (operator) {
    case "<":
      return observed < limit;
    case "<=":
      return observed <= limit;
    case ">":
      return observed > limit;
    case ">=":
      return observed >= limit;
    case "==":
      return observed === limit;
    case "!=":
      return observed !== limit;
  }
}
