/**
 * The bounds of data files, and why one is no table. Used by the files of this folder. Invariant: what is beyond a bound is a
 * TableFault that names the bound and what to do.
 */
import { MAX_DATA_BYTES, MAX_KEPT_BYTES } from "../limits.ts";

export const MAX_COLUMNS = 1000;
/** Characters of one row, quotes and commas or braces included. */
export const MAX_ROW_CHARS = 1024 ** 2;
/** Of a file that is read in parts. */
export const MAX_FILE_BYTES = 4 * 1024 ** 3;
/** Of all tables of a scenario whose files are read in parts; a line end inside of a value counts, too. */
export const MAX_FILE_ROWS = 50_000_000;
/** Of all tables of a scenario that came with its text: what somebody submits costs the coordinator time. */
export const MAX_ROWS = 2_000_000;
/** Values that are kept, of all tables. */
export const MAX_KEPT_VALUES = 10_000_000;

/** What all tables of a scenario may still hold. */
export interface DataBudget {
  /** Of files that are read whole. */
  bytes: number;
  rows: number;
  keptBytes: number;
  keptValues: number;
}

/** @param inParts the files are on this machine's disk */
export function dataBudget(inParts: boolean): DataBudget {
  return {
    bytes: MAX_DATA_BYTES,
    rows: inParts ? MAX_FILE_ROWS : MAX_ROWS,
    keptBytes: MAX_KEPT_BYTES,
    keptValues: MAX_KEPT_VALUES,
  };
}

/** Why a file is no table. */
export class TableFault extends Error {
  override readonly name = "TableFault";
  /** From 1; 0 when the whole file is meant. */
  readonly line: number;
  readonly hint: string;

  constructor(message: string, line: number, hint: string) {
    super(message);
    this.line = line;
    this.hint = hint;
  }
}
