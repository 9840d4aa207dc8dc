/**
 * Tells the failure log what went wrong on a connection, with the sample a person will want to look at. Called
 * by the connection, never on the way of a message that goes well.
 * Invariant: a failure is in the phase of the counter that counts it. A failed attempt is in that of its intended open, the
 * end of a connection in the one in which it came, and messages as the correlator says.
 */
import type {
  ConnectFailure,
  FailureKind,
  SessionFailure,
} from "../../shared/stats/failure-kind.ts";
import type { Capturing } from "../message/captures.ts";
import type { FailedMessage } from "../message/conversation.ts";
import { NONE } from "../message/pending-table.ts";
import { Part } from "../record/failure-events.ts";
import type { ConnectionHost } from "./connection-host.ts";
import { State } from "./connection-state.ts";
import { Time } from "./connection-times.ts";
import { type Described, momentOf } from "./moment.ts";

/** Sockets of one session are numbered below this; see Connection.incarnation. */
export const MAX_ATTEMPTS = 65_536;

/** Of a longer text the failure log keeps the beginning only. */
const MAX_LOOKED_AT = 4000;

/** Whose failure it is. */
interface Failing extends Capturing, Described {
  readonly incarnation: number;
  readonly shift: number;
  /** Of the intended open. */
  readonly phase: number;
}

/** An attempt to connect failed. */
export function logAttempt(
  host: ConnectionHost,
  connection: Failing,
  failed: { readonly kind: ConnectFailure; readonly signature: string; readonly detail: string },
): void {
  log(host, connection, { ...failed, part: Part.connection, phase: connection.phase });
}

/** An established connection ended, and should not have, or not so. */
export function logEnd(
  host: ConnectionHost,
  connection: Failing,
  ended: { readonly kind: SessionFailure; readonly signature: string },
): void {
  const phase = host.phaseAt(host.lastNowUs) + connection.shift;
  log(host, connection, { ...ended, part: Part.connection, phase, detail: "" });
}

/** Something went wrong with a message. */
export function logMessage(host: ConnectionHost, connection: Failing, failed: FailedMessage): void {
  const { kind, name, label, detail, phase, sentUs } = failed;
  const signature = label || (name === NONE ? "" : host.messageName(name));
  log(host, connection, { part: Part.message, kind, signature, phase, sentUs, detail });
  host.correlator.activity.failed(connection.slot, kind, host.lastNowUs);
}

function log(
  host: ConnectionHost,
  connection: Failing,
  failed: {
    readonly part: Part;
    readonly kind: FailureKind;
    readonly signature: string;
    readonly phase: number;
    readonly detail: string;
    /** What came since then may tell more. */
    readonly sentUs?: number;
  },
): void {
  const { failures } = host.recorder;
  const { part, kind, phase, detail, sentUs = Number.POSITIVE_INFINITY } = failed;
  // The failure log knows the newest secrets of all; its own are hidden whatever their number.
  const mask = host.correlator.captures.maskOf(connection);
  const signature = mask === null ? failed.signature : mask(failed.signature);
  const failure = { kind, signature, phase, target: connection.target };
  keepEvent(host, connection, { part, kind, signature, phase });
  if (failures.more(failure)) return;
  const nowUs = host.lastNowUs;
  const establishedUs = host.times.get(connection.slot, Time.established);
  const connecting = connection.state === State.connecting;
  const told = detail || host.correlator.unmatched.describe(connection, sentUs);
  failures.add(failure, {
    connection: connection.index,
    attempt: connection.attempt,
    atUs: Math.max(0, Math.round(nowUs)),
    ageUs: connecting ? 0 : Math.max(0, Math.round(nowUs - establishedUs)),
    detail: mask === null ? told : mask(told.slice(0, MAX_LOOKED_AT)),
  });
}

/** Keeps the failure as one of the sample, if it is to be. */
function keepEvent(
  host: ConnectionHost,
  connection: Failing,
  failed: {
    readonly part: Part;
    readonly kind: FailureKind;
    readonly signature: string;
    readonly phase: number;
  },
): void {
  const { events } = host.recorder;
  const { part, kind, signature, phase } = failed;
  const place = events.place(part);
  if (place < 0) return;
  events.put(part, place, { kind, signature, ...momentOf(connection, host, phase) });
}
