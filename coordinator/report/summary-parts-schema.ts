/**
 * What summary.json says of the parts of a run that have figures of their own: messages by name, roles, hooks. Part of
 * summary-schema.ts. Invariant: a count that was not taken is null.
 */
import { z } from "zod";
import { count, countOrNull, quantiles, share } from "./summary-measures.ts";

export const messageNameSchema = z.object({
  sent: count,
  /** Of them, those that want a reply; null: recorded by a version that did not count it by name. */
  expected: countOrNull,
  /** null: the message expects no reply. */
  matched: countOrNull,
  /** null: no reply to it can say that it failed (`reply.fail`). */
  rejected: countOrNull,
  timedOut: countOrNull,
  unanswered: countOrNull,
  corruptReplies: countOrNull,
  late: countOrNull,
  /** Of a step of a flow alone: how often it began; completed, failed and abandoned share them out. */
  started: count.optional(),
  completed: count.optional(),
  failed: count.optional(),
  /** The plan, or we, ended the connection before the step was over. */
  abandoned: count.optional(),
  /** Of a step that sends nothing alone: messages that it waited for. */
  arrived: count.optional(),
  latencyMs: quantiles,
});

/** A kind of users. */
export const roleSchema = z.object({
  /** Of all connections, 0 to 1, as the scenario says. */
  share,
  connections: z.object({
    /** Connections of the plan that have the role. */
    indices: count,
    attempted: count,
    established: count,
    failed: count,
    closed: count,
    dropped: count,
    reconnects: count,
  }),
  messages: z.object({
    planned: count,
    skipped: count,
    received: count,
    ...messageNameSchema.shape,
  }),
});

const hookSchema = z.object({
  /** Those that ended; calls = completed + failed. */
  calls: count,
  completed: count,
  /** It threw, took too long, or was not called because too many waited. */
  failed: count,
  /** In the hooks' thread, from the call to its end; of the phases that count. */
  tookMs: quantiles,
});

export const hooksSchema = z.object({
  file: z.string(),
  byFunction: z.record(z.string(), hookSchema),
  /** Messages that were not made when they were due; part of messages.skippedBy.behind. */
  messagesSkipped: count,
});
