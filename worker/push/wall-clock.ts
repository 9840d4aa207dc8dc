/**
 * The wall clock to a fraction of a millisecond, from one that counts whole milliseconds. Called by the push observer at each
 * pushed message. Invariant: wall time less run time lies within [low, high], at most a millisecond apart; each look narrows it,
 * because the wall clock and the monotonic one are disciplined alike, and a step of the wall clock begins it anew.
 */

import type { Clocks } from "../observe/observer.ts";

export class WallClock {
  readonly #clocks: Clocks;
  /** Milliseconds. */
  #low = Number.NEGATIVE_INFINITY;
  #high = Number.POSITIVE_INFINITY;

  constructor(clocks: Clocks) {
    this.#clocks = clocks;
  }

  /** Looks at both clocks. */
  look(): void {
    const beforeMs = this.#clocks.nowUs() / 1000;
    const wallMs = this.#clocks.wallMs();
    const afterMs = this.#clocks.nowUs() / 1000;
    const low = wallMs - afterMs;
    const high = wallMs + 1 - beforeMs;
    if (low > this.#high || high < this.#low) {
      this.#low = low;
      this.#high = high;
      return;
    }
    if (low > this.#low) this.#low = low;
    if (high < this.#high) this.#high = high;
  }

  /** Milliseconds since the Unix epoch at run time 0, after look(). */
  get originMs(): number {
    return (this.#low + this.#high) / 2;
  }

  /** What originMs may be off by. */
  get errorMs(): number {
    return (this.#high - this.#low) / 2;
  }
}
