/**
 * From a request to a Submission. Used by runs.ts. The body is the scenario itself (YAML or JSON), or an envelope
 * (application/vnd.onrush.submission+json) that brings variables and files with it. Invariant: what is returned has
 * the shape and bounds it says.
 */
import { z } from "zod";
import { DEFAULT_POLICIES } from "../run/plan.ts";
import type { Submission } from "../service/submission.ts";
import { HttpProblem } from "./problem.ts";

export const ENVELOPE_TYPE = "application/vnd.onrush.submission+json";
const MAX_WORKERS = 10_000;

const values = z.record(z.string().max(200), z.string().max(64 * 1024));

const envelopeSchema = z.strictObject({
  /** The scenario's text. */
  scenario: z.string(),
  fileName: z.string().max(300).default("scenario.yaml"),
  /** For env.X in the scenario. */
  env: values.default({}),
  vars: values.default({}),
  /** As --set: path and value. */
  set: z.array(z.tuple([z.string().max(500), z.string().max(64 * 1024)])).default([]),
  /** Files the scenario names, base64, by the path it names them with. */
  files: z.record(z.string().max(1000), z.base64()).default({}),
  workers: z.int().min(1).max(MAX_WORKERS).default(1),
  onWorkerLoss: z.enum(["recover", "shrink", "fail"]).default(DEFAULT_POLICIES.onWorkerLoss),
  onBusLoss: z.enum(["fence", "continue"]).default(DEFAULT_POLICIES.onBusLoss),
});

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

export function scaleJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(scaleSchema, { io: "input" });
}

export function submissionJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(envelopeSchema, { io: "input" });
}

export const submitQuery = z.object({
  dryRun: z.enum(["0", "1"]).default("0"),
  workers: z.coerce.number().int().min(1).max(MAX_WORKERS).default(1),
});

/** @throws HttpProblem 400 */
export function readSubmitted(type: string, text: string, workers: number): Submission {
  if (!type.startsWith(ENVELOPE_TYPE)) {
    const nothing = { env: {}, vars: {}, set: [], files: new Map<string, Buffer>() };
    const fileName = type.includes("json") ? "scenario.json" : "scenario.yaml";
    return { text, fileName, ...nothing, workers, policies: DEFAULT_POLICIES };
  }
  const envelope = parsed(envelopeSchema, jsonBody(text), "the submission");
  const { scenario, fileName, env, vars, set, onWorkerLoss, onBusLoss } = envelope;
  const files = new Map(
    Object.entries(envelope.files).map(([path, base64]) => [path, Buffer.from(base64, "base64")]),
  );
  const policies = { onWorkerLoss, onBusLoss };
  return { text: scenario, fileName, env, vars, set, files, workers: envelope.workers, policies };
}

/** @throws HttpProblem 400 that names every flaw */
export function parsed<T extends z.ZodType>(schema: T, value: unknown, what: string): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const flaws = result.error.issues.map(
    ({ path, message }) => `${path.length > 0 ? `${path.join(".")}: ` : ""}${message}`,
  );
  throw new HttpProblem(400, `${what} is wrong: ${flaws.slice(0, 20).join("; ")}`);
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
