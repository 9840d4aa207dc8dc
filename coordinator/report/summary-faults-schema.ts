/**
 * What summary.json says of the faults of a run, one entry for each time one acted. Part of summary-schema.ts. Invariant: what was not
 * measured is null; times of recovery count from the beginning of what ends connections, and from the end of what acts on open ones.
 */
import { z } from "zod";
import { ALL_OUTCOMES } from "../../shared/scenario/sections/faults/outcome.ts";
import { count, countOrNull, ms, share } from "./summary-measures.ts";

/** With its interval of 95 %; null: too few seconds for one. */
const quantileSchema = z.object({ ms, low: ms.nullable(), high: ms.nullable() });
const stretchSchema = z
  .object({ replies: count, p50: quantileSchema, p99: quantileSchema })
  .nullable();

export const faultSchema = z.object({
  id: z.string(),
  kind: z.string(),
  /** Milliseconds of run time, as planned. */
  from: ms,
  to: ms,
  /** By plan; null: not known, because a worker is named or the run ended before. */
  planned: countOrNull,
  /** Connections that it hit: affected = restored + gaveUp + closed + those that nobody has told of. */
  affected: count,
  /** Open when it began, and not hit. */
  unaffected: countOrNull,
  /** Open again. */
  restored: count,
  /** Out of attempts to connect. */
  gaveUp: count,
  /** Closed, by the plan or by us, before they were open again. */
  closed: count,
  /** Connections that the target, or their heartbeat, ended while it acted on them. */
  noticed: count,
  /** Median of the times from its beginning until then. */
  detectMs: ms.nullable(),
  /** Times by which so many of all those it hit were open again; null: that many never were. */
  recovered: z.object({ to50Ms: ms.nullable(), to95Ms: ms.nullable(), to99Ms: ms.nullable() }),
  /** Attempts to connect of those it hit, until they were open again. */
  attempts: count,
  /** Handshakes of all connections that ended, well or not, in the busiest second until the last was open again. */
  peakHandshakes: count,
  messages: z.object({
    /** Fell due while their connection was away. */
    notSent: count,
    /** Had no reply yet when it cut their connection. */
    cutOff: count,
    /** Sent beside those that are planned; they are in no other figure. Left out where it sent none. */
    extra: count.optional(),
  }),
  /** Of connections that faults did not touch: up to 10 s before it, until all were back, up to 10 s after; null: no reply came. */
  latency: z.object({ before: stretchSchema, during: stretchSchema, after: stretchSchema }),
  /** Replies in time a second, of all connections, at the load before it. */
  goodput: z.object({
    before: z.number().nullable(),
    after: z.number().nullable(),
    /**
     * Whether it is 95 % of that before it again, and its p99 1.2 times that before at most; no: not in 30 s, or three times as long as
     * it lasted, in which no more was offered than before.
     */
    back: z.enum(["yes", "no", "unknown"]),
    /** From its end. */
    backMs: ms.nullable(),
    /** While it lasted: replies in time for what was offered, of those before; left out where it lasted no whole second, or none were. */
    during: z.object({ share: z.number(), byName: z.record(z.string(), z.number()) }).optional(),
    /** It was not back, and was afterwards, at this share of the load before. */
    returned: z.object({ afterMs: ms, load: z.number() }).optional(),
  }),
  /**
   * What the target did to those it hit, of kinds that ask something of it; connections by outcome, those of none left out. A connection
   * that came back while the fault went on counts again. Of kinds that make or alter handshakes: handshakes by outcome.
   */
  outcomes: z.partialRecord(z.enum(ALL_OUTCOMES), count).optional(),
  /** How soon, from the beginning of each handshake. Left out where none was timed. */
  outcomeMs: z
    .partialRecord(z.enum(ALL_OUTCOMES), z.object({ p50: ms, p99: ms, max: ms }))
    .optional(),
  /** What the scenario asks for (`recovered`); null: nothing. */
  wanted: z.object({ withinMs: ms, share, observed: share.nullable() }).nullable(),
});

/** A fault outside of the load, one entry for each time it was to be done and its time has come. */
export const outsideSchema = z.object({
  id: z.string(),
  kind: z.string(),
  /** Milliseconds of run time, as planned. */
  at: ms,
  /** When it began; null: it never did. */
  began: ms.nullable(),
  tookMs: ms.nullable(),
  /** What was asked for was done; null: nobody has said. */
  ok: z.boolean().nullable(),
  /** One line, in part the words of whoever was asked; null: nobody has said. */
  outcome: z.string().nullable(),
});
