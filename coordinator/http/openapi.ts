/**
 * The API's description as OpenAPI 3.1: what the routes' own definitions do not say. Called by server.ts with the document
 * that was made of the routes. Invariant: every route of the API is described here, or the document cannot be made.
 */
import { jsonSchema } from "../../shared/scenario/schema.ts";
import { MAX_WORKERS, submissionJsonSchema } from "../check/envelope.ts";
import { summaryJsonSchema } from "../report/summary-schema.ts";
import type { Role } from "./access/tokens.ts";
import { MAX_KEY, scaleJsonSchema } from "./reading.ts";
import { SCHEMAS } from "./schemas.ts";

type Json = Record<string, unknown>;

interface Operation {
  /** Stable name, for generated clients. */
  readonly id: string;
  /** Status of success; default: 200. */
  readonly status?: number;
  /** Of success: media type and schema; null: no body. */
  readonly answer: Content | null;
  readonly body?: Content;
  readonly query?: Readonly<Record<string, Json>>;
  readonly headers?: Readonly<Record<string, Json>>;
}

type Content = Readonly<Record<string, Json>>;

const json = (name: keyof typeof COMPONENTS): Content => ({ "application/json": ref(name) });
const text = (type: string): Content => ({ [type]: { type: "string" } });
const ref = (name: string): Json => ({ $ref: `#/components/schemas/${name}` });

const COMPONENTS = {
  ...SCHEMAS,
  ...scenarioComponents(),
  Submission: submissionJsonSchema(),
  Summary: summaryJsonSchema(),
  Scale: scaleJsonSchema(),
  Fault: faultJsonSchema(),
};

/** The schema of scenarios, what it defines for several places in components of their own: `Scenario_step`. */
function scenarioComponents(): { readonly Scenario: Json; readonly [name: string]: Json } {
  const text = JSON.stringify(jsonSchema()).replaceAll(
    '"#/definitions/',
    '"#/components/schemas/Scenario_',
  );
  const { definitions = {}, ...Scenario } = JSON.parse(text) as {
    definitions?: Record<string, Json>;
  };
  const parts = Object.entries(definitions).map(([name, part]) => [`Scenario_${name}`, part]);
  return { Scenario, ...(Object.fromEntries(parts) as Record<string, Json>) };
}

/** One fault, as in a scenario; without `at` it begins as soon as all workers can know of it. */
function faultJsonSchema(): Json {
  const { properties } = scenarioComponents().Scenario as {
    readonly properties: {
      readonly faults: { readonly items: { readonly oneOf: readonly Json[] } };
    };
  };
  const onConnections = properties.faults.items.oneOf.filter((kind) =>
    Object.hasOwn(kind["properties"] as Json, "who"),
  );
  const kinds = onConnections.map(({ required, ...kind }) => ({
    ...kind,
    required: (required as readonly string[]).filter((key) => key !== "at"),
  }));
  const text = { type: "string" };
  const again: Json = {
    ...{ type: "object", description: "A fault of the scenario, once more." },
    ...{ properties: { begin: text, at: text, name: text }, required: ["begin"] },
    additionalProperties: false,
  };
  return { oneOf: [...kinds, again] };
}

const SUBMITTED: Content = {
  "application/yaml": { type: "string" },
  ...json("Scenario"),
  "application/vnd.onrush.submission+json": ref("Submission"),
};
const KEY = {
  ...{ description: "The same for every repetition of one request.", type: "string" },
  ...{ minLength: 1, maxLength: MAX_KEY },
};
const WORKERS = {
  type: "integer",
  minimum: 1,
  maximum: MAX_WORKERS,
  description: "Workers that must be there first.",
};

const OPERATIONS: Readonly<Record<string, Operation>> = {
  "POST /runs": {
    id: "createRun",
    status: 201,
    answer: json("Created"),
    body: SUBMITTED,
    query: {
      dryRun: { enum: ["0", "1"], description: "1: only the plan, status 200." },
      workers: WORKERS,
      autoProbe: {
        enum: ["0", "1"],
        description: "1: one more short run behind it, where that tells causes apart.",
      },
    },
    headers: { "idempotency-key": KEY },
  },
  "GET /runs": { id: "listRuns", answer: json("RunList") },
  "GET /runs/{id}": { id: "getRun", answer: json("Run") },
  "DELETE /runs/{id}": { id: "deleteRun", status: 204, answer: null },
  "POST /runs/{id}/actions/stop": { id: "stopRun", status: 202, answer: json("Created") },
  "POST /runs/{id}/actions/abort": { id: "abortRun", status: 202, answer: json("Created") },
  "POST /runs/{id}/actions/scale": {
    id: "scaleRun",
    status: 202,
    answer: json("Created"),
    body: json("Scale"),
  },
  "POST /runs/{id}/faults": {
    id: "askFault",
    status: 201,
    answer: json("RunFault"),
    body: { "application/yaml": { type: "string" }, ...json("Fault") },
    headers: { "idempotency-key": KEY },
  },
  "GET /runs/{id}/faults": { id: "listFaults", answer: json("RunFaults") },
  "DELETE /runs/{id}/faults/{fault}": {
    ...{ id: "endFault", status: 202, answer: json("RunFault") },
  },
  "GET /runs/{id}/stream": {
    id: "streamRun",
    answer: text("text/event-stream"),
    headers: {
      "last-event-id": {
        ...{ description: "Of the last event that was read; the stream goes on after it." },
        type: "string",
      },
    },
  },
  "GET /runs/{id}/summary": { id: "getSummary", answer: json("Summary") },
  "GET /runs/{id}/report.json": { id: "getReportJson", answer: json("Summary") },
  "GET /runs/{id}/report.html": { id: "getReportHtml", answer: text("text/html") },
  "GET /runs/{id}/report.md": { id: "getReportMarkdown", answer: text("text/markdown") },
  "GET /runs/{id}/report.xml": { id: "getReportJunit", answer: text("application/xml") },
  "GET /runs/{id}/report.pdf": { id: "getReportPdf", answer: text("application/pdf") },
  "GET /runs/{id}/report.csv": { id: "getReportCsv", answer: text("text/csv") },
  "GET /runs/{id}/timeline": { id: "getTimeline", answer: text("text/csv") },
  "GET /runs/{id}/failures": { id: "getFailures", answer: json("Failures") },
  "GET /runs/{id}/compare/{other}": { id: "compareRuns", answer: json("Comparison") },
  "GET /runs/{id}/plan": { id: "getPlan", answer: json("Plan") },
  "GET /runs/{id}/events": { id: "getEvents", answer: json("Events") },
  "GET /runs/{id}/scenario": { id: "getScenario", answer: text("application/yaml") },
  "POST /scenarios/validate": { id: "validateScenario", answer: json("Plan"), body: SUBMITTED },
  "GET /workers": { id: "listWorkers", answer: json("WorkerList") },
  "POST /workers/{id}/drain": { id: "drainWorker", status: 202, answer: json("Drained") },
  "GET /schema/scenario.json": { id: "getScenarioSchema", answer: json("JsonSchema") },
  "GET /schema/summary.json": { id: "getSummarySchema", answer: json("JsonSchema") },
};

/** Keys of the query a route takes. @param route method and path, as fastify has it */
export function queryKeysOf(route: string, prefix: string): readonly string[] {
  const key = route.replace(prefix, "").replace(/:(\w+)/g, "{$1}");
  return Object.keys(OPERATIONS[key.replace(/^HEAD /, "GET ")]?.query ?? {});
}

const PROBLEMS = {
  "4XX": "The request cannot be fulfilled as it is.",
  "5XX": "The coordinator cannot fulfil it now.",
};

/**
 * @param document as made of the routes
 * @param roleOf the role a route takes, by method and path
 */
export function describeApi(
  document: Json,
  prefix: string,
  roleOf: (method: string, path: string) => Role | null,
): Json {
  const paths: Json = {};
  for (const [path, item] of Object.entries((document["paths"] ?? {}) as Record<string, Json>)) {
    const described: Json = {};
    for (const [method, made] of Object.entries(item)) {
      const key = `${method.toUpperCase()} ${path.slice(prefix.length)}`;
      const operation = OPERATIONS[key];
      if (operation === undefined) throw new Error(`route ${key} is not described`);
      const role = roleOf(method.toUpperCase(), path);
      described[method] = operationOf(made as Json, operation, role);
    }
    paths[path] = described;
  }
  const components = { ...(document["components"] as Json), schemas: COMPONENTS };
  return { ...document, components, paths };
}

function operationOf(made: Json, operation: Operation, role: Role | null): Json {
  const { id, status = 200, answer, body, query = {}, headers = {} } = operation;
  const parameters = [
    ...((made["parameters"] ?? []) as Json[]),
    ...Object.entries(query).map(([name, { description, ...schema }]) => ({
      ...{ name, in: "query", required: false, description, schema },
    })),
    ...Object.entries(headers).map(([name, { description, ...schema }]) => ({
      ...{ name, in: "header", required: false, description, schema },
    })),
  ];
  const { summary, tags } = made;
  return {
    ...{ operationId: id, summary, tags },
    ...(role === null ? {} : { description: `Takes the role ${role}.`, security: [{ token: [] }] }),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body === undefined ? {} : { requestBody: { required: true, content: contentOf(body) } }),
    responses: {
      [status]: {
        description: STATUS_TEXT[status] ?? "",
        ...(answer === null ? {} : { content: contentOf(answer) }),
      },
      ...Object.fromEntries(
        Object.entries(PROBLEMS).map(([range, description]) => [
          range,
          { description, content: { "application/problem+json": { schema: ref("Problem") } } },
        ]),
      ),
    },
  };
}

function contentOf(content: Content): Json {
  return Object.fromEntries(Object.entries(content).map(([type, schema]) => [type, { schema }]));
}

const STATUS_TEXT: Readonly<Record<number, string>> = {
  200: "As asked.",
  201: "It is on disk.",
  202: "The request is on disk; the run applies it.",
  204: "It is gone.",
};
