/** What is recorded of an attempt to connect, at its beginning and when it has come to its end. Called by the connection. */
import { type Counted, METRIC } from "../record/recorder.ts";
import { CLOSE_NORMAL } from "../socket/close-code.ts";
import type { EndCause } from "./close-cause.ts";
import { type ConnectionHost, endStage } from "./connection-host.ts";
import { Time } from "./connection-times.ts";

interface Attempting extends Counted {
  readonly slot: number;
  readonly retries: number;
}

/** What an attempt has of its own. */
interface Attempt extends Attempting {
  endCause: EndCause;
  closeCode: number;
  seq: number;
  answered: number;
  incarnation: number;
  attempt: number;
}

/** @returns now */
export function beginAttempt(
  connection: Attempt,
  host: ConnectionHost,
  intendedUs: number,
): number {
  connection.endCause = "plan";
  connection.closeCode = CLOSE_NORMAL;
  connection.seq = 0;
  connection.answered = -1;
  connection.incarnation++;
  connection.attempt++;
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
