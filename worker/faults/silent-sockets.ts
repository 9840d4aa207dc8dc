/**
 * Sockets of connections that have vanished: open for the target until their window is over. Kept by faults.ts. Bound: one for each
 * connection that a fault hits.
 */
import type { FaultWindow } from "../../shared/scenario/fault-windows.ts";
import type { FaultySocket } from "../socket/driver.ts";

interface Kept {
  untilUs: number;
  readonly sockets: FaultySocket[];
}

export class SilentSockets {
  /** By the place of their window. */
  readonly #byWindow = new Map<number, Kept>();

  /** Run time; Infinity for never. */
  get nextUs(): number {
    let nextUs = Number.POSITIVE_INFINITY;
    for (const { untilUs } of this.#byWindow.values()) nextUs = Math.min(nextUs, untilUs);
    return nextUs;
  }

  keep(
    socket: FaultySocket,
    { position, untilUs }: Pick<FaultWindow, "position" | "untilUs">,
  ): void {
    const kept = this.#byWindow.get(position);
    if (kept) kept.sockets.push(socket);
    else this.#byWindow.set(position, { untilUs, sockets: [socket] });
  }

  /** The window is over then. */
  endAt(position: number, untilUs: number): void {
    const kept = this.#byWindow.get(position);
    if (kept) kept.untilUs = untilUs;
  }

  turn(nowUs: number): void {
    for (const [position, { untilUs, sockets }] of this.#byWindow) {
      if (untilUs > nowUs) continue;
      for (const socket of sockets) socket.abort(true);
      this.#byWindow.delete(position);
    }
  }

  close(): void {
    this.turn(Number.POSITIVE_INFINITY);
  }
}
