/**
 * From the body of a request to a Submission. Called by answer.ts; the shape is also in the API's description. The body
 * is the scenario itself (YAML or JSON), or an envelope (application/vnd.onrush.submission+json) that brings variables
 * and files with it. Invariant: what is returned has the shape and bounds it says.
 */
import { z } from "zod";
import { MAX_OVERRIDE_CHARS, MAX_OVERRIDES } from "../../shared/scenario/limits.ts";
import {
  DEFAULT_POLICIES,
  MAX_WORKERS_WITHIN_SECONDS,
  WORKERS_WITHIN_SECONDS,
} from "../plan/policies.ts";
import { Malformed } from "./malformed.ts";
import type { SubmittedBody } from "./question.ts";
import type { Submission } from "./submission.ts";

export const ENVELOPE_TYPE = "application/vnd.onrush.submission+json";
export const MAX_WORKERS = 10_000;
/** Of the variables, and of the files, of one envelope. */
const MAX_ENTRIES = 1000;
const MAX_SHOWN_FLAWS = 20;

function atMost<T extends z.ZodType<Record<string, unknown>>>(record: T) {
  return record.refine((value) => Object.keys(value).length <= MAX_ENTRIES, {
    error: `more than ${MAX_ENTRIES} entries`,
  });
}

const values = atMost(z.record(z.string().max(200), z.string().max(MAX_OVERRIDE_CHARS)));

const envelopeSchema = z.strictObject({
  /** The scenario's text. */
  scenario: z.string(),
  fileName: z.string().max(300).default("scenario.yaml"),
  /** For env.X in the scenario. */
  env: values.default({}),
  vars: values.default({}),
  /** As --set: path and value. */
  set: z
    .array(z.tuple([z.string().max(500), z.string().max(MAX_OVERRIDE_CHARS)]))
    .max(MAX_OVERRIDES)
    .default([]),
  /** Files the scenario names, base64, by the path it names them with. */
  files: atMost(z.record(z.string().max(1000), z.base64())).default({}),
  /** As in the query unless it is here; 1 where it is nowhere. */
  workers: z.int().min(1).max(MAX_WORKERS).optional(),
  /** One more short run behind it, where that tells causes apart; as in the query unless it is here. */
  autoProbe: z.boolean().optional(),
  onWorkerLoss: z.enum(["recover", "shrink", "fail"]).default(DEFAULT_POLICIES.onWorkerLoss),
  onBusLoss: z.enum(["fence", "continue"]).default(DEFAULT_POLICIES.onBusLoss),
  /** How long the run waits for workers. */
  workersWithinSeconds: z
    .number()
    .gt(0)
    .max(MAX_WORKERS_WITHIN_SECONDS)
    .default(WORKERS_WITHIN_SECONDS),
});

export function submissionJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(envelopeSchema, { io: "input" });
}

/** @throws Malformed */
export function readSubmitted({ type, text, workers, autoProbe }: SubmittedBody): Submission {
  if (!type.startsWith(ENVELOPE_TYPE)) {
    const nothing = { env: {}, vars: {}, set: [], files: new Map<string, Buffer>() };
    const fileName = type.includes("json") ? "scenario.json" : "scenario.yaml";
    return { text, fileName, ...nothing, workers, autoProbe, policies: DEFAULT_POLICIES };
  }
  const result = envelopeSchema.safeParse(jsonOf(text));
  if (!result.success) {
    throw new Malformed(`the submission is wrong: ${describeFlaws(result.error.issues)}`);
  }
  const { scenario, fileName, env, vars, set, ...rest } = result.data;
  const files = new Map(
    Object.entries(rest.files).map(([path, base64]) => [path, Buffer.from(base64, "base64")]),
  );
  const { onWorkerLoss, onBusLoss, workersWithinSeconds } = rest;
  const policies = { onWorkerLoss, onBusLoss, workersWithinSeconds };
  const asked = { workers: rest.workers ?? workers, autoProbe: rest.autoProbe ?? autoProbe };
  return { text: scenario, fileName, env, vars, set, files, ...asked, policies };
}

/** The first flaws of a body in one line. */
export function describeFlaws(issues: readonly z.core.$ZodIssue[]): string {
  return issues
    .slice(0, MAX_SHOWN_FLAWS)
    .map(({ path, message }) => `${path.length > 0 ? `${path.join(".")}: ` : ""}${message}`)
    .join("; ");
}

function jsonOf(text: string): unknown {
  if (text === "") return {};
  try {
    return JSON.parse(text);
  } catch {
    throw new Malformed("the body is no JSON");
  }
}
