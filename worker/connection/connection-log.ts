/**
 * Tells the failure log what went wrong on a connection, with the sample a person will want to look at. Called
 * by the connection, never on the way of a message that goes well.
 */
import type { FailureKind } from "../../shared/stats/failure-kind.ts";
import type { ConnectionHost } from "./connection-host.ts";
import { Time } from "./connection-times.ts";

/** Sockets of one session are numbered below this; see Connection.incarnation. */
export const MAX_ATTEMPTS = 65_536;

/** What a connection says of a failure; texts may be the target's own. */
export interface SeenFailure {
  readonly kind: FailureKind;
  readonly nowUs: number;
  readonly signature?: string;
  readonly detail?: string;
  /** Default: 1. */
  readonly count?: number;
}

export function logFailure(
  host: ConnectionHost,
  connection: {
    readonly slot: number;
    readonly index: number;
    readonly target: number;
    readonly attempt: number;
  },
  failure: SeenFailure & {
    readonly phase: number;
    /** It never was established. */
    readonly connecting: boolean;
  },
): void {
  const { kind, phase, nowUs, connecting } = failure;
  const { signature = "", detail = "", count = 1 } = failure;
  const establishedUs = host.times.get(connection.slot, Time.established);
  const sample = {
    connection: connection.index,
    attempt: connection.attempt,
    atUs: Math.max(0, Math.round(nowUs)),
    ageUs: connecting ? 0 : Math.max(0, Math.round(nowUs - establishedUs)),
    detail,
  };
  const { target } = connection;
  host.recorder.failures.add({ kind, signature, phase, target, sample }, count);
}
