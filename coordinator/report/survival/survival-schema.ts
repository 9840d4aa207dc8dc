/**
 * What summary.json says of how long connections lasted. Part of summary-schema.ts. Invariant: an interval is of 95 %, and null where the ends
 * came in too few moments to have one.
 */
import { z } from "zod";
import { count, ms, share } from "../summary-measures.ts";

const amount = z.number().min(0);
const interval = z.object({ low: amount, high: amount }).nullable();

export const survivalSchema = z.object({
  /** Connections whose lifetime is known: all but those lost with a worker. */
  connections: count,
  /** That the target ended, unplanned; exact. */
  ended: count,
  /** Of those, the ones whose age is known: the others are represented by them. */
  known: count,
  /** Ten-second stretches of run time that the ends are worth. */
  moments: amount,
  /** Age by which half had ended; null: more than half were left at the longest age. */
  medianMs: ms.nullable(),
  /** Share that is left at an age, the planned ends counted until then; at most 24 ages, rising. */
  left: z.array(z.object({ ageMs: ms, share, interval })),
  /** By age. */
  hazard: z.array(
    z.object({
      fromMs: ms,
      toMs: ms,
      /** Ends; estimated where not all ages are known. */
      ended: amount,
      /** Time that connections of this age were open. */
      openSeconds: amount,
      /** Ends in an hour of one connection. */
      perHour: amount,
      interval,
    }),
  ),
  /** Of a run with several targets: ends, how many there would be if they ended as all others do at the same age, and the probability of as large a difference by chance. */
  targets: z.array(z.object({ target: z.string(), ended: amount, expected: amount, p: share })),
});

export type SummarySurvival = z.infer<typeof survivalSchema>;
