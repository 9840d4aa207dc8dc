/**
 * The slots of an engine's connections, and which of them are free. Used by the connection pool. Invariant: a slot that is
 * taken is given back once; the list never gets shorter.
 */
export class Slots<T> {
  /** By slot; null: free, or taken and not yet filled. */
  readonly all: (T | null)[] = [];
  readonly #free: number[] = [];

  take(): number {
    return this.#free.pop() ?? this.all.push(null) - 1;
  }

  giveBack(slot: number): void {
    this.all[slot] = null;
    this.#free.push(slot);
  }
}
