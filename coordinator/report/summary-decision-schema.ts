/**
 * What summary.json says of the decision a run is for, and of what to add next. Part of summary-schema.ts. Invariant: the words are those
 * of analysis/decision/decision.ts and analysis/search/bottleneck.ts.
 */
import { z } from "zod";
import { DECISIONS } from "../analysis/decision/decision.ts";
import { RESOURCES } from "../analysis/search/bottleneck.ts";
import { count, share } from "./summary-measures.ts";

export const decisionSchema = z.object({
  word: z.enum(DECISIONS),
  /** One sentence. */
  reason: z.string(),
  /** Of a run that passed; null where no threshold can be judged again. */
  chance: z
    .object({
      /** Of runs drawn from blocks of this one, those in which every threshold held; null: too few blocks. */
      share: share.nullable(),
      blocks: count,
      blockSeconds: count,
      resamples: count,
      /** Thresholds that were judged again, and those taken as they came out. */
      rules: count,
      rulesTakenAsTheyAre: count,
    })
    .nullable(),
  /** The threshold that would turn it around; null: there is none. */
  flip: z
    .object({
      metric: z.string(),
      rule: z.string(),
      /** In the unit of the rule (ms for times, 0..1 for shares). */
      observed: z.number(),
      limit: z.number(),
      holds: z.boolean(),
      /** By which share of itself the observed value reaches the limit; of a share that has to be large, what is missing to 1. */
      by: z.number().nullable(),
    })
    .nullable(),
  /** What the run did not try. */
  risks: z.array(z.object({ id: z.string(), sentence: z.string() })),
});

/** Of a search for the limit. */
export const bottleneckSchema = z.object({
  resource: z.enum(RESOURCES),
  evidence: z.array(z.string()),
  /** What to add, or the run that would tell. */
  next: z.string(),
});

export type SummaryDecision = z.infer<typeof decisionSchema>;
