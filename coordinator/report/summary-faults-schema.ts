/**
 * What summary.json says of the faults of a run, one entry for each time one acted. Part of summary-schema.ts. Invariant: what was not
 * measured is null; times of recovery count from the beginning of what ends connections, and from the end of what acts on open ones.
 */
import { z } from "zod";
import { count, countOrNull, ms, share } from "./summary-measures.ts";

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
  }),
  /** What the scenario asks for (`recovered`); null: nothing. */
  wanted: z.object({ withinMs: ms, share, observed: share.nullable() }).nullable(),
});
