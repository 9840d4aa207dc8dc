/**
 * What summary.json says of pushed messages. Part of summary-schema.ts. Invariant: members = reached + left + missed; a time
 * that rests on clocks that are not close enough is null, with the reason in `withheld`.
 */
import { z } from "zod";
import { count, countOrNull, ms, quantiles, share } from "./summary-measures.ts";

const receivers = {
  /** Messages that were told apart by their key. */
  messages: count,
  /** Receivers they should have had: connections that belonged to the scope when a message was sent. */
  members: count,
  reached: count,
  /** Closed before it came. */
  left: count,
  /** Stayed, and did not get it. */
  missed: count,
  /** reached / (reached + missed); null when there was nobody to reach. */
  share: share.nullable(),
  /** From sending to the first, the median and the last receiver of each message. */
  firstMs: quantiles,
  medianMs: quantiles,
  lastMs: quantiles,
  /** From the first receiver to the last, whatever the clock of the sender says. */
  spreadMs: quantiles,
};

const reachSchema = z.object({
  ...receivers,
  /** Receivers that did not belong to the scope when it was sent, and copies beyond a connection's first. */
  others: count,
  repeated: count,
  /** Copies that came when the receivers of their message had been counted. */
  late: count,
  /** One message of so many was counted; 1: all. */
  oneIn: count,
  /** By the size of the scope, in powers of ten. */
  bySize: z.array(z.object({ from: count, to: count, ...receivers })),
  /** The first messages that some did not get, with a few of those connections. */
  unreached: z.array(
    z.object({ scope: z.string(), sentAtMs: ms, missed: count, connections: z.array(count) }),
  ),
});

export const pushSchema = z.object({
  received: count,
  latencyMs: quantiles,
  /** How far the clocks may be apart that latencyMs rests on; null: not known, or the messages do not say when they were sent. */
  clockErrorMs: z.number().nullable(),
  /** Why latencyMs is null although messages say when they were sent. */
  withheld: z.string().nullable(),
  scopes: z.object({
    count: count,
    /** Those in which the most came; members: the most that belonged to it, null: not known. */
    top: z.array(z.object({ scope: z.string(), received: count, members: countOrNull })),
  }),
  /** null: the listen has no key, so the receivers of one message cannot be told. */
  reach: reachSchema.nullable(),
});
