/**
 * A gauge sampled every 100 ms of run time and summed over engines: connections open in the whole cluster, or
 * in one worker. Invariant: addition only, so the order of frames does not matter; an engine that has
 * ended adds nothing. Bound: ten 32-bit numbers per second of the run.
 */
export const TICKS_PER_SECOND = 10;

export class TickGauge {
  #values = new Uint32Array(64 * TICKS_PER_SECOND);
  #length = 0;

  /** Adds a row of ticks that begins at a second (from 0). */
  add(second: number, ticks: readonly number[]): void {
    const start = second * TICKS_PER_SECOND;
    this.#reserve(start + ticks.length);
    for (let at = 0; at < ticks.length; at++) {
      this.#values[start + at] = (this.#values[start + at] as number) + (ticks[at] as number);
    }
  }

  /** Value at the end of a second; 0 where nothing was added. */
  atEndOf(second: number): number {
    return this.#values[second * TICKS_PER_SECOND + TICKS_PER_SECOND - 1] ?? 0;
  }

  /** Highest value at any tick. */
  peak(): number {
    let peak = 0;
    for (let at = 0; at < this.#length; at++) peak = Math.max(peak, this.#values[at] as number);
    return peak;
  }

  #reserve(length: number): void {
    if (length > this.#length) this.#length = length;
    if (length <= this.#values.length) return;
    const grown = new Uint32Array(Math.max(length, this.#values.length * 2));
    grown.set(this.#values);
    this.#values = grown;
  }
}
