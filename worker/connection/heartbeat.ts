/**
 * Pings of an open connection, and the time until their pong. One ping is under way at a time; the timer of a
 * connection is either for its next ping or for the deadline of the one sent. Called by the connection.
 */
import { FENCE_BYTES, isSilent } from "../faults/victim.ts";
import { COUNT, METRIC } from "../record/recorder.ts";
import type { DriverSocket } from "../socket/driver.ts";
import {
  type ConnectionHost,
  type HostedConnection,
  settingsOf,
  TimerKind,
} from "./connection-host.ts";
import { Time } from "./connection-times.ts";

const PAYLOAD = Buffer.from("onrush");
/** Of a step's ping: its pong is told by its length. */
const STEP_PING = Buffer.from("onrush step");

type Pinged = Pick<HostedConnection, "slot" | "index" | "role" | "shift" | "touch">;

/** The first ping comes after a random part of the interval, so connections do not ping together. */
export function startHeartbeat(connection: Pinged, host: ConnectionHost): void {
  const { heartbeat } = settingsOf(connection, host);
  if (!heartbeat) return;
  host.times.set(connection.slot, Time.pingSent, 0);
  const firstUs = host.lastNowUs + heartbeat.pingUs * host.firstPing(connection.index);
  host.schedule(connection.slot, TimerKind.ping, firstUs);
}

/** The ping timer fired. @returns false when the last ping was not answered in time */
export function pingOrGiveUp(
  connection: Pinged,
  host: ConnectionHost,
  socket: DriverSocket,
): boolean {
  const { slot } = connection;
  const { heartbeat } = settingsOf(connection, host);
  if (!heartbeat) return true;
  if (host.times.get(slot, Time.pingSent) !== 0) return false;
  const nowUs = host.lastNowUs;
  if (isSilent(connection)) {
    host.schedule(slot, TimerKind.ping, nowUs + heartbeat.pingUs);
    return true;
  }
  socket.ping(PAYLOAD);
  host.recorder.count(host.phaseAt(nowUs) + connection.shift, COUNT.pings, 1);
  host.correlator.activity.pinged(slot, nowUs);
  host.times.set(slot, Time.pingSent, nowUs);
  host.schedule(slot, TimerKind.ping, nowUs + heartbeat.timeoutUs);
  return true;
}

/** A step of a flow has one sent, whose pong it waits for. */
export function pingForStep({ slot, socket }: HostedConnection, host: ConnectionHost): void {
  if (socket === null) return;
  socket.ping(STEP_PING);
  host.correlator.activity.pinged(slot, host.nowUs());
}

/** A pong of so many bytes came; one that answers nothing only ends the connection's idleness. */
export function ponged(connection: HostedConnection, host: ConnectionHost, bytes: number): void {
  const { slot } = connection;
  const { correlator } = host;
  const nowUs = host.nowUs();
  correlator.activity.ponged(slot, nowUs);
  if (bytes === STEP_PING.length) {
    correlator.incoming.nowUs = nowUs;
    correlator.observers.ponged(connection);
    return;
  }
  if (bytes >= FENCE_BYTES) {
    host.faults?.ponged(connection, bytes);
    return;
  }
  const { heartbeat } = settingsOf(connection, host);
  const sentUs = host.times.get(slot, Time.pingSent);
  if (sentUs === 0 || !heartbeat) return;
  const phase = host.phaseAt(nowUs) + connection.shift;
  host.recorder.count(phase, COUNT.pongs, 1);
  host.recorder.value(METRIC.ping, phase, nowUs - sentUs);
  host.times.set(slot, Time.pingSent, 0);
  host.schedule(slot, TimerKind.ping, Math.max(nowUs, sentUs + heartbeat.pingUs));
}
