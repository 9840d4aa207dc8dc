/** What a kind of data file is, to row-file.ts. Implemented by csv.ts and json.ts; one object for each file. */
import { isUtf8 } from "node:buffer";
import { TableFault } from "./table.ts";

/** Values of a row, by column; missing: empty text. */
export type Cells = readonly (string | undefined)[];

/** @param start where the row begins, or empty lines before it, in the bytes that were read */
export type VisitRow = (cells: Cells, start: number, end: number) => void;

export interface RowFormat {
  /** Names of the columns: all of them when all rows were read. */
  readonly columns: readonly string[];
  /** The columns are known before the first row is. */
  readonly namesFirst: boolean;
  /** A file has to be read as one. */
  readonly isWhole: boolean;
  /** What is counted in messages. */
  readonly unit: "line" | "row";
  /** What is said of a file without rows, and what it should have. */
  readonly empty: readonly [what: string, hint: string];
  /**
   * Length of the whole records that `bytes` begins with, which begins with one; 0: none is whole. The last line of a file need
   * not end.
   */
  wholeRecords(bytes: Buffer): number;
  /**
   * Visits the rows in `bytes`, which are whole records.
   * @throws TableFault whose line counts from the start of `bytes`, from 1; 0: the file is meant
   */
  read(bytes: Buffer, visit: VisitRow): void;
}

/** @throws TableFault when it is no UTF-8 text */
export function refuseForeign(bytes: Buffer): void {
  if (!isUtf8(bytes)) throw new TableFault("it is not UTF-8 text", 0, "save it as UTF-8");
}

export const LF = 10;
export const CR = 13;

export function isLineEnd(byte: number | undefined): boolean {
  return byte === LF || byte === CR;
}
