/**
 * What summary.json says of what the coordinator did beside the load: checkpoints, rules of the environment, clean-up. Part of
 * summary-schema.ts. Invariant: each key is there only where the scenario has something of the kind; what nobody has said is null.
 */
import { z } from "zod";
import { ms } from "./summary-measures.ts";

const told = {
  /** It was done, or holds; null: nobody has said. */
  ok: z.boolean().nullable(),
  /** One line, in part the words of whoever was asked; null: nobody has said. */
  outcome: z.string().nullable(),
};

export const checkpointSchema = z.object({
  name: z.string(),
  /** Milliseconds of run time at which it was reached; null: it was not. */
  at: ms.nullable(),
  /** CEL; null: it is reached at a time. */
  when: z.string().nullable(),
  /** What the condition read then, as `connect.failed`: shares 0 to 1, times in milliseconds; null: not measured. */
  observed: z.record(z.string(), z.number().nullable()),
  /** In the order of the scenario; none before it is reached. */
  actions: z.array(z.object({ kind: z.string(), ...told })),
});

const ruleSchema = z.object({
  name: z.string(),
  kind: z.string(),
  severity: z.enum(["error", "warning"]),
  ...told,
});

export const environmentSchema = z.object({
  before: z.array(ruleSchema),
  after: z.array(ruleSchema),
});

export const cleanupSchema = z.object({
  name: z.string(),
  kind: z.string(),
  tookMs: ms.nullable(),
  ...told,
});
