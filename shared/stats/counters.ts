/**
 * Counters: exact, additive numbers, by name. A frame carries plain arrays, in the order of the lists of the build that
 * made it (shared/wire/frame/counter-lists.ts).
 * Invariants: every counter only ever grows within a run, and merging is addition. These lists only ever gain entries, and
 * a name never gets another meaning.
 */

/**
 * Per phase. Connections belong to the phase of their intended open, messages sent to that of their intended send, and
 * what comes from the target (received and what it is a sum of, pongs) to the phase in which it came.
 */
export const PHASE_COUNTERS = [
  /** Attempts to connect, reconnects included. */
  "attempted",
  "established",
  "failed",
  "closed",
  /** Attempts that were not a connection's first (included in attempted). */
  "reconnects",
  /** Message slots that fell due while the plan held the connection open. */
  "planned",
  /** Given to a socket. */
  "sent",
  /** planned = sent + skipped. */
  "skippedNotOpen",
  /** Skipped because the generator was too far behind: its own fault. */
  "skippedBehind",
  /** Skipped because unanswered messages or unsent bytes reached their bound. */
  "skippedBackpressure",
  /** Messages sent that expect a reply. expected = matched + rejected + timedOut + corruptReplies + unanswered. */
  "expected",
  "matched",
  "timedOut",
  /** Replies that came back altered. */
  "corruptReplies",
  /** Connection gone before the reply or its deadline. */
  "unanswered",
  /** Messages received from the target, any kind. received + parts = matched + rejected + late + (duplicated - repeated) + corrupt + leaked + unsolicited + recognised. */
  "received",
  "late",
  "unsolicited",
  /** No reply came until the connection ended, the target having had its time or having ended it; and what is missing. */
  "lost",
  "duplicated",
  "reordered",
  "corrupt",
  "leaked",
  "bytesSent",
  "bytesReceived",
  "pings",
  "pongs",
  /** Established connections that ended otherwise than by the plan or by us; in the phase in which they ended. */
  "dropped",
  /** Of late: replies without an identity that a newer message was still waiting for, too. */
  "ambiguous",
  /** Of sent: they waited in our buffers when their connection ended, and never left. */
  "discarded",
  /** Messages inside received ones (incoming.split), beyond the first of each. */
  "parts",
  /** Neither replies nor unsolicited: a step of a flow waited for them, or listen, sequence or answers are about them. */
  "recognised",
  /** Replies that said their request had failed (reply.fail): settled, neither matched nor timed out. */
  "rejected",
  /** Received messages with a number of their sender, judged by it (integrity.order); and those there was no room for. */
  "audited",
  "unaudited",
  /** Of lost: numbers that were passed over and did not come in time. */
  "missing",
  /** Of duplicated: told by their numbers; as received they are counted as what else they are. */
  "repeated",
  /** Numberings that began anew. */
  "restarted",
  /** Numbers used while a connection was away that did not come after it was back. */
  "missedAway",
  /** Messages heard before a connection was lost, and again after it was back. */
  "replayed",
  /** Received messages that said whose they are (integrity.isolation.owner); those of others are leaked, too. */
  "owned",
  /** Received messages searched for marks of other users (integrity.isolation.canary). */
  "searched",
  /** Connections that got their own mark back. */
  "heardOwn",
  /** Of skippedBehind: the hooks had not made the message in time. */
  "skippedByHooks",
  /** Milliseconds of connections that were served, and of those that should have been and were not; of the phase in which they passed. */
  "upMs",
  "downMs",
] as const;
export type PhaseCounter = (typeof PHASE_COUNTERS)[number];

/** Per phase and name (shared/scenario/names.ts): a message of the mix, a step, what is listened for, a sequence or its event. */
export const NAME_COUNTERS = [
  "sent",
  "matched",
  "timedOut",
  "expected",
  "unanswered",
  "corruptReplies",
  "late",
  "discarded",
  "rejected",
  /** Of a step without a message of its own, of listen, of an event: messages that were one. */
  "arrived",
  /** Steps and sequences: begun, ended as they should, ended otherwise. started = completed + failed + abandoned. */
  "started",
  "completed",
  "failed",
  /** Of those begun: the plan, or we, ended their connection before they were over. */
  "abandoned",
  /** Why sequences failed: the failed ones are the sum of these seven. An event never came; no event of it ever came. */
  "missing",
  "neverStarted",
  /** An event came that it does not have; one came before another that had to come first; one came too often. */
  "unexpected",
  "outOfOrder",
  "repeated",
  /** An event came after `within` or `gap`. */
  "tooLate",
  /** The target ended the connection before the sequence was over. */
  "cut",
  /** Events of sequences that had been completed, and events whose key is none of a sequence of their connection. */
  "afterEnd",
  "orphan",
  /** Messages whose sequence was not followed, because too many were; not in started. */
  "unfollowed",
  /**
   * Of a fault: connections it hit are started; those that were open again, completed; those that were not when the plan
   * closed them, or the run ended, abandoned. Those that the target ended while it acted; attempts to connect until they
   * were open again; messages that fell due meanwhile, and those it left unanswered.
   */
  "noticed",
  /** Moved to another worker, which counts them as started. */
  "handedOn",
  "attempts",
  "notSent",
  "cutOff",
  /** Of a fault: messages that it sent beside what is planned, and those of them that never left. */
  "extra",
  "extraDiscarded",
] as const;
export type NameCounter = (typeof NAME_COUNTERS)[number];

/** Per phase and target, in runs of more than one target; the phases are those of PHASE_COUNTERS. */
export const TARGET_COUNTERS = [
  "attempted",
  "established",
  "failed",
  "dropped",
  "reconnects",
  "sent",
  "expected",
  "matched",
  "timedOut",
  "unanswered",
  "upMs",
  "downMs",
] as const;
export type TargetCounter = (typeof TARGET_COUNTERS)[number];

/**
 * Per phase and role, in runs of more than one role; the phases are those of PHASE_COUNTERS. What becomes of messages is
 * counted per name, and each name is of one role.
 */
export const ROLE_COUNTERS = [
  "attempted",
  "established",
  "failed",
  "closed",
  "dropped",
  "reconnects",
  "planned",
  "skippedNotOpen",
  "skippedBehind",
  "skippedBackpressure",
  "received",
] as const;

/** Per 100 ms tick, ten a second; `open` is a gauge at the tick's end, the others are counts. */
export const TICK_SERIES = ["open", "opened", "closed", "failed", "sent", "received"] as const;
export type TickSeries = (typeof TICK_SERIES)[number];

/** Per shard and frame: the connection ledger; `open` is a gauge at the frame's end. */
export const SHARD_FIELDS = ["attempted", "established", "failed", "closed", "open"] as const;
export type ShardField = (typeof SHARD_FIELDS)[number];

/** What is measured in histograms, microseconds each; the index is the id on the wire. */
export const METRICS = [
  /** done - intended, per phase and message name. */
  "latency",
  /** done - sent, per phase and message name. */
  "service",
  /** sent - intended, per phase. */
  "sendLag",
  /** established - start of the attempt, per phase; how late that was is openLag. */
  "connect",
  "dns",
  "tcp",
  "tls",
  "upgrade",
  /** Heartbeat ping to pong. */
  "ping",
  /** How late an engine's turn came. */
  "loopLag",
  /** Length of garbage collections. */
  "gcPause",
  /** start of an attempt - its intended time, per phase: the generator's own lateness, no part of connect. */
  "openLag",
  /** closed - established, per phase of the intended open. */
  "lifetime",
  /** From the moment a step of a flow began to wait until what it waited for had come, per phase and name. */
  "step",
  /** One way, from the time that a pushed message names to its arrival, per phase and name. */
  "push",
  /** From the event before, or the message that began the sequence, to an event, per phase and name. */
  "event",
  /** From the message that began a sequence to its last event, per phase and name. */
  "sequence",
  /** Of a call of the user's hooks, in their thread, per phase and function. */
  "hook",
  /** From the beginning of a fault until a connection it hit was open again, per fault. */
  "restore",
  /** From the beginning of a fault until the target ended a connection it acts on, per fault. */
  "notice",
] as const;
export type Metric = (typeof METRICS)[number];

/** Recorded per name; the others are not. */
export const NAMED_METRICS: ReadonlySet<Metric> = new Set([
  "latency",
  "service",
  "step",
  "push",
  "event",
  "sequence",
  "hook",
  "restore",
  "notice",
] as const);

/** Position of each counter in a wire array. */
export function indexOf<T extends string>(names: readonly T[]): Readonly<Record<T, number>> {
  return Object.fromEntries(names.map((name, index) => [name, index])) as Record<T, number>;
}
