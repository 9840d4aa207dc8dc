/**
 * The seconds of run time in which one of a worker's engines was saturated by its own health; the validity gates count them.
 * Invariant: a second once marked stays marked, so the order of frames does not matter. Bound: a bit a second of the run.
 */
import type { Frame } from "../../../shared/wire/frame/frame.ts";

/** Limits of a single engine in a single second; their reasons are with the other gates (analysis/gates.ts). */
export const SATURATED = { loopLagMaxUs: 250_000, utilisation: 0.97, throttled: 0.05 } as const;

export class SaturatedSeconds {
  #marks = new Uint8Array(8);
  count = 0;

  /** A frame's health holds for every second it spans. */
  addFrame({ second, spanSeconds, final, health }: Frame): void {
    // A final frame covers a moment of its second; how busy that was says nothing.
    const busy = !final && health.utilisation >= SATURATED.utilisation;
    const stopped = !final && health.throttled > SATURATED.throttled;
    if (!busy && !stopped && health.loopLagMaxUs <= SATURATED.loopLagMaxUs) return;
    for (let at = Math.max(0, second); at < second + spanSeconds; at++) this.#mark(at);
  }

  #mark(second: number): void {
    const at = second >> 3;
    const bit = 1 << (second & 7);
    if (at >= this.#marks.length) {
      const grown = new Uint8Array(Math.max(at + 1, this.#marks.length * 2));
      grown.set(this.#marks);
      this.#marks = grown;
    }
    const marks = this.#marks[at] as number;
    if ((marks & bit) !== 0) return;
    this.#marks[at] = marks | bit;
    this.count++;
  }
}
