/**
 * Moves a lane away from an engine: closes its connections evenly over a time, and knows when the last one is gone.
 * Driven by the engine, once a turn. Invariant: no more are closed than are due, and what is open stays in use until
 * its turn comes.
 */
import type { HandOver } from "../../shared/wire/command.ts";

/** Who has the connections: the engine's pool. */
export interface LaneCloser {
  /** Live connections of the lane. */
  liveIn(lane: number): number;
  /** Closes up to `count` connections of the lane, of those that are not on their way out. */
  migrateSome(lane: number, count: number): void;
}

export class Migration {
  readonly handOver: Pick<HandOver, "id" | "lane">;
  readonly #sinceUs: number;
  readonly #withinUs: number;
  readonly #total: number;
  #closed = 0;

  constructor(
    handOver: Pick<HandOver, "id" | "lane" | "withinUs">,
    context: { readonly nowUs: number; readonly total: number },
  ) {
    this.handOver = handOver;
    this.#sinceUs = context.nowUs;
    this.#withinUs = Math.max(1, handOver.withinUs);
    this.#total = context.total;
  }

  /** @returns whether the lane has no connection any more */
  advance(nowUs: number, closer: LaneCloser): boolean {
    const { lane } = this.handOver;
    const share = Math.min(1, (nowUs - this.#sinceUs) / this.#withinUs);
    const due = Math.ceil(this.#total * share) - this.#closed;
    if (due > 0) {
      closer.migrateSome(lane, due);
      this.#closed += due;
    }
    return closer.liveIn(lane) === 0;
  }
}
