/**
 * How we close a connection: by plan once nothing is unanswered and its last steps are done, or at once because a step of its
 * flow failed. Called by the connection. Invariant: a Close of ours has a time-out, whatever becomes of it.
 */
import type { CloseCause } from "../../shared/stats/failure-kind.ts";
import type { Counted } from "../record/recorder.ts";
import type { Served } from "../record/uptime-rows.ts";
import type { EndCause } from "./close-cause.ts";
import { type ConnectionHost, TimerKind } from "./connection-host.ts";
import { logAttempt } from "./connection-log.ts";
import { moved, State } from "./connection-state.ts";
import { CLOSE_TIMEOUT_US, Time } from "./connection-times.ts";
import { giveUpHeld, type PacedConnection, skipHeld } from "./pacing.ts";
import { unwanted } from "./standing.ts";

interface Leaving extends PacedConnection {
  state: State;
  endCause: EndCause;
  readonly closeCode: number;
  socket: PacedConnection["socket"];
}

type Cut = Leaving &
  Counted & {
    end(): void;
    /** An established connection ended. */
    over(cause: CloseCause, nowUs: number): void;
  };

/** It is draining: nothing new begins. */
export function finish(connection: Leaving & Served, host: ConnectionHost): void {
  unwanted(connection, host);
  if (connection.pendingCount > 0 || connection.awaited > 0) return;
  if (host.correlator.observers.closing(connection, host.lastNowUs)) return;
  // Its last step may have been done at once, and have closed.
  if (connection.state !== State.draining) return;
  connection.state = moved(connection.state, State.closing);
  close(connection, host);
}

/** A step failed, or a fault closes it: it is lost, and may connect again. */
export function closeEarly(
  connection: Leaving,
  host: ConnectionHost,
  cause: "step-failed" | "injected",
): void {
  connection.endCause = cause;
  connection.state = moved(connection.state, State.leaving);
  giveUpHeld(connection, host);
  close(connection, host);
}

/** Cuts the connection now, whatever its state. */
export function abort(connection: Cut, host: ConnectionHost, cause: "stop" | "fenced"): void {
  const { state, slot } = connection;
  const nowUs = host.lastNowUs;
  connection.endCause = "stop";
  host.times.lower(slot, Time.close, nowUs);
  connection.socket?.abort(false);
  if (state === State.connecting) {
    host.recorder.failed(connection, nowUs);
    logAttempt(host, connection, { kind: "generator-stopped", signature: "", detail: "" });
    connection.socket = null;
    connection.end();
  } else if (state === State.waiting || state === State.gone) connection.end();
  else if (state !== State.ended) {
    skipHeld(connection, host);
    connection.over(cause, nowUs);
  }
}

function close(connection: Leaving, host: ConnectionHost): void {
  awaitEnd(connection, host, host.lastNowUs);
  connection.socket?.close(connection.closeCode);
}

/** One side has sent its Close: the transport has so long to end. */
export function awaitEnd(
  { slot }: Pick<Leaving, "slot">,
  host: Pick<ConnectionHost, "times" | "schedule">,
  nowUs: number,
): void {
  host.times.set(slot, Time.stage, nowUs);
  host.schedule(slot, TimerKind.life, nowUs + CLOSE_TIMEOUT_US);
}
