/**
 * Distributions as sections show them: as cells of a table, as one line, as rows for machines. Called by the sections.
 * Invariant: the same percentiles, in the same order, everywhere.
 */

import type { Quantiles } from "../summary-schema.ts";
import { formatMs, NO_DATA } from "../text/format.ts";
import { type Cell, type Column, column, type DataRow, datum, type Part } from "./block.ts";

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

/** As columns of a table. @param counted what the values are of; null: their number is shown elsewhere */
export function quantileParts<Row>(
  counted: string | null,
  statistics: readonly Statistic[],
  of: (row: Row) => Quantiles | null,
): Part<Row>[] {
  return quantileColumns(counted ?? "", statistics)
    .map((one, at) => ({
      column: one,
      cell: (row: Row) => quantileCells(of(row), statistics)[at] ?? null,
    }))
    .slice(counted === null ? 1 : 0);
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
  const { count = 0, ...times } = q ?? {};
  return [
    datum(place, measure, [count]),
    ...Object.entries(times).map(([statistic, ms]) => datum(place, measure, [ms, "ms", statistic])),
  ];
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
    return [datum(place, measure, [value, key.startsWith("bytes") ? "B" : ""])];
  });
}

export function snake(key: string): string {
  return key.replace(/[A-Z]/g, (capital) => `_${capital.toLowerCase()}`);
}
