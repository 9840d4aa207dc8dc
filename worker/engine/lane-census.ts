/**
 * How many live connections each lane has, and how far a lane that moves away has been told. Used by the connection pool.
 * Invariant: a lane without live connections leaves nothing behind here.
 */
export class LaneCensus {
  readonly #live = new Map<number, number>();
  /** Lane -> slot from which on its connections were not told to move. */
  readonly #cursors = new Map<number, number>();

  live(lane: number): number {
    return this.#live.get(lane) ?? 0;
  }

  opened(lane: number): void {
    this.#live.set(lane, this.live(lane) + 1);
  }

  released(lane: number): void {
    const live = this.live(lane) - 1;
    if (live > 0) this.#live.set(lane, live);
    else {
      this.#live.delete(lane);
      this.#cursors.delete(lane);
    }
  }

  /** Where to go on telling. */
  cursor(lane: number): number {
    return this.#cursors.get(lane) ?? 0;
  }

  told(lane: number, upToSlot: number): void {
    if (this.#live.has(lane)) this.#cursors.set(lane, upToSlot);
  }
}
