/**
 * What summary.json says of figures that grow towards a limit. Part of summary-schema.ts. Invariants: intervals are of 90 %; moments are
 * milliseconds of run time, beyond the end of the run as if its load had gone on.
 */
import { z } from "zod";
import { count, ms } from "../summary-measures.ts";

const moment = ms.nullable();
const interval = z.object({ estimate: z.number(), low: z.number(), high: z.number() }).nullable();

export const forecastSchema = z.object({
  /** As picked (observe.metrics); of the generator, what it is. */
  figure: z.string(),
  of: z.enum(["target", "generator"]),
  /** null: none is known. */
  limit: z.number().nullable(),
  /** reached: in the run. reaches: by the forecast. later: not within the horizon. grows: without a limit. none: no forecast is made. */
  outcome: z.enum(["reached", "reaches", "later", "grows", "none"]),
  /**
   * Of none. unsteady: too few readings at constant load. short: too few independent blocks. flat: no rise beyond chance. untested: the
   * forecasts of its first part did not come true in the rest.
   */
  why: z.enum(["unsteady", "short", "flat", "untested"]).nullable(),
  /** Stretch of constant load that was looked at; null: there is none. */
  from: moment,
  to: moment,
  readings: count,
  /** Independent stretches that they are worth. */
  blocks: count,
  /** First and last value of it. */
  first: z.number().nullable(),
  last: z.number().nullable(),
  /** When the limit is reached; null: not within the horizon, or there is none. */
  reach: moment,
  /** Between which moments (90 %); null: not within the horizon. */
  earliest: moment,
  latest: moment,
  /** A forecast ends here: three times the length of the stretch after its end. */
  horizon: moment,
  perHour: interval,
  /** Of memory: growth by the connection that is open for an hour, and by the message sent, each as if it alone were to blame. */
  perConnectionHour: interval,
  perMessage: interval,
  /** What the first part of the stretch foretold of the rest: blocks within the band of so many; error over that of "it stays as it was". */
  backTest: z
    .object({ covered: count, of: count, errorRatio: z.number().min(0).nullable() })
    .nullable(),
});

export type SummaryForecast = z.infer<typeof forecastSchema>;
