/**
 * Connections that end before their plan: some at a time as a run is stopped or a slice moves, or all at once. Owned by the
 * connection pool. Invariant: a stop reaches each connection once.
 */
import type { Connection } from "../connection/connection.ts";
import type { SliceCounts } from "./slice-counts.ts";

export class Leaving {
  readonly #connections: readonly (Connection | null)[];
  readonly #sliceCounts: SliceCounts;
  #stopCursor = 0;

  constructor(connections: readonly (Connection | null)[], sliceCounts: SliceCounts) {
    this.#connections = connections;
    this.#sliceCounts = sliceCounts;
  }

  /** Has up to `budget` more connections stop. */
  stopSome(budget: number): void {
    const end = Math.min(this.#stopCursor + budget, this.#connections.length);
    while (this.#stopCursor < end) this.#connections[this.#stopCursor++]?.drain("stop");
  }

  /** Has `count` more connections of the slice close, to be opened again elsewhere. Nothing new is opened in it. */
  migrateSome(slice: number, count: number): void {
    let left = count;
    let slot = this.#sliceCounts.cursor(slice);
    for (; left > 0 && slot < this.#connections.length; slot++) {
      const connection = this.#connections[slot];
      if (connection?.slice !== slice) continue;
      connection.drain("migrated");
      left--;
    }
    this.#sliceCounts.told(slice, slot);
  }

  /** Live connections of the slice. */
  liveIn(slice: number): number {
    return this.#sliceCounts.live(slice);
  }

  abortAll(cause: "stop" | "fenced"): void {
    for (const connection of this.#connections) connection?.abort(cause);
  }
}
