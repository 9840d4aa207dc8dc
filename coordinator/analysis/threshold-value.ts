/**
 * The arithmetic of a rule: how its statistic is read off a distribution, and whether a value meets it. Called by
 * observe.ts and by the search for a limit. Pure.
 */
import type { StrictThreshold } from "../../shared/scenario/strict.ts";
import type { Metric } from "../../shared/stats/counters.ts";

/** Measures of thresholds that are distributions, and where they lie. */
const THRESHOLD_METRICS: Partial<Record<StrictThreshold["measure"], Metric>> = {
  latency: "latency",
  service: "service",
  connect: "connect",
  ping: "ping",
  push: "push",
  sendLag: "sendLag",
  sequence: "sequence",
};

interface Distribution {
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  quantile(p: number): number;
}

/** The distribution a rule is about, and how its statistic is read off it; null: it is a rule on a count. */
export function timeOf({
  measure,
  statistic,
  unit,
}: Pick<StrictThreshold, "measure" | "statistic" | "unit">) {
  const metric = THRESHOLD_METRICS[measure];
  const read = readerOf(statistic);
  return unit !== "us" || metric === undefined || read === null ? null : { metric, read };
}

function readerOf(statistic: string): ((histogram: Distribution) => number) | null {
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
