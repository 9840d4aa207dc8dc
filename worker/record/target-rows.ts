/**
 * Counters per phase and target (TARGET_COUNTERS) since the last frame. Owned by the recorder, Called by connections.
 * Invariants: a run of one target costs nothing, its figures are those of the phases; a phase's rows are made when
 * something first happens in it, so memory follows what is used.
 */
import { TARGET_COUNTERS } from "../../shared/stats/counters.ts";
import type { Frame } from "../../shared/wire/frame/frame.ts";

const WIDTH = TARGET_COUNTERS.length;

export class TargetRows {
  readonly #targets: number;
  readonly #phases: (Float64Array | null)[];

  /** @param targets of the scenario; 1 turns counting off */
  constructor(phases: number, targets: number) {
    this.#targets = targets;
    this.#phases = Array<null>(phases).fill(null);
  }

  /** Adds to a counter of TARGET_COUNTERS (index from TARGET). */
  count(phase: number, target: number, counter: number, amount = 1): void {
    if (this.#targets === 1) return;
    let rows = this.#phases[phase];
    if (!rows) {
      rows = new Float64Array(this.#targets * WIDTH);
      this.#phases[phase] = rows;
    }
    const at = target * WIDTH + counter;
    rows[at] = (rows[at] as number) + amount;
  }

  /** All rows with any activity since the last cut. */
  cut(): Frame["targets"] {
    const cut: Frame["targets"][number][] = [];
    for (const [phase, rows] of this.#phases.entries()) {
      for (let target = 0; rows && target < this.#targets; target++) {
        const row = rows.subarray(target * WIDTH, (target + 1) * WIDTH);
        if (row.every((value) => value === 0)) continue;
        cut.push({ phase, target, counters: Array.from(row) });
        row.fill(0);
      }
    }
    return cut;
  }
}
