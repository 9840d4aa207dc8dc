/**
 * Tells the failure log what went wrong on a connection, with the sample a person will want to look at. Called
 * by the connection, never on the way of a message that goes well.
 */
import type { FailureKind } from "../../shared/stats/failure-kind.ts";
import type { ConnectionHost } from "./connection-host.ts";
import { Time } from "./connection-times.ts";

/** Sockets of one session are numbered below this; see Connection.incarnation. */
export const MAX_ATTEMPTS = 65_536;

export function logFailure(
  host: ConnectionHost,
  connection: {
    readonly slot: number;
    readonly index: number;
    readonly target: number;
    readonly attempt: number;
  },
  failure: {
    readonly kind: FailureKind;
    readonly signature: string;
    readonly phase: number;
    readonly nowUs: number;
    readonly count: number;
    /** It never was established. */
    readonly connecting: boolean;
  },
): void {
  const { kind, signature, phase, nowUs, count, connecting } = failure;
  const establishedUs = host.times.get(connection.slot, Time.established);
  const sample = {
    connection: connection.index,
    attempt: connection.attempt,
    atUs: Math.max(0, Math.round(nowUs)),
    ageUs: connecting ? 0 : Math.max(0, Math.round(nowUs - establishedUs)),
    detail: "",
  };
  const { target } = connection;
  host.recorder.failures.add({ kind, signature, phase, target, sample }, count);
}
