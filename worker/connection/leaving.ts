/**
 * How we close a connection: by plan once nothing is unanswered and its last steps are done, or at once because a step of its
 * flow failed. Called by the connection. Invariant: a Close of ours has a time-out, whatever becomes of it.
 */
import type { EndCause } from "./close-cause.ts";
import { type ConnectionHost, TimerKind } from "./connection-host.ts";
import { moved, State } from "./connection-state.ts";
import { CLOSE_TIMEOUT_US } from "./connection-times.ts";
import { giveUpHeld, type PacedConnection } from "./pacing.ts";

interface Leaving extends PacedConnection {
  state: State;
  endCause: EndCause;
  readonly closeCode: number;
}

/** It is draining: nothing new begins. */
export function finish(connection: Leaving, host: ConnectionHost): void {
  if (connection.pendingCount > 0 || connection.awaited > 0) return;
  if (host.correlator.observers.closing(connection, host.lastNowUs)) return;
  // Its last step may have been done at once, and have closed.
  if (connection.state !== State.draining) return;
  connection.state = moved(connection.state, State.closing);
  close(connection, host);
}

/** A step failed: it is lost, and may connect again. */
export function closeFailed(connection: Leaving, host: ConnectionHost): void {
  connection.endCause = "step-failed";
  connection.state = moved(connection.state, State.leaving);
  giveUpHeld(connection, host);
  close(connection, host);
}

function close({ slot, socket, closeCode }: Leaving, host: ConnectionHost): void {
  host.schedule(slot, TimerKind.life, host.lastNowUs + CLOSE_TIMEOUT_US);
  socket?.close(closeCode);
}
