/**
 * The closed taxonomy of what may go wrong at, or on the way to, a target, and of why connections end. Names are
 * stable: they are keys of summary.json. The free part of a failure (status, close code, errno) is its signature, which
 * is bounded and escaped wherever it is shown.
 * A new kind is one line of FAILURES: frames, reports, metrics and docs/troubleshooting.md follow from the table.
 */

/** Whose doing a failure is; `injected`: a fault that the scenario asked for. */
export type FailureCause = "target" | "generator" | "scenario" | "injected";

/** Where in a connection's life a failure belongs, as reports group them. */
export type Stage =
  | "dns"
  | "tcp"
  | "tls"
  | "upgrade"
  | "protocol"
  | "close"
  | "timeout"
  | "integrity"
  | "generator";

interface FailureEntry {
  readonly kind: string;
  /** connect: why an attempt failed, exactly one per failed attempt; open: what went wrong on an established connection. */
  readonly during: "connect" | "open";
  readonly stage: Stage;
  readonly cause: FailureCause;
  /** Whether one of them makes a run invalid: our side could not do what the plan asked for. */
  readonly invalidates?: boolean;
  /** What it means, and where to look: the row of docs/troubleshooting.md. */
  readonly doc: string;
}

// biome-ignore format: a kind is one line.
const FAILURES = [
  { kind: "dns", during: "connect", stage: "dns", cause: "target", doc: "the name does not resolve on the worker's machine" },
  { kind: "tcp-refused", during: "connect", stage: "tcp", cause: "target", doc: "nothing listens there, or its accept queue is full (`net.core.somaxconn`)" },
  { kind: "tcp-timeout", during: "connect", stage: "tcp", cause: "target", doc: "no answer to the SYN: a firewall, a full accept queue, a dead route" },
  { kind: "tcp-reset", during: "connect", stage: "tcp", cause: "target", doc: "reset while connecting: a proxy without a backend, a limit of connections" },
  { kind: "tcp-unreachable", during: "connect", stage: "tcp", cause: "target", doc: "no route" },
  { kind: "tls-certificate", during: "connect", stage: "tls", cause: "target", doc: "not signed by `connect.tls.ca`, expired, or for another name (`servername`)" },
  { kind: "tls-handshake", during: "connect", stage: "tls", cause: "target", doc: "no common version or cipher, or no TLS there at all (`ws://` instead of `wss://`?)" },
  { kind: "tls-timeout", during: "connect", stage: "tls", cause: "target", doc: "the handshake took longer than `connect.timeout`" },
  { kind: "upgrade-status", during: "connect", stage: "upgrade", cause: "target", doc: "an HTTP status other than 101: 401 and 403 want a login, 404 another path, 429 and 503 fewer connections" },
  { kind: "upgrade-invalid", during: "connect", stage: "upgrade", cause: "target", doc: "a 101 that no client may accept; the signature names the header" },
  { kind: "upgrade-timeout", during: "connect", stage: "upgrade", cause: "target", doc: "no answer to the upgrade within `connect.timeout`" },
  { kind: "upgrade-reset", during: "connect", stage: "upgrade", cause: "target", doc: "the connection ended before the answer" },
  { kind: "generator-ports", during: "connect", stage: "generator", cause: "generator", invalidates: true, doc: "no local port left: [tuning.md](tuning.md#ports)" },
  { kind: "generator-fds", during: "connect", stage: "generator", cause: "generator", invalidates: true, doc: "the open-file limit: [tuning.md](tuning.md#open-files)" },
  { kind: "generator-memory", during: "connect", stage: "generator", cause: "generator", invalidates: true, doc: "no memory left" },
  { kind: "generator-stopped", during: "connect", stage: "generator", cause: "generator", doc: "the run ended, or a worker stopped, while it was connecting" },
  { kind: "protocol", during: "open", stage: "protocol", cause: "target", doc: "the service broke RFC 6455: the signature says how" },
  { kind: "close-code", during: "open", stage: "close", cause: "target", doc: "the service closed, with this code: 1001 it goes away, 1008 policy, 1011 its error, 1012 and 1013 later" },
  { kind: "abnormal-close", during: "open", stage: "close", cause: "target", doc: "the connection ended without a Close frame: `end` (FIN) or a reset; often a proxy's idle timeout" },
  { kind: "heartbeat-timeout", during: "open", stage: "timeout", cause: "target", doc: "no pong within `heartbeat.timeout`" },
  { kind: "close-timeout", during: "open", stage: "close", cause: "target", doc: "our Close frame was not answered" },
  { kind: "reply-timeout", during: "open", stage: "timeout", cause: "target", doc: "no reply within `within`" },
  { kind: "late", during: "open", stage: "timeout", cause: "target", doc: "of runs of older versions: a reply after its deadline" },
  { kind: "lost", during: "open", stage: "integrity", cause: "target", doc: "numbered messages never came (`integrity.order`); one failure for each run of numbers" },
  { kind: "duplicated", during: "open", stage: "integrity", cause: "target", doc: "a reply or a numbered message came twice" },
  { kind: "reordered", during: "open", stage: "integrity", cause: "target", doc: "replies came in another order than their messages, or numbered messages after later ones" },
  { kind: "corrupt", during: "open", stage: "integrity", cause: "target", doc: "a reply is not the bytes that were sent" },
  { kind: "leaked", during: "open", stage: "integrity", cause: "target", doc: "a message of one user came to another; the signature says whose and to whom" },
  { kind: "scenario-value", during: "connect", stage: "generator", cause: "scenario", invalidates: true, doc: "a header, path or subprotocol, made from data, that no request can carry" },
  { kind: "message-limit", during: "open", stage: "generator", cause: "scenario", doc: "a message larger than `connect.maxMessage`" },
  { kind: "memory-limit", during: "open", stage: "generator", cause: "generator", invalidates: true, doc: "unfinished messages took more memory than an engine gives them" },
  { kind: "unanswered", during: "open", stage: "timeout", cause: "target", doc: "the connection ended before the reply or its deadline" },
  { kind: "scenario-cost", during: "open", stage: "generator", cause: "scenario", doc: "an expression of the scenario took more than its budget" },
  { kind: "message-unread", during: "open", stage: "generator", cause: "generator", doc: "a message was too large or too deep for `where` to be read within the time there is" },
  { kind: "rejected", during: "open", stage: "protocol", cause: "target", doc: "a reply said that the request failed (`reply.fail`)" },
  { kind: "application-error", during: "open", stage: "protocol", cause: "target", doc: "a message said that something failed (`incoming.fail`)" },
  { kind: "capture", during: "open", stage: "protocol", cause: "target", doc: "a reply, or what a step waited for, lacked a value that was to be captured, or it was longer than 4,096 characters" },
  { kind: "step-timeout", during: "open", stage: "timeout", cause: "target", doc: "what a step of a flow waited for did not come in time" },
  { kind: "step-unexpected", during: "open", stage: "protocol", cause: "target", doc: "a message came that a step said must not come (`expectNot`), or the connection ended while a step waited" },
  { kind: "sequence", during: "open", stage: "integrity", cause: "target", doc: "events of a sequence were missing, out of order, repeated or late" },
  { kind: "before-failed", during: "connect", stage: "upgrade", cause: "target", doc: "an HTTP step ahead of the connection (`flow.before`) failed; the signature names it" },
  { kind: "hook-before", during: "connect", stage: "generator", cause: "scenario", doc: "`before` of the scenario's `hooks`, ahead of the connection, threw or took too long; the signature says how" },
  { kind: "hook-failed", during: "open", stage: "generator", cause: "scenario", doc: "a function of the scenario's `hooks` threw, or returned what it must not; the signature says which and how" },
  { kind: "hook-slow", during: "open", stage: "generator", cause: "scenario", doc: "a call of the scenario's `hooks` took longer than `hooks.timeout`, or was not made because too many waited" },
  { kind: "unknown-connect", during: "connect", stage: "generator", cause: "generator", invalidates: true, doc: "of a worker of another version: a kind of failed attempt that this version does not know; the signature names it" },
  { kind: "unknown-open", during: "open", stage: "generator", cause: "generator", invalidates: true, doc: "as `unknown-connect`, of a connection that was open" },
  { kind: "injected", during: "open", stage: "close", cause: "injected", doc: "a fault of the scenario ended the connection; the signature names it" },
  { kind: "injected-connect", during: "connect", stage: "upgrade", cause: "injected", doc: "a fault of the scenario kept an attempt from succeeding; the signature names it" },
] as const satisfies readonly FailureEntry[];

type Failure = (typeof FAILURES)[number];
export type FailureKind = Failure["kind"];
export type ConnectFailure = Extract<Failure, { during: "connect" }>["kind"];
export type SessionFailure = Extract<Failure, { during: "open" }>["kind"];

/** All kinds; frames carry positions in this list. */
export const FAILURE_KINDS: readonly FailureKind[] = FAILURES.map(({ kind }) => kind);
/** Why an attempt to connect failed; exactly one per failed attempt. */
export const CONNECT_FAILURES: readonly ConnectFailure[] = FAILURES.flatMap((failure) =>
  failure.during === "connect" ? [failure.kind] : [],
);

const BY_KIND: ReadonlyMap<string, FailureEntry> = new Map(
  FAILURES.map((failure) => [failure.kind, failure]),
);

export function describeFailure(kind: FailureKind): FailureEntry {
  return BY_KIND.get(kind) as FailureEntry;
}

export function failureCause(kind: FailureKind): FailureCause {
  return describeFailure(kind).cause;
}

export function stageOf(kind: FailureKind): Stage {
  return describeFailure(kind).stage;
}

interface CloseEntry {
  readonly cause: string;
  /** Neither the plan nor we had begun to end it. */
  readonly drop: boolean;
  readonly doc: string;
}

/** Why an established connection ended; exactly one per closed connection. */
// biome-ignore format: a cause is one line.
const CLOSES = [
  { cause: "plan", drop: false, doc: "the plan said so, and the closing handshake was complete" },
  { cause: "stop", drop: false, doc: "the run was ended before its plan" },
  { cause: "peer", drop: true, doc: "the target sent a Close frame first" },
  { cause: "abnormal", drop: true, doc: "the transport ended without a Close frame" },
  { cause: "protocol", drop: true, doc: "the target broke the protocol" },
  { cause: "heartbeat", drop: true, doc: "no pong came in time" },
  { cause: "close-timeout", drop: false, doc: "our Close frame was not answered in time" },
  { cause: "fenced", drop: false, doc: "the worker lost its lease" },
  { cause: "migrated", drop: false, doc: "its load moved to another worker" },
  { cause: "limit", drop: false, doc: "a limit of ours: a message over maxMessage, or memory" },
  { cause: "flow", drop: false, doc: "a `close` step of its flow ended it" },
  { cause: "step-failed", drop: true, doc: "a step of its flow failed, and its policy is to close" },
  { cause: "unknown", drop: true, doc: "a cause that only the worker's version of Onrush knows" },
  { cause: "injected", drop: false, doc: "a fault of the scenario ended it" },
] as const satisfies readonly CloseEntry[];

export type CloseCause = (typeof CLOSES)[number]["cause"];

/** All causes; frames carry positions in this list. */
export const CLOSE_CAUSES: readonly CloseCause[] = CLOSES.map(({ cause }) => cause);
/** Of connections that neither the plan nor we had begun to end. */
export const DROP_CAUSES: ReadonlySet<CloseCause> = new Set(
  CLOSES.flatMap(({ cause, drop }) => (drop ? [cause] : [])),
);
/** What each cause means, for reports. */
export const CLOSE_MEANINGS: Readonly<Record<string, string>> = Object.fromEntries(
  CLOSES.map(({ cause, doc }) => [cause, doc]),
);
