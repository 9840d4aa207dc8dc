/** What is recorded of an attempt to connect, at its beginning and when it has come to its end. Called by the connection. */
import { type Counted, METRIC } from "../record/recorder.ts";
import { type ConnectionHost, endStage } from "./connection-host.ts";
import { Time } from "./connection-times.ts";

interface Attempting extends Counted {
  readonly slot: number;
  readonly retries: number;
}

/** @returns now */
export function beginAttempt(
  connection: Attempting,
  host: ConnectionHost,
  intendedUs: number,
): number {
  const nowUs = host.nowUs();
  host.times.begin(connection.slot, intendedUs, nowUs);
  host.recorder.value(METRIC.openLag, connection.phase, nowUs - intendedUs);
  host.recorder.attempted(connection, connection.retries > 0);
  return nowUs;
}

/** The connection is open. @returns now */
export function establish(connection: Attempting, host: ConnectionHost): number {
  const nowUs = endStage(connection, host, METRIC.upgrade);
  const tookUs = nowUs - host.times.get(connection.slot, Time.attempt);
  host.recorder.value(METRIC.connect, connection.phase, tookUs);
  host.recorder.established(connection, nowUs);
  host.times.set(connection.slot, Time.established, nowUs);
  return nowUs;
}
