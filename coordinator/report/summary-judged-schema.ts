/**
 * What summary.json says of everything that was judged: judgements, and of them the thresholds and findings in forms of their
 * own. Part of summary-schema.ts. Invariant: the words are those of analysis/judgement.ts.
 */
import { z } from "zod";
import { JUDGEMENT_KINDS, LOCI, OPERATORS, OUTCOMES, UNITS } from "../analysis/judgement.ts";

/** One question about the run, and its answer. */
export const judgementSchema = z.object({
  /** Unique in the run; of several answers of one check each has a number behind it: `threshold/0`. */
  id: z.string(),
  kind: z.enum(JUDGEMENT_KINDS),
  question: z.string(),
  /** The part of the run it is about; null: all that counts. */
  scope: z.object({
    phase: z.string().nullable(),
    name: z.string().nullable(),
    target: z.string().nullable(),
  }),
  /** value: a text where the unit is "word"; null: nothing was measured. */
  observed: z.object({
    measure: z.string(),
    unit: z.enum([...UNITS, "word"]),
    value: z.union([z.number(), z.string()]).nullable(),
  }),
  /** null: it has none. */
  limit: z
    .object({ operator: z.enum(OPERATORS), unit: z.enum(UNITS), value: z.number() })
    .nullable(),
  /** not-judged: too little to go by; the evidence says why. */
  outcome: z.enum(OUTCOMES),
  /** The answer in one sentence. */
  sentence: z.string(),
  /** What it rests on, and the seconds of run time that is about, `to` not included. */
  evidence: z.array(
    z.object({
      sentence: z.string(),
      seconds: z.array(z.object({ from: z.number(), to: z.number() })),
    }),
  ),
  /** What the run exits with because of it, where no judgement has a stronger one; null: it changes nothing. */
  exitCode: z.int().nullable(),
});

/** A summary.json of which nothing else is read. */
export const judgementsSchema = z.object({ judgements: z.array(judgementSchema) });

export const findingSchema = z.object({
  /** Of the cause, as docs/diagnosis.md lists them; absent: the finding is of no single one. */
  id: z.string().optional(),
  locus: z.enum(LOCI),
  cause: z.string(),
  confidence: z.string(),
  /** That the cause is right, 0 to 1, as docs/diagnosis.md says what it means; null: the finding names none. */
  probability: z.number().min(0).max(1).nullable(),
  basis: z.string(),
  evidence: z.array(z.string()),
  against: z.array(z.string()),
  nextProbe: z.string(),
  /** Kind of the probe run that `onrush run --auto-probe` makes to tell it from others; absent: there is none. */
  probe: z.string().optional(),
});

export const thresholdSchema = z.object({
  metric: z.string(),
  rule: z.string(),
  /** In the unit of the rule (ms for times, 0..1 for shares); null: there was nothing to judge, so it does not pass. */
  observed: z.number().nullable(),
  limit: z.number(),
  passed: z.boolean(),
  /** Why there is no observed value, or what a broken rule of every run rests on; else null. */
  reason: z.string().nullable(),
});

export type SummaryJudgement = z.infer<typeof judgementSchema>;
export type SummaryFinding = z.infer<typeof findingSchema>;
export type SummaryThreshold = z.infer<typeof thresholdSchema>;
