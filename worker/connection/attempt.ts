/** What is recorded of an attempt to connect, at its beginning and when it has come to its end. Called by the connection. */
import { type Counted, METRIC } from "../record/recorder.ts";
import { CLOSE_NORMAL } from "../socket/close-code.ts";
import type { EndCause } from "./close-cause.ts";
import { type ConnectionHost, endStage, type HostedConnection } from "./connection-host.ts";
import { Time } from "./connection-times.ts";
import { served, trying } from "./standing.ts";

type Attempting = Counted & HostedConnection & { readonly retries: number };

/** What an attempt has of its own. */
type Attempt = Attempting & {
  phase: number;
  endCause: EndCause;
  closeCode: number;
  seq: number;
  answered: number;
  incarnation: number;
  attempt: number;
};

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
  // What a fault spoils is counted apart.
  if (host.faults?.spoiling(connection)) connection.phase += connection.shift;
  const { phase, shift } = connection;
  const again = connection.retries > 0;
  host.correlator.activity.begin(connection.slot, nowUs, again);
  if (shift > 0 && phase >= shift) host.recorder.attempted(apart(connection), again);
  else host.recorder.attempted(connection, again);
  host.faults?.attempted(connection);
  trying(connection, host);
  return nowUs;
}

/** Its phase is that in which it is counted apart already. */
function apart({ phase, shard, target, role }: Attempt): Counted {
  return { phase, shard, target, role, shift: 0 };
}

/** A stage of the attempt is over. @returns the one that follows */
export function stageAfter(
  connection: Attempting,
  host: ConnectionHost,
  stage: "tcp" | "tls",
): "tls" | "upgrade" {
  const nowUs = endStage(connection, host, stage === "tcp" ? METRIC.tcp : METRIC.tls);
  host.times.set(connection.slot, Time.stage, nowUs);
  return stage === "tcp" && host.isSecure(connection.target) ? "tls" : "upgrade";
}

/** The connection is open. @returns now */
export function establish(connection: Attempting, host: ConnectionHost): number {
  const nowUs = endStage(connection, host, METRIC.upgrade);
  const tookUs = nowUs - host.times.get(connection.slot, Time.attempt);
  host.recorder.value(METRIC.connect, connection.phase, tookUs);
  host.recorder.established(connection, nowUs);
  host.times.set(connection.slot, Time.established, nowUs);
  host.correlator.activity.opened(connection.slot, nowUs);
  host.faults?.opened(connection);
  return nowUs;
}

/** It is open, its first steps done: it is as it should be. */
export function begun(connection: Attempting & { retries: number }, host: ConnectionHost): void {
  connection.retries = 0;
  host.faults?.restored(connection);
  served(connection, host);
  host.hooks?.mayStart(connection);
}
