/**
 * JSON and JSON lines: rows as objects. Used by row-file.ts. Invariants: the columns are the keys of all rows, in the order in
 * which they first come. A text is itself, a number or switch as JSON writes it, null and a missing key are empty, and a list
 * or an object is its JSON text. No message holds a value of the table.
 */
import { FORBIDDEN_KEYS } from "../read/document.ts";
import { isMapping } from "../shape/words.ts";
import { quoted } from "../units.ts";
import { type Cells, LF, type RowFormat, refuseForeign, type VisitRow } from "./row-format.ts";
import { MAX_COLUMNS, MAX_ROW_CHARS, TableFault } from "./table.ts";

const ROW_HINT = 'each row is an object: {"name":"ann","token":"t-1"}';
const EMPTY = ["it has no rows", ROW_HINT] as const;
const NUMBER_HINT = "write it as text, in quotes";
const BOM = "\ufeff";

type Fault = (what: string, hint: string) => TableFault;

/** Rows that are objects: each names its columns itself. */
class ObjectRows {
  readonly namesFirst = false;
  readonly empty = EMPTY;
  readonly #places = new Map<string, number>();

  get columns(): readonly string[] {
    return [...this.#places.keys()];
  }

  protected cellsOf(row: unknown, fault: Fault): Cells {
    if (!isMapping(row)) throw fault("is no object", ROW_HINT);
    const cells: (string | undefined)[] = [];
    for (const [key, value] of Object.entries(row)) {
      const column = this.#placeOf(key, fault);
      if (typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value)) {
        const what = `has a number in ${quoted(key)} that is too large to be held exactly`;
        throw fault(what, NUMBER_HINT);
      }
      const text = textOf(value);
      if (!text.isWellFormed()) throw fault(`has half of a surrogate pair in ${quoted(key)}`, "");
      cells[column] = text;
    }
    return cells;
  }

  #placeOf(key: string, fault: Fault): number {
    const known = this.#places.get(key);
    if (known !== undefined) return known;
    const hint = "give each value a name of its own";
    if (key.trim() === "") throw fault("has a value without a name", hint);
    if (FORBIDDEN_KEYS.includes(key)) throw fault(`names a value ${quoted(key)}`, hint);
    if (this.#places.size === MAX_COLUMNS) {
      throw fault(`brings the names of values to more than ${MAX_COLUMNS}`, hint);
    }
    this.#places.set(key, this.#places.size);
    return this.#places.size - 1;
  }
}

/** One array of objects. */
export class JsonFormat extends ObjectRows implements RowFormat {
  readonly isWhole = true;
  readonly unit = "row";

  wholeRecords(): number {
    return 0;
  }

  read(bytes: Buffer, visit: VisitRow): void {
    refuseForeign(bytes);
    let value: unknown;
    try {
      value = JSON.parse(withoutMark(bytes.toString()));
    } catch {
      throw new TableFault("it is not JSON", 0, "an array of objects; one object a line is jsonl");
    }
    if (!Array.isArray(value)) throw new TableFault("it is not an array", 0, ROW_HINT);
    for (const [at, row] of value.entries()) {
      visit(
        this.cellsOf(row, (what, hint) => {
          return new TableFault(`row ${at + 1} ${what}`, 0, hint);
        }),
        0,
        bytes.length,
      );
    }
  }
}

/** One object a line; empty lines are skipped. */
export class JsonLinesFormat extends ObjectRows implements RowFormat {
  readonly isWhole = false;
  readonly unit = "line";

  wholeRecords(bytes: Buffer): number {
    return bytes.lastIndexOf(LF) + 1;
  }

  read(bytes: Buffer, visit: VisitRow): void {
    refuseForeign(bytes);
    let line = 0;
    for (let from = 0; from < bytes.length; ) {
      const found = bytes.indexOf(LF, from);
      const end = found < 0 ? bytes.length : found + 1;
      const text = withoutMark(bytes.toString("utf8", from, end)).trim();
      line++;
      if (text !== "") visit(this.#cellsIn(text, line), from, end);
      from = end;
    }
  }

  #cellsIn(text: string, line: number): Cells {
    const fault: Fault = (what, hint) => new TableFault(what, line, hint);
    if (text.length > MAX_ROW_CHARS) {
      throw fault(`has a row of more than ${MAX_ROW_CHARS} characters`, "is a line end missing?");
    }
    let row: unknown;
    try {
      row = JSON.parse(text);
    } catch {
      throw fault("is not JSON", ROW_HINT);
    }
    return this.cellsOf(row, fault);
  }
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

function withoutMark(text: string): string {
  return text.startsWith(BOM) ? text.slice(1) : text;
}
