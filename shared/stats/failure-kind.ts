/**
 * The closed taxonomy of what may go wrong at, or on the way to, a target. Names are stable: they are
 * keys of summary.json. A kind says the stage; the free part (status, close code, errno) is the
 * signature of a failure, which is bounded and escaped wherever it is shown.
 */

/** Why an attempt to connect failed; exactly one per failed attempt. */
export const CONNECT_FAILURES = [
  "dns",
  "tcp-refused",
  "tcp-timeout",
  "tcp-reset",
  "tcp-unreachable",
  "tls-certificate",
  "tls-handshake",
  "tls-timeout",
  "upgrade-status",
  "upgrade-invalid",
  "upgrade-timeout",
  "upgrade-reset",
  "generator-ports",
  "generator-fds",
  "generator-memory",
  "generator-stopped",
  /** A value of the scenario that no handshake can carry: a header, a subprotocol, a URL. */
  "scenario-value",
] as const;

/** What may go wrong on an established connection. */
export const SESSION_FAILURES = [
  "protocol",
  "close-code",
  "abnormal-close",
  "heartbeat-timeout",
  "close-timeout",
  "reply-timeout",
  /** Booked by older versions beside the reply-timeout of the same message. */
  "late",
  /** Booked by older versions when a connection ended, beside the reply-timeout of the same message. */
  "lost",
  "duplicated",
  "reordered",
  "corrupt",
  "leaked",
  /** The target sent a message larger than the scenario's maxMessage lets us take. */
  "message-limit",
  /** Messages that were not complete took more memory than an engine gives them. */
  "memory-limit",
  /** The connection ended before a reply, or its deadline. */
  "unanswered",
  /** A `where` of the scenario took too many steps over a message, which therefore answered nothing. */
  "scenario-cost",
  /** JSON that is too large or too deep for a `where` to look at. */
  "message-unread",
] as const;

export type ConnectFailure = (typeof CONNECT_FAILURES)[number];
export type SessionFailure = (typeof SESSION_FAILURES)[number];
export type FailureKind = ConnectFailure | SessionFailure;

/** All kinds in the order of their numbers in frames, which only ever gains entries at its end. */
export const FAILURE_KINDS = [
  "dns",
  "tcp-refused",
  "tcp-timeout",
  "tcp-reset",
  "tcp-unreachable",
  "tls-certificate",
  "tls-handshake",
  "tls-timeout",
  "upgrade-status",
  "upgrade-invalid",
  "upgrade-timeout",
  "upgrade-reset",
  "generator-ports",
  "generator-fds",
  "generator-memory",
  "generator-stopped",
  "protocol",
  "close-code",
  "abnormal-close",
  "heartbeat-timeout",
  "close-timeout",
  "reply-timeout",
  "late",
  "lost",
  "duplicated",
  "reordered",
  "corrupt",
  "leaked",
  "scenario-value",
  "message-limit",
  "memory-limit",
  "unanswered",
  "scenario-cost",
  "message-unread",
] as const satisfies readonly FailureKind[];

/** Failures that are the generator's own and must never be blamed on the target. */
export const GENERATOR_FAILURES: ReadonlySet<FailureKind> = new Set([
  "generator-ports",
  "generator-fds",
  "generator-memory",
  "generator-stopped",
  "memory-limit",
]);

/** Failures that come of the scenario: what it asks for cannot be sent, or is more than it allows to receive. */
const SCENARIO_FAILURES: ReadonlySet<FailureKind> = new Set(["scenario-value", "message-limit"]);

/** Whose doing a failure is; `injected`: a fault that the scenario asked for. */
export type FailureCause = "target" | "generator" | "scenario" | "injected";

export function failureCause(kind: FailureKind): FailureCause {
  if (GENERATOR_FAILURES.has(kind)) return "generator";
  return SCENARIO_FAILURES.has(kind) ? "scenario" : "target";
}

/** Why an established connection ended; exactly one per closed connection. */
export const CLOSE_CAUSES = [
  /** The plan said so; closing handshake complete. */
  "plan",
  /** The run was stopped or aborted by a person or a threshold. */
  "stop",
  /** The target sent a Close frame first. */
  "peer",
  /** The transport ended without a Close frame. */
  "abnormal",
  /** We failed the connection because the target violated the protocol. */
  "protocol",
  /** No pong in time. */
  "heartbeat",
  /** Our Close frame was not answered in time. */
  "close-timeout",
  /** The worker's lease ended. */
  "fenced",
  /** Its lane moved to another worker, which opens it again. */
  "migrated",
  /** We ended the connection for a limit of our own: a message over maxMessage, or memory. */
  "limit",
] as const;
export type CloseCause = (typeof CLOSE_CAUSES)[number];
