/**
 * Moves a slice away from an engine: closes its connections evenly over a time, and knows when the last one is gone.
 * Driven by the engine, once a turn. Invariant: no more are closed than are due, and what is open stays in use until
 * its turn comes.
 */
import type { HandOver } from "../../shared/wire/command.ts";

/** Who has the connections: the engine's pool. */
export interface SliceCloser {
  /** Live connections of the slice. */
  liveIn(slice: number): number;
  /** Closes up to `count` connections of the slice, of those that are not on their way out. */
  migrateSome(slice: number, count: number): void;
}

export class Migration {
  readonly handOver: Pick<HandOver, "id" | "slice">;
  readonly #sinceUs: number;
  readonly #withinUs: number;
  readonly #total: number;
  #closed = 0;

  constructor(
    handOver: Pick<HandOver, "id" | "slice" | "withinUs">,
    context: { readonly nowUs: number; readonly total: number },
  ) {
    this.handOver = handOver;
    this.#sinceUs = context.nowUs;
    this.#withinUs = Math.max(1, handOver.withinUs);
    this.#total = context.total;
  }

  /** @returns whether the slice has no connection any more */
  advance(nowUs: number, closer: SliceCloser): boolean {
    const { slice } = this.handOver;
    const share = Math.min(1, (nowUs - this.#sinceUs) / this.#withinUs);
    const due = Math.ceil(this.#total * share) - this.#closed;
    if (due > 0) {
      closer.migrateSome(slice, due);
      this.#closed += due;
    }
    return closer.liveIn(slice) === 0;
  }
}
