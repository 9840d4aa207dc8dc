/**
 * Distributions as sections show them: as cells of a table, as one line, as rows for machines. Called by the sections.
 * Invariant: the same percentiles, in the same order, everywhere.
 */

import type { Quantiles } from "../summary-schema.ts";
import { formatMs, NO_DATA } from "../text/format.ts";
import { type Cell, type Column, column, type DataRow } from "./block.ts";

const SHOWN = ["min", "p50", "p90", "p95", "p99", "p999", "p9999", "max", "mean"] as const;
type Statistic = keyof Omit<Quantiles, "count">;

function titleOf(statistic: Statistic): string {
  return statistic.replace(/^p(99)(9+)$/, "p$1.$2");
}

/** @param counted what the values are of: "replies", "attempts" */
export function quantileColumns(
  counted: string,
  statistics: readonly Statistic[] = SHOWN,
): Column[] {
  return [
    column(counted, "count", "count"),
    ...statistics.map((one) => column(titleOf(one), "ms", one)),
  ];
}

/** In the order of quantileColumns. */
export function quantileCells(
  quantiles: Quantiles | null,
  statistics: readonly Statistic[] = SHOWN,
): Cell[] {
  return [quantiles?.count ?? 0, ...statistics.map((one) => quantiles?.[one] ?? null)];
}

/** "p50 1.20 ms  p90 3.10 ms  p99 12.3 ms  p99.9 20.0 ms  max 40.0 ms" */
export function quantileLine(quantiles: Quantiles | null): string {
  if (quantiles === null) return NO_DATA;
  return (["p50", "p90", "p99", "p999", "max"] as const)
    .map((one) => `${titleOf(one)} ${formatMs(quantiles[one])}`)
    .join("  ");
}

/** What a row for machines is of. */
export type Place = Pick<DataRow, "scope" | "phase" | "name">;

export function quantileData(place: Place, measure: string, q: Quantiles | null): DataRow[] {
  const counted = { ...place, measure, statistic: "count", unit: "", value: q?.count ?? 0 };
  if (q === null) return [counted];
  const { count: _, ...times } = q;
  const rows = Object.entries(times).map(([statistic, value]) => ({
    ...{ ...place, measure, statistic, unit: "ms", value },
  }));
  return [counted, ...rows];
}

/** A record of counts and distributions by its own keys; counts of two records may have one name. */
export function recordData(
  place: Place,
  record: Readonly<Record<string, unknown>>,
  prefix: string,
): DataRow[] {
  return Object.entries(record).flatMap(([key, value]): DataRow[] => {
    const measure = prefix + snake(key);
    if (key.endsWith("Ms")) {
      return quantileData(place, snake(key.slice(0, -2)), value as Quantiles | null);
    }
    if (value !== null && typeof value !== "number") return [];
    const isBytes = key.startsWith("bytes");
    const unit = isBytes ? "B" : "";
    return [{ ...place, measure, statistic: isBytes ? "value" : "count", unit, value }];
  });
}

export function snake(key: string): string {
  return key.replace(/[A-Z]/g, (capital) => `_${capital.toLowerCase()}`);
}
