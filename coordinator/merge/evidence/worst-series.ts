/**
 * Figures of engines or machines second by second: the highest that any of them reported. Filled by merge.ts, read by
 * coordinator/analysis. Invariant: maxima only, so the order of frames does not matter, and what several workers report of one
 * machine counts once. Bound: a row of doubles a second.
 */
import type { Counts, Frame } from "../../../shared/wire/frame/frame.ts";

export class WorstSeries<Field extends string> {
  readonly #fields: readonly Field[];
  #rows: Float64Array;

  constructor(fields: readonly Field[]) {
    this.#fields = fields;
    this.#rows = new Float64Array(fields.length * 64).fill(Number.NaN);
  }

  /** Values in the order of the fields, for each second that a frame covers. */
  add({ second, spanSeconds }: Pick<Frame, "second" | "spanSeconds">, values: Counts): void {
    const width = this.#fields.length;
    for (let at = Math.max(0, second); at < second + spanSeconds; at++) {
      this.#reach(at);
      for (let field = 0; field < width; field++) {
        const value = values[field];
        const place = at * width + field;
        const known = this.#rows[place] as number;
        if (value !== undefined && !(known >= value)) this.#rows[place] = value;
      }
    }
  }

  /** null: nobody said. */
  at(second: number, field: Field): number | null {
    const value = this.#rows[second * this.#fields.length + this.#fields.indexOf(field)];
    return value === undefined || Number.isNaN(value) ? null : value;
  }

  #reach(second: number): void {
    const length = (second + 1) * this.#fields.length;
    if (length <= this.#rows.length) return;
    const rows = new Float64Array(Math.max(length, this.#rows.length * 2)).fill(Number.NaN);
    rows.set(this.#rows);
    this.#rows = rows;
  }
}
