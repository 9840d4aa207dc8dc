/**
 * A gauge sampled every 100 ms of run time and summed over engines: connections open in the whole cluster, or
 * in one worker. Invariant: addition only, so the order of frames does not matter; an engine that has
 * ended adds nothing. Bound: ten 32-bit numbers per second in which it moves; where it stands still, or is settled, one a
 * CHUNK_SECONDS.
 */
export const TICKS_PER_SECOND = 10;

const CHUNK_SECONDS = 16;
const CHUNK = CHUNK_SECONDS * TICKS_PER_SECOND;

export class TickGauge {
  /** Ticks of CHUNK_SECONDS each; a number stands for as many equal ones. */
  readonly #chunks: (Uint32Array | number)[] = [];
  #settled = 0;

  /** Adds a row of ticks that begins at a second (from 0). */
  add(second: number, ticks: readonly number[]): void {
    const start = second * TICKS_PER_SECOND;
    for (let at = 0; at < ticks.length; ) {
      const index = Math.floor((start + at) / CHUNK);
      const values = this.#writable(index);
      for (let tick = (start + at) % CHUNK; tick < CHUNK && at < ticks.length; tick++, at++) {
        values[tick] = (values[tick] as number) + (ticks[at] as number);
      }
      // Whole, as a rule, when its last tick has come.
      if ((start + at) % CHUNK === 0) this.#chunks[index] = compacted(values);
    }
  }

  /** Value at the end of a second; 0 where nothing was added. */
  atEndOf(second: number): number {
    const tick = second * TICKS_PER_SECOND + TICKS_PER_SECOND - 1;
    const chunk = this.#chunks[Math.floor(tick / CHUNK)] ?? 0;
    return typeof chunk === "number" ? chunk : (chunk[tick % CHUNK] ?? 0);
  }

  /** The values of a second's ticks; zeros where nothing was added. Not of what is settled. */
  of(second: number): readonly number[] {
    const start = second * TICKS_PER_SECOND;
    const chunk = this.#chunks[Math.floor(start / CHUNK)] ?? 0;
    if (typeof chunk === "number") return Array<number>(TICKS_PER_SECOND).fill(chunk);
    return Array.from(chunk.subarray(start % CHUNK, (start % CHUNK) + TICKS_PER_SECOND));
  }

  /** Highest value at any tick. */
  peak(): number {
    let peak = 0;
    for (const chunk of this.#chunks) {
      peak = Math.max(peak, typeof chunk === "number" ? chunk : peakOf(chunk));
    }
    return peak;
  }

  /** Keeps only the peaks of what lies before a second, to which nothing will be added and of which nobody asks more. */
  settle(second: number): void {
    const end = Math.min(Math.floor((second * TICKS_PER_SECOND) / CHUNK), this.#chunks.length);
    for (; this.#settled < end; this.#settled++) {
      const chunk = this.#chunks[this.#settled] as Uint32Array | number;
      if (typeof chunk !== "number") this.#chunks[this.#settled] = peakOf(chunk);
    }
  }

  #writable(index: number): Uint32Array {
    while (this.#chunks.length <= index) this.#chunks.push(0);
    const chunk = this.#chunks[index] as Uint32Array | number;
    if (typeof chunk !== "number") return chunk;
    const values = new Uint32Array(CHUNK).fill(chunk);
    this.#chunks[index] = values;
    return values;
  }
}

function compacted(values: Uint32Array): Uint32Array | number {
  const [first = 0] = values;
  return values.every((value) => value === first) ? first : values;
}

function peakOf(values: Uint32Array): number {
  let peak = 0;
  for (const value of values) peak = Math.max(peak, value);
  return peak;
}
