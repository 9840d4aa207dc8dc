/**
 * Counters per phase and message name (NAME_COUNTERS) since the last frame. Owned by the recorder. Invariant: counting is
 * one addition in place.
 */
import { NAME_COUNTERS } from "../../shared/stats/counters.ts";
import type { Frame } from "../../shared/wire/frame/frame.ts";

const WIDTH = NAME_COUNTERS.length;

export class NameRows {
  #names: number;
  #counters: Float64Array;

  constructor(phases: number, names: number) {
    this.#names = names;
    this.#counters = new Float64Array(phases * names * WIDTH);
  }

  /** Makes room for more. @param names none less than before */
  grow(phases: number, names: number): void {
    const grown = new Float64Array(phases * Math.max(names, this.#names) * WIDTH);
    const before = this.#names * WIDTH;
    const width = Math.max(names, this.#names) * WIDTH;
    for (let phase = 0; phase * before < this.#counters.length; phase++) {
      grown.set(this.#counters.subarray(phase * before, (phase + 1) * before), phase * width);
    }
    this.#counters = grown;
    this.#names = Math.max(names, this.#names);
  }

  /** Adds to a counter of NAME_COUNTERS. */
  count(phase: number, name: number, counter: number, amount = 1): void {
    const at = (phase * this.#names + name) * WIDTH + counter;
    this.#counters[at] = (this.#counters[at] as number) + amount;
  }

  /** All rows with any activity since the last cut. */
  cut(): Frame["names"] {
    const cut: Frame["names"][number][] = [];
    for (let row = 0; row * WIDTH < this.#counters.length; row++) {
      const counters = this.#counters.subarray(row * WIDTH, (row + 1) * WIDTH);
      if (counters.every((value) => value === 0)) continue;
      const phase = Math.floor(row / this.#names);
      cut.push({ phase, name: row % this.#names, counters: Array.from(counters) });
      counters.fill(0);
    }
    return cut;
  }
}
