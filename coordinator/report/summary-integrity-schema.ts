/** The schema of summary.json's `integrity`. Used by summary-schema.ts; made by integrity-section.ts. Invariant: null is what was not audited. */
import { z } from "zod";
import { count, ms, share } from "./summary-measures.ts";

const orderSchema = z.object({
  /** Numbered messages that were judged, and those there was no room for. */
  audited: count,
  unaudited: count,
  /** Of messages.lost and duplicated: those told by numbers. */
  missing: count,
  repeated: count,
  /** Numberings that began anew. */
  restarted: count,
  /** Over reconnects: numbers used while a connection was away that never came, and messages that came a second time. */
  missedAway: count,
  replayed: count,
});

const boundSchema = share.nullable();

const breachSchema = z.object({
  /** Who got a message of whom, and the scope. */
  what: z.string(),
  count,
  firstSeen: ms,
  samples: z.array(z.object({ connection: count, atMs: ms, message: z.string() })),
});

const isolationSchema = z.object({
  /** Messages that say whose they are; null without integrity.isolation.owner. */
  owner: z.object({ judged: count, upperBound: boundSchema }).nullable(),
  /** Messages searched for marks of other users; null without integrity.isolation.canary. */
  canary: z
    .object({
      searched: count,
      /** Connections, each time they were open, that got their own mark back: the proof that it would be seen. */
      heardOwn: count,
      upperBound: boundSchema,
    })
    .nullable(),
  leaked: count,
  breaches: z.array(breachSchema),
});

export const integritySchema = z.object({
  /** Echoes carried stamps. */
  stamp: z.boolean(),
  order: orderSchema.nullable(),
  isolation: isolationSchema.nullable(),
});

export type SummaryIntegrity = z.infer<typeof integritySchema>;
