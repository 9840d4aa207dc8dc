/**
 * What summary.json says of the parts of a run that have figures of their own: messages by name, and roles. Part of
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
