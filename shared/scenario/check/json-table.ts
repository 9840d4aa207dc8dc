/**
 * JSON and JSON lines -> a table with named columns, or what is wrong with it and where. Called by sections/data.ts.
 * Invariants: the columns are the keys of all rows, in the order in which they first come; every row has a value for every
 * column. A text is itself, a number or switch as JSON writes it, null and a missing key are empty, and a list or an object is
 * its JSON text. No message holds a value of the table.
 */
import { FORBIDDEN_KEYS } from "../read/document.ts";
import { isMapping } from "../shape/words.ts";
import { quoted } from "../units.ts";
import { MAX_COLUMNS, MAX_ROWS, MAX_VALUES, type Table, TableFault, utf8Text } from "./table.ts";

const ROW_HINT = 'each row is an object: {"name":"ann","token":"t-1"}';
const NUMBER_HINT = "write it as text, in quotes";

/** One array of objects. @throws TableFault */
export function parseJsonTable(content: Buffer): Table {
  let value: unknown;
  try {
    value = JSON.parse(utf8Text(content));
  } catch (error) {
    if (error instanceof TableFault) throw error;
    throw new TableFault("it is not JSON", 0, "an array of objects; one object a line is jsonl");
  }
  if (!Array.isArray(value)) throw new TableFault("it is not an array", 0, ROW_HINT);
  const table = new RowsToTable();
  for (const [at, row] of value.entries()) table.add(row, at + 1, "row");
  return table.made();
}

/** One object a line; empty lines are skipped. @throws TableFault */
export function parseJsonLines(content: Buffer): Table {
  const table = new RowsToTable();
  for (const { line, text } of linesOf(utf8Text(content))) {
    let row: unknown;
    try {
      row = JSON.parse(text);
    } catch {
      throw new TableFault("is not JSON", line, ROW_HINT);
    }
    table.add(row, line, "line");
  }
  return table.made();
}

/** The line, from 1, of row `row` (from 0) of a file of JSON lines. */
export function lineOfJsonRow(content: Buffer, row: number): number {
  let left = row;
  for (const { line } of linesOf(content.toString())) if (left-- === 0) return line;
  return 0;
}

function* linesOf(text: string): Generator<{ readonly line: number; readonly text: string }> {
  let line = 0;
  let from = 0;
  while (from <= text.length) {
    const end = text.indexOf("\n", from);
    const until = end < 0 ? text.length : end;
    const one = text.slice(from, until).trim();
    line++;
    if (one !== "") yield { line, text: one };
    from = until + 1;
  }
}

/** Collects rows; their values are placed when all columns are known. */
class RowsToTable {
  readonly #columns = new Map<string, number>();
  readonly #rows: (string | undefined)[][] = [];
  #values = 0;

  add(row: unknown, place: number, unit: "row" | "line"): void {
    const what = (fault: string, hint: string) =>
      unit === "line"
        ? new TableFault(fault, place, hint)
        : new TableFault(`row ${place} ${fault}`, 0, hint);
    if (!isMapping(row)) throw what("is no object", ROW_HINT);
    if (this.#rows.length === MAX_ROWS)
      throw new TableFault(`it has more than ${MAX_ROWS} rows`, 0, "");
    const values: (string | undefined)[] = [];
    for (const [key, value] of Object.entries(row)) {
      const column = this.#columnOf(key, what);
      if (typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value)) {
        throw what(
          `has a number in ${quoted(key)} that is too large to be held exactly`,
          NUMBER_HINT,
        );
      }
      values[column] = textOf(value);
    }
    this.#rows.push(values);
    this.#values += Math.max(values.length, 1);
    if (this.#values > MAX_VALUES) {
      throw new TableFault(
        `it has more than ${MAX_VALUES} values`,
        0,
        "keep what connections need",
      );
    }
  }

  made(): Table {
    const columns = [...this.#columns.keys()];
    if (columns.length === 0) throw new TableFault("it has no rows", 0, ROW_HINT);
    return { columns, rows: this.#rows.map((row) => columns.map((_, at) => row[at] ?? "")) };
  }

  #columnOf(key: string, fault: (what: string, hint: string) => TableFault): number {
    const known = this.#columns.get(key);
    if (known !== undefined) return known;
    const hint = "give each value a name of its own";
    if (key.trim() === "") throw fault("has a value without a name", hint);
    if (FORBIDDEN_KEYS.includes(key)) throw fault(`names a value ${quoted(key)}`, hint);
    if (this.#columns.size === MAX_COLUMNS) {
      throw fault(`brings the names of values to more than ${MAX_COLUMNS}`, hint);
    }
    this.#columns.set(key, this.#columns.size);
    return this.#columns.size - 1;
  }
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}
