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
import { retryHintUs } from "./retry-hint.ts";

interface Losing extends PacedConnection, HostedConnection {
  state: State;
  retries: number;
  socket: HostedConnection["socket"];
  end(): void;
}

/** Not connected, and not because the plan says so. @param said by the target, when it refused or closed it */
export function lose(connection: Losing, host: ConnectionHost, nowUs: number, said = ""): void {
  const { slot } = connection;
  const { reconnect } = settingsOf(connection, host);
  host.cancel(slot, TimerKind.ping);
  const closeUs = host.times.get(slot, Time.close);
  giveUpHeld(connection, host);
  if (nowUs >= closeUs) connection.end();
  else if (returns(connection) || connection.retries < reconnect.attempts) {
    const againUs = nowUs + waitUs(connection, host, said);
    connection.retries++;
    connection.state = moved(connection.state, State.waiting);
    host.times.set(slot, Time.intendedOpen, againUs);
    host.schedule(slot, TimerKind.life, Math.min(againUs, closeUs));
  } else {
    connection.state = moved(connection.state, State.gone);
    host.faults?.gaveUp(connection);
    host.schedule(slot, TimerKind.life, closeUs);
  }
}

/** A fault wants it back, whatever its policy. */
function returns({ touch }: Losing): boolean {
  return touch !== null && touch.returnWithinUs !== null;
}

function waitUs(connection: Losing, host: ConnectionHost, said: string): number {
  const { index, incarnation, retries, touch } = connection;
  const unitOf = (retry: number) => host.jitter(index, incarnation - retries + retry);
  if (touch !== null && touch.returnWithinUs !== null) {
    const withinUs = touch.returnWithinUs;
    touch.returnWithinUs = null;
    return unitOf(retries) * withinUs;
  }
  const { reconnect } = settingsOf(connection, host);
  const hintUs = reconnect.policy === "server-hint" ? retryHintUs(said) : null;
  return backoffUs(reconnect, retries, unitOf, hintUs);
}
