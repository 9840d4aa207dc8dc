/**
 * Rows in a compact form: their values one after another as UTF-8, and where each ends. Filled by kept-rows.ts.
 * Invariant: costs the bytes of the values and 4 for each, whatever their number; what is over `budget` is not kept.
 */

import { MAX_KEPT_BYTES } from "../limits.ts";
import type { DataRows } from "../strict.ts";
import type { Cells } from "./row-format.ts";
import { type DataBudget, MAX_KEPT_VALUES, TableFault } from "./table.ts";

const FIRST_BYTES = 64 * 1024;
const FIRST_VALUES = 4096;
/** Of UTF-8, each UTF-16 code unit. */
const MOST_BYTES_A_CHAR = 3;

export class RowPacker {
  /** Characters of the longest value of each column. */
  readonly longest: number[];
  readonly #columns: readonly number[];
  readonly #budget: Pick<DataBudget, "keptBytes" | "keptValues">;
  #bytes = Buffer.allocUnsafe(FIRST_BYTES);
  #ends = new Uint32Array(FIRST_VALUES);
  #length = 0;
  #values = 0;
  #rows = 0;
  #isOver = false;

  /** @param columns places of the values that are kept, in a row of the file */
  constructor(columns: readonly number[], budget: Pick<DataBudget, "keptBytes" | "keptValues">) {
    this.#columns = columns;
    this.#budget = budget;
    this.longest = columns.map(() => 0);
  }

  get rows(): number {
    return this.#rows;
  }

  add(cells: Cells): void {
    if (this.#isOver) return;
    for (let at = 0; at < this.#columns.length; at++) {
      this.#append(cells[this.#columns[at] as number] ?? "", at);
    }
    this.#rows++;
    const { keptBytes, keptValues } = this.#budget;
    this.#isOver = this.#length > keptBytes || this.#values > keptValues;
  }

  /**
   * What was added; lowers the budget by it.
   * @param numbers of the rows, in the file; null: from the first on
   * @throws TableFault when it was more than the budget has
   */
  made(numbers: Uint32Array | null): DataRows {
    if (this.#isOver) throw tooMuch();
    this.#budget.keptBytes -= this.#length;
    this.#budget.keptValues -= this.#values;
    return {
      kind: "packed",
      numbers,
      bytes: new Uint8Array(this.#bytes.subarray(0, this.#length)),
      ends: this.#ends.slice(0, this.#values),
    };
  }

  #append(text: string, at: number): void {
    if (text.length > (this.longest[at] as number)) this.longest[at] = text.length;
    const most = this.#length + text.length * MOST_BYTES_A_CHAR;
    if (most > this.#bytes.length) {
      const grown = Buffer.allocUnsafe(Math.max(most, Math.ceil(this.#bytes.length * 1.5)));
      this.#bytes.copy(grown, 0, 0, this.#length);
      this.#bytes = grown;
    }
    if (this.#values === this.#ends.length) {
      const grown = new Uint32Array(Math.ceil(this.#ends.length * 1.5));
      grown.set(this.#ends);
      this.#ends = grown;
    }
    this.#length += this.#bytes.write(text, this.#length);
    this.#ends[this.#values++] = this.#length;
  }
}

function tooMuch(): TableFault {
  const megabytes = MAX_KEPT_BYTES / 1024 ** 2;
  const what = `what connections use of the tables is more than ${megabytes} MB or ${MAX_KEPT_VALUES} values`;
  return new TableFault(what, 0, "plan fewer connections, use fewer columns, or shorten values");
}
