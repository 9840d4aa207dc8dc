/**
 * Which arrivals are open at the moment, as run time goes on: a dense list that changes by swap and remove.
 * Called by the total message schedule to find the arrival a message slot belongs to.
 * Invariant: after the same time, every process that started from 0 has the same list in the same order, because
 * comings and goings are replayed in one fixed order (time; goings first; then index).
 */
import type { Arrivals } from "./arrivals.ts";

/** Amortised O(1) per coming and going; never goes back in time. */
export class OpenArrivals {
  readonly #arrivals: Arrivals;
  /** Arrival numbers in order of their going. */
  readonly #byClose: Uint32Array;
  /** The open ones are the first #count entries. */
  readonly #open: Uint32Array;
  /** Where in #open an arrival is. */
  readonly #place: Uint32Array;
  #count = 0;
  #opened = 0;
  #closed = 0;

  constructor(arrivals: Arrivals) {
    const { openUs, closeUs } = arrivals;
    this.#arrivals = arrivals;
    this.#byClose = Uint32Array.from(openUs, (_, arrival) => arrival).sort(
      (left, right) => (closeUs[left] ?? 0) - (closeUs[right] ?? 0) || left - right,
    );
    this.#open = new Uint32Array(openUs.length);
    this.#place = new Uint32Array(openUs.length);
  }

  get count(): number {
    return this.#count;
  }

  /** The arrival at a rank below `count`. */
  at(rank: number): number {
    return this.#open[rank] ?? 0;
  }

  /** Lets everything happen that is due at or before `tUs`. */
  advance(tUs: number): void {
    const { openUs, closeUs } = this.#arrivals;
    while (true) {
      const next = this.#byClose[this.#closed];
      const nextCloseUs = next === undefined ? Infinity : (closeUs[next] ?? Infinity);
      const nextOpenUs = openUs[this.#opened] ?? Infinity;
      if (Math.min(nextCloseUs, nextOpenUs) > tUs) return;
      // An arrival that stays for no time at all must come before it goes.
      if (next !== undefined && nextCloseUs <= nextOpenUs && next < this.#opened) this.#go(next);
      else this.#come();
    }
  }

  #come(): void {
    this.#place[this.#opened] = this.#count;
    this.#open[this.#count++] = this.#opened++;
  }

  #go(arrival: number): void {
    const place = this.#place[arrival] ?? 0;
    const last = this.#open[--this.#count] ?? 0;
    this.#open[place] = last;
    this.#place[last] = place;
    this.#closed++;
  }
}
