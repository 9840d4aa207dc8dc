/**
 * How rows of data get to workers: small tables in the plan, whole; of large ones each shard's rows in a document of its own, so
 * that a worker gets those of its connections and no others. Called when a plan is written to the bus. Pure. Invariant: the
 * row a connection has is the one that rowOf (shared/scenario/template/data-row.ts) says, whichever way it goes.
 */
import { indicesOf } from "../../shared/load/split.ts";
import type { DataRows, StrictDataTable } from "../../shared/scenario/strict.ts";
import {
  cellOf,
  keptRows,
  packedCell,
  type Table,
} from "../../shared/scenario/template/data-row.ts";
import type { PlanDocument } from "../../shared/wire/plan.ts";
import type { RowPart } from "../../shared/wire/row-part.ts";

/** A table of so many bytes costs each worker less than a document for each shard. */
const SMALL_BYTES = 64 * 1024;
/** With more connections than this for each row, most workers need most rows anyway. */
const SHARED_BY = 4;

/** The plan as it is sent to workers. */
export function sentPlan(document: PlanDocument): PlanDocument {
  const { scenario } = document;
  const data = Object.entries(scenario.data).map(([name, table]) => {
    return [name, { ...table, rows: sentRows(table, document) }] as const;
  });
  return { ...document, scenario: { ...scenario, data: Object.fromEntries(data) } };
}

/** Rows of some table are not in the plan as it is sent. */
export function hasSentRows(document: PlanDocument): boolean {
  return Object.values(document.scenario.data).some((table) => isByShard(table, document));
}

/** The rows of a shard, of the tables that are not in the plan; of the plan as it was made. */
export function rowPart(document: PlanDocument, shard: number): RowPart {
  const { scenario } = document;
  const tables = Object.entries(scenario.data).flatMap(([name, table], ordinal) => {
    if (!isByShard(table, document)) return [];
    return [[name, valuesOf({ name, ordinal, table }, document, shard)] as const];
  });
  return { tables: Object.fromEntries(tables) };
}

function valuesOf(
  table: Table,
  { scenario: { seed }, shards, connections }: PlanDocument,
  shard: number,
): string[] {
  const values: string[] = [];
  for (const connectionIndex of indicesOf(shard, shards, connections)) {
    const owner = { seed, connectionIndex };
    for (let column = 0; column < table.table.columns.length; column++) {
      values.push(cellOf(table, column, owner, null));
    }
  }
  return values;
}

function isByShard(
  { rows, columns, count }: StrictDataTable,
  { connections }: PlanDocument,
): boolean {
  if (rows.kind !== "packed" || columns.length === 0) return false;
  // Only what lies in the order of the file can be listed.
  if (rows.numbers !== null) return true;
  const isSmall = rows.bytes.length + rows.ends.byteLength <= SMALL_BYTES;
  return !isSmall && connections <= SHARED_BY * count;
}

function sentRows(table: StrictDataTable, document: PlanDocument): DataRows {
  const { rows, columns } = table;
  if (rows.kind !== "packed") return rows;
  if (isByShard(table, document)) return { kind: "byShard" };
  const length = keptRows(table) * columns.length;
  return { kind: "listed", values: Array.from({ length }, (_, at) => packedCell(rows, at)) };
}
