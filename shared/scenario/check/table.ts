/**
 * What tables of data are, whatever file they come from, and their bounds. Used by csv.ts and json-table.ts. Invariant: every row
 * has a value for every column.
 */

export const MAX_COLUMNS = 1000;
/** All tables of a scenario hold at most: an object for every row and value costs far more than the bytes of a file. */
export const MAX_VALUES = 5_000_000;
/** Likewise; a line end inside of a value counts, too. */
export const MAX_ROWS = 2_000_000;

/** A table as a file holds it. */
export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
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

/** @throws TableFault when it is no UTF-8 text. A mark of the byte order is left out. */
export function utf8Text(content: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(content);
  } catch {
    throw new TableFault("it is not UTF-8 text", 0, "save it as UTF-8");
  }
}
