/**
 * A file of rows: looked through once, which counts the rows and notes where some of them begin; then read where rows are
 * needed. Made by sections/data.ts. Invariant: it keeps a number for every BLOCK_ROWS rows, and in memory is one part of the
 * file at a time (but for a format that has to be read as one).
 */
import { MAX_DATA_BYTES } from "../limits.ts";
import type { Cells, RowFormat, VisitRow } from "./row-format.ts";
import { type DataSource, lineAt, lineEndsBefore, readAll } from "./source.ts";
import {
  type DataBudget,
  MAX_FILE_BYTES,
  MAX_FILE_ROWS,
  MAX_ROW_CHARS,
  MAX_ROWS,
  TableFault,
} from "./table.ts";

const PART_BYTES = 1024 ** 2;
/** A row of the most characters, each of the most bytes, behind all of another. */
const MOST_PART_BYTES = 8 * MAX_ROW_CHARS;
const BLOCK_ROWS = 64;
const BLOCK_BYTES = 64 * 1024;
const KEEP_LESS = "keep what connections need";

export type TakeRow = (cells: Cells, row: number) => void;

/** Numbers of rows, rising. */
export interface RowNumbers {
  readonly length: number;
  /** The k-th of them. */
  at(k: number): number | undefined;
}

/** The first rows of a table. */
export function firstRows(length: number): RowNumbers {
  return { length, at: (k) => k };
}

export class RowFile {
  readonly #source: DataSource;
  readonly #format: RowFormat;
  /** Blocks of rows: the number of the first, and where it begins. */
  readonly #firsts: number[] = [];
  readonly #starts: number[] = [];
  #rows = 0;

  /**
   * Looks through all of it.
   * @param take each row, as it is found
   * @throws TableFault what is wrong with it, or that it is over what `budget` has left, which it lowers
   */
  constructor(source: DataSource, format: RowFormat, budget: DataBudget, take: TakeRow) {
    this.#source = source;
    this.#format = format;
    const isInParts = source.inParts && !format.isWhole;
    if (!isInParts) budget.bytes -= source.bytes;
    if (budget.bytes < 0) throw tooLarge(source);
    if (source.bytes > MAX_FILE_BYTES) {
      throw new TableFault(`is larger than ${MAX_FILE_BYTES / 1024 ** 3} GiB`, 0, "split it");
    }
    this.#lookThrough(budget, take);
    if (this.#rows === 0 || format.columns.length === 0) {
      throw new TableFault(format.empty[0], 0, format.empty[1]);
    }
  }

  get rows(): number {
    return this.#rows;
  }

  get columns(): readonly string[] {
    return this.#format.columns;
  }

  /** Reads some rows once more. @throws TableFault when they have changed */
  visit(numbers: RowNumbers, take: TakeRow): void {
    for (let k = 0; k < numbers.length; ) {
      const block = this.#blockOf(numbers.at(k) as number);
      let row = this.#firsts[block] as number;
      this.#read(block, (cells) => {
        if (numbers.at(k) === row) {
          take(cells, row);
          k++;
        }
        row++;
      });
      const next = this.#firsts[block + 1] ?? this.#rows;
      if (row !== next) throw new TableFault("has changed while it was read", 0, "");
    }
  }

  /** Where a row stands: "line 5". */
  placeOf(row: number): string {
    if (this.#format.unit === "row") return `row ${row + 1}`;
    const block = this.#blockOf(row);
    let left = row - (this.#firsts[block] as number);
    let inBlock = 0;
    this.#read(block, (_, start) => {
      if (left-- === 0) inBlock = start;
    });
    return `line ${lineAt(this.#source, (this.#starts[block] as number) + inBlock)}`;
  }

  #lookThrough(budget: DataBudget, take: TakeRow): void {
    const { bytes } = this.#source;
    const whole = this.#format.isWhole ? bytes : PART_BYTES;
    for (let at = 0, length = whole; at < bytes; ) {
      const part = readAll(this.#source, at, Math.min(length, bytes - at));
      const isLast = at + part.length >= bytes;
      const end = isLast ? part.length : this.#format.wholeRecords(part);
      if (end === 0 && length < MOST_PART_BYTES) {
        length *= 2;
        continue;
      }
      this.#take(part.subarray(0, end === 0 ? part.length : end), at, { budget, take });
      if (end === 0) {
        throw this.#shifted(new TableFault("has a row that is too long", 1, ""), at);
      }
      at += end;
      length = whole;
    }
  }

  #take(
    part: Buffer,
    at: number,
    { budget, take }: { readonly budget: DataBudget; readonly take: TakeRow },
  ): void {
    try {
      this.#format.read(part, (cells, start) => {
        this.#note(at + start);
        if (--budget.rows < 0) throw tooManyRows(this.#source);
        take(cells, this.#rows++);
      });
    } catch (error) {
      throw error instanceof TableFault ? this.#shifted(error, at) : error;
    }
  }

  /** A row begins. */
  #note(at: number): void {
    const [first, start] = [this.#firsts.at(-1), this.#starts.at(-1)];
    const isFull =
      first === undefined ||
      start === undefined ||
      this.#rows - first >= BLOCK_ROWS ||
      at - start >= BLOCK_BYTES;
    if (!isFull || (this.#format.isWhole && first !== undefined)) return;
    this.#firsts.push(this.#rows);
    this.#starts.push(at);
  }

  #read(block: number, visit: VisitRow): void {
    const start = this.#starts[block] as number;
    const end = this.#starts[block + 1] ?? this.#source.bytes;
    this.#format.read(readAll(this.#source, start, end - start), visit);
  }

  #blockOf(row: number): number {
    let low = 0;
    let high = this.#firsts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.#firsts[middle] as number) <= row) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** A fault of a part, with its line in the file. */
  #shifted(fault: TableFault, at: number): TableFault {
    if (fault.line === 0 || at === 0) return fault;
    const before = lineEndsBefore(this.#source, at);
    return new TableFault(fault.message, before + fault.line, fault.hint);
  }
}

function tooLarge({ inParts }: DataSource): TableFault {
  const megabytes = MAX_DATA_BYTES / 1024 ** 2;
  const what = inParts
    ? `the data files that are read whole are larger than ${megabytes} MB together`
    : `the data files are larger than ${megabytes} MB together`;
  return new TableFault(what, 0, inParts ? "write it as CSV, or an object a line (jsonl)" : "");
}

function tooManyRows({ inParts }: DataSource): TableFault {
  const most = inParts ? MAX_FILE_ROWS : MAX_ROWS;
  return new TableFault(`the tables of a scenario hold more than ${most} rows`, 0, KEEP_LESS);
}
