/**
 * How often each connection of the plan was opened: the number that a scenario sees as conn.attempt. Called by the pool.
 * Invariant: an index that never reconnected costs nothing, for its sessions are counted by the plan; there is at most
 * one entry for each index of the plan.
 */
import { MAX_ATTEMPTS } from "../connection/connection-log.ts";

export class AttemptNumbers {
  /** Next number of an index that was opened more often than the plan says. */
  readonly #next = new Map<number, number>();

  /** Number of the first attempt of a session. */
  first(index: number, session: number): number {
    return Math.max(session, this.#next.get(index) ?? 0);
  }

  /** An attempt begins. */
  begun(connection: {
    readonly index: number;
    readonly attempt: number;
    readonly incarnation: number;
  }): void {
    const { index, attempt, incarnation } = connection;
    if (attempt > Math.floor(incarnation / MAX_ATTEMPTS)) this.#next.set(index, attempt + 1);
  }
}
