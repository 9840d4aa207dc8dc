/**
 * What summary.json says of what failed first. Part of summary-schema.ts. Invariant: in order of time.
 */
import { z } from "zod";
import { count, ms } from "../summary-measures.ts";

export const onsetSchema = z.object({
  /** 1 for the first; equal where the run cannot tell which came before. */
  place: count.min(1),
  what: z.enum(["failure", "reconnects", "not-served", "latency"]),
  /** Kind of failure, target, or message; null: of the run. */
  of: z.string().nullable(),
  phase: z.string().nullable(),
  /** Milliseconds of run time: when it left its band, to the second unless it had never failed so, and between which moments that lies (95 %). */
  at: ms,
  from: ms,
  to: ms,
  /** Events a second, of latency the median in milliseconds. */
  before: z.number(),
  after: z.number(),
  /** It comes again at this interval; null: at none. */
  periodSeconds: z.number().nullable(),
  /** A fault of the scenario that acted then. */
  fault: z.string().nullable(),
});

export type SummaryOnset = z.infer<typeof onsetSchema>;
