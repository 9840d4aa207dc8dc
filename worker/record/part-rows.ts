/**
 * Counters per phase and part of a run (TARGET_COUNTERS of targets, ROLE_COUNTERS of roles) since the last frame. Owned by the
 * recorder, called by connections.
 * Invariants: a run of one part costs nothing, its figures are those of the phases; a phase's rows are made when
 * something first happens in it, so memory follows what is used.
 */

/** A row of a frame. */
export interface PartRow {
  readonly phase: number;
  readonly part: number;
  readonly counters: number[];
}

export class PartRows {
  readonly #parts: number;
  readonly #width: number;
  readonly #phases: (Float64Array | null)[];

  /** @param parts 1 turns counting off */
  constructor(phases: number, parts: number, counters: readonly string[]) {
    this.#parts = parts;
    this.#width = counters.length;
    this.#phases = Array<null>(phases).fill(null);
  }

  grow(phases: number): void {
    while (this.#phases.length < phases) this.#phases.push(null);
  }

  /** Adds to a counter, by its position in the list. */
  count(phase: number, part: number, counter: number, amount = 1): void {
    if (this.#parts === 1) return;
    let rows = this.#phases[phase];
    if (!rows) {
      rows = new Float64Array(this.#parts * this.#width);
      this.#phases[phase] = rows;
    }
    const at = part * this.#width + counter;
    rows[at] = (rows[at] as number) + amount;
  }

  /** All rows with any activity since the last cut. */
  cut(): PartRow[] {
    const cut: PartRow[] = [];
    for (const [phase, rows] of this.#phases.entries()) {
      for (let part = 0; rows && part < this.#parts; part++) {
        const row = rows.subarray(part * this.#width, (part + 1) * this.#width);
        if (row.every((value) => value === 0)) continue;
        cut.push({ phase, part, counters: Array.from(row) });
        row.fill(0);
      }
    }
    return cut;
  }
}
