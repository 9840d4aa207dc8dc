/**
 * Which row of a table a connection has, and what is in it. Called by render.ts for each placeholder, by data/kept-rows.ts and by the
 * coordinator, which sends rows to workers. Pure. Invariant: the row follows from the seed, the table and the index of the
 * connection alone; whoever asks, with whatever form of the rows, gets the same.
 */
import { drawUnit, Stream } from "../../time/random.ts";
import { MAX_TABLES } from "../limits.ts";
import type { DataRows, StrictDataTable } from "../strict.ts";
import { permuted } from "./permutation.ts";

/** A data table with its place among the tables, which keeps random picks of tables independent. */
export interface Table {
  readonly name: string;
  readonly ordinal: number;
  readonly table: StrictDataTable;
}

/** Rows that came to a worker with its slices. */
export interface RowsOfShards {
  /** Of the row of a connection; "" where it has not come. */
  cell(table: Table, column: number, connectionIndex: number): string;
}

/** Whose row is meant. */
export interface RowOwner {
  readonly seed: number;
  readonly connectionIndex: number;
}

/** Number of the row in the file. */
export function rowOf(
  {
    table: { pick, count },
    ordinal,
  }: { readonly table: Pick<StrictDataTable, "pick" | "count">; readonly ordinal: number },
  { seed, connectionIndex }: RowOwner,
): number {
  const inTurn = connectionIndex % count;
  if (pick === "random") {
    return Math.floor(drawUnit(seed, Stream.data, connectionIndex, ordinal) * count);
  }
  if (pick !== "shuffled") return inTurn;
  const turn = Math.floor(connectionIndex / count);
  return permuted(seed, turn * MAX_TABLES + ordinal, inTurn, count);
}

/** @param byShard where rows come with slices; null: they do not */
export function cellOf(
  table: Table,
  column: number,
  owner: RowOwner,
  byShard: RowsOfShards | null,
): string {
  const { rows, columns } = table.table;
  if (rows.kind === "byShard") return byShard?.cell(table, column, owner.connectionIndex) ?? "";
  const row = rowOf(table, owner);
  if (rows.kind === "listed") return rows.values[row * columns.length + column] ?? "";
  const at = placeOf(rows.numbers, row);
  return at < 0 ? "" : packedCell(rows, at * columns.length + column);
}

/** The value at a place among all that are kept. */
export function packedCell({ bytes, ends }: DataRows & { kind: "packed" }, at: number): string {
  const end = ends[at];
  if (end === undefined) return "";
  const start = at === 0 ? 0 : (ends[at - 1] as number);
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString();
}

/** How many rows are kept of a table. */
export function keptRows({ rows, columns, count }: StrictDataTable): number {
  if (columns.length === 0) return 0;
  switch (rows.kind) {
    case "packed":
      return rows.ends.length / columns.length;
    case "listed":
      return rows.values.length / columns.length;
    case "byShard":
      return count;
  }
}

/** Place of a row among those that are kept; -1: it is not. */
function placeOf(numbers: Uint32Array | null, row: number): number {
  if (numbers === null) return row;
  let low = 0;
  let high = numbers.length - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const found = numbers[middle] as number;
    if (found === row) return middle;
    if (found < row) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}
