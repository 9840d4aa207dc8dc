/**
 * Sockets of connections that have vanished: open for the target until their time is over. Kept by faults.ts. Bound: one for each
 * connection that a fault hits.
 */
import type { FaultySocket } from "../socket/driver.ts";

export class SilentSockets {
  /** By the end of their window. */
  readonly #byEnd = new Map<number, FaultySocket[]>();

  /** Run time; Infinity for never. */
  get nextUs(): number {
    return Math.min(Number.POSITIVE_INFINITY, ...this.#byEnd.keys());
  }

  keep(socket: FaultySocket, untilUs: number): void {
    const kept = this.#byEnd.get(untilUs);
    if (kept) kept.push(socket);
    else this.#byEnd.set(untilUs, [socket]);
  }

  turn(nowUs: number): void {
    for (const [untilUs, sockets] of this.#byEnd) {
      if (untilUs > nowUs) continue;
      for (const socket of sockets) socket.abort(true);
      this.#byEnd.delete(untilUs);
    }
  }

  close(): void {
    this.turn(Number.POSITIVE_INFINITY);
  }
}
