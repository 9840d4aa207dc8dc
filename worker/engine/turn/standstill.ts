/**
 * Standstills of the engine's thread: what the targets sent meanwhile lies unread, so nobody is late before it was read.
 * Called by the pool, once a turn. Invariant: after one standstill time-outs wait for one reading and no longer, however
 * late the turns behind it come.
 */

/** A turn that comes this late finds something unread. */
const STANDSTILL_US = 5000;

export class Standstill {
  /** How long the standstill was; 0 once what came meanwhile was read. */
  graceUs = 0;
  #justRead = false;
  readonly #afterReading: (then: () => void) => void;

  /** @param afterReading calls back when all that has come was read */
  constructor(afterReading: (then: () => void) => void) {
    this.#afterReading = afterReading;
  }

  /** A turn comes so late. */
  turn(lagUs: number): void {
    if (this.graceUs > 0) return;
    if (lagUs > STANDSTILL_US && !this.#justRead) {
      this.graceUs = lagUs;
      this.#afterReading(this.#onRead);
    }
    this.#justRead = false;
  }

  readonly #onRead = (): void => {
    this.graceUs = 0;
    this.#justRead = true;
  };
}
