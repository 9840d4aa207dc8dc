/**
 * Which frames of one worker incarnation are there: all up to a high-water mark, and a few beyond it.
 * Invariant: a union; the order of add() does not matter. Bound: MAX_AHEAD numbers beyond the first gap (logs
 * keep order, so there are none unless frames are missing).
 */
import { OnrushError } from "../../../shared/errors.ts";

const MAX_AHEAD = 100_000;

export class SeqSet {
  /** All of 0..contiguous are there; -1 for none. */
  contiguous = -1;
  /** Highest seen. */
  max = -1;
  readonly #ahead = new Set<number>();

  /** Numbers in the set. */
  get size(): number {
    return this.contiguous + 1 + this.#ahead.size;
  }

  has(seq: number): boolean {
    return seq <= this.contiguous || this.#ahead.has(seq);
  }

  /**
   * @returns false when it was there already
   * @throws OnrushError ONRUSH_FRAME_INVALID beyond the bound or for what is no sequence number
   */
  add(seq: number): boolean {
    if (!Number.isSafeInteger(seq) || seq < 0 || this.#ahead.size >= MAX_AHEAD) {
      throw new OnrushError({
        code: "ONRUSH_FRAME_INVALID",
        message: `Frame number ${seq} cannot be placed after ${this.contiguous}.`,
      });
    }
    if (seq <= this.contiguous || this.#ahead.has(seq)) return false;
    this.#ahead.add(seq);
    if (seq > this.max) this.max = seq;
    while (this.#ahead.delete(this.contiguous + 1)) this.contiguous++;
    return true;
  }
}
