/**
 * Queries and small bodies of requests, as checked values; what is submitted to be run is for coordinator/check. Used by
 * the routes. Invariant: what is returned has the shape and bounds it says.
 */
import { z } from "zod";
import { describeFlaws, MAX_WORKERS } from "../check/envelope.ts";
import { HttpProblem } from "./problem.ts";

/** Characters of an Idempotency-Key. */
export const MAX_KEY = 255;

/** What a run's workers are to be. */
export const scaleSchema = z
  .strictObject({
    /** Workers that may serve the run at most; null: as many as there are. */
    workers: z.int().min(1).max(MAX_WORKERS).nullable().optional(),
    /** Spreads what is open anew: connections are closed, paced, and opened elsewhere. */
    rebalance: z.boolean().optional(),
  })
  .refine(({ workers, rebalance }) => workers !== undefined || rebalance === true, {
    message: "it asks for nothing: give workers, rebalance, or both",
  });

/** With what the refinement above says, which a schema of the parts alone does not. */
export function scaleJsonSchema(): Record<string, unknown> {
  const asks = [
    { required: ["workers"] },
    { required: ["rebalance"], properties: { rebalance: { const: true } } },
  ];
  return { ...z.toJSONSchema(scaleSchema, { io: "input" }), anyOf: asks };
}

export const submitQuery = z.strictObject({
  dryRun: z.enum(["0", "1"]).default("0"),
  workers: z.coerce.number().int().min(1).max(MAX_WORKERS).default(1),
  autoProbe: z.enum(["0", "1"]).default("0"),
});

/** @throws HttpProblem 400 that names every flaw */
export function parsed<T extends z.ZodType>(schema: T, value: unknown, what: string): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new HttpProblem(400, `${what} is wrong: ${describeFlaws(result.error.issues)}`);
}

/** The body of a request as JSON; {} when there is none. @throws HttpProblem 400 */
export function jsonBody(body: unknown): unknown {
  const text = String(body ?? "");
  if (text === "") return {};
  try {
    return JSON.parse(text);
  } catch {
    throw new HttpProblem(400, "the body is no JSON");
  }
}
