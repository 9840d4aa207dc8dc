/**
 * A connection is lost, or an attempt to connect failed: it tries again after a time, or gives up. Called by the connection.
 * Invariant: after the last attempt it only counts the messages that it cannot send any more, until the plan closes it.
 */
import { backoffUs } from "./backoff.ts";
import {
  type ConnectionHost,
  type HostedConnection,
  settingsOf,
  TimerKind,
} from "./connection-host.ts";
import { moved, State } from "./connection-state.ts";
import { Time } from "./connection-times.ts";
import { giveUpHeld, type PacedConnection } from "./pacing.ts";

interface Losing extends PacedConnection, HostedConnection {
  state: State;
  retries: number;
  socket: HostedConnection["socket"];
  end(): void;
}

/** Not connected, and not because the plan says so. */
export function lose(connection: Losing, host: ConnectionHost, nowUs: number): void {
  const { slot } = connection;
  const { reconnect } = settingsOf(connection, host);
  host.cancel(slot, TimerKind.ping);
  const closeUs = host.times.get(slot, Time.close);
  giveUpHeld(connection, host);
  if (nowUs >= closeUs) connection.end();
  else if (connection.retries < reconnect.attempts) {
    const jitter = host.jitter(connection.index, connection.incarnation);
    const againUs = nowUs + backoffUs(reconnect, connection.retries++, jitter);
    connection.state = moved(connection.state, State.waiting);
    host.times.set(slot, Time.intendedOpen, againUs);
    host.schedule(slot, TimerKind.life, Math.min(againUs, closeUs));
  } else {
    connection.state = moved(connection.state, State.gone);
    host.faults?.gaveUp(connection);
    host.schedule(slot, TimerKind.life, closeUs);
  }
}
