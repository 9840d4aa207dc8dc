/**
 * How many live connections each slice has, and how far a slice that moves away has been told. Used by the connection pool.
 * Invariant: a slice without live connections leaves nothing behind here.
 */
export class SliceCounts {
  readonly #live = new Map<number, number>();
  /** Slice -> slot from which on its connections were not asked to move. */
  readonly #cursors = new Map<number, number>();

  live(slice: number): number {
    return this.#live.get(slice) ?? 0;
  }

  opened(slice: number): void {
    this.#live.set(slice, this.live(slice) + 1);
  }

  released(slice: number): void {
    const live = this.live(slice) - 1;
    if (live > 0) this.#live.set(slice, live);
    else {
      this.#live.delete(slice);
      this.#cursors.delete(slice);
    }
  }

  /** Where to go on telling. */
  cursor(slice: number): number {
    return this.#cursors.get(slice) ?? 0;
  }

  told(slice: number, upToSlot: number): void {
    if (this.#live.has(slice)) this.#cursors.set(slice, upToSlot);
  }
}
