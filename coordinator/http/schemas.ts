/**
 * JSON Schemas of what the API answers. Used by openapi.ts; tests hold real answers to them. Invariant: as run-info.ts,
 * problem.ts, runs.ts and cluster.ts send it; summary and scenario have schemas of their own.
 */
type Json = Record<string, unknown>;

const text = { type: "string" };
const count = { type: "integer", minimum: 0 };
const number = { type: "number" };
const orNull = (schema: Json) => ({ anyOf: [schema, { type: "null" }] });
const list = (items: Json) => ({ type: "array", items });
const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });

/** All properties are there, always. */
function object(properties: Record<string, Json>): Json {
  return { type: "object", properties, required: Object.keys(properties) };
}

const STATE = {
  enum: [
    ...["created", "offered", "ready", "running", "draining"],
    ...["merging", "done", "failed", "aborted"],
  ],
};
const TIME = { type: "string", format: "date-time" };

export const SCHEMAS = {
  Problem: {
    type: "object",
    description: "RFC 9457.",
    properties: {
      ...{ type: text, title: text, status: count, detail: text },
      code: { type: "string", description: "Error code of Onrush, when it is one of its own." },
      remedy: text,
      issues: list(object({ path: text, line: count, column: count, message: text, hint: text })),
    },
    required: ["type", "title", "status", "detail"],
  },
  Created: object({ id: text, state: STATE }),
  Run: object({
    ...{ id: text, name: text, state: STATE, createdAt: TIME },
    ...{ startedAt: orNull(TIME), endedAt: orNull(TIME) },
    ...{ connections: orNull(count), durationSeconds: orNull(number) },
    waiting: { ...orNull(count), description: "Place in line, from 1." },
    workers: { ...count, description: "Workers that serve it now." },
    served: {
      ...{ type: "boolean" },
      description:
        "This coordinator carries it out, or it is over; false: nobody does, or not yet.",
    },
    verdict: orNull({ enum: ["pass", "fail", "invalid", "interrupted", "stopped"] }),
    exitCode: orNull(count),
    problem: {
      ...orNull(text),
      description: "Why it could not be done, is not served, or has no results yet.",
    },
    probe: {
      ...orNull(object({ kind: orNull(text), run: orNull(text), outcome: orNull(text) })),
      description:
        "The probe run that was asked for: its kind and id, and what it said, or why there is none; outcome null: not over.",
    },
    view: { ...orNull({ type: "object" }), description: "Numbers of the last second." },
  }),
  RunFault: object({
    ...{ id: text, kind: text },
    live: { type: "boolean", description: "It was asked for while the run went on." },
    windows: list(
      object({
        ...{ id: text, from: number, to: number },
        state: { enum: ["planned", "acting", "over", "cancelled", "failed"] },
        victims: {
          ...orNull(count),
          description: "Connections it was to hit; null: it has not begun, or nobody can say.",
        },
        hit: {
          ...orNull(count),
          description: "Connections it has hit, as far as workers have told; null: it hits none.",
        },
        workers: {
          ...orNull(count),
          description: "Workers that were asked to do it to themselves; null: none were, yet.",
        },
        outcome: {
          ...orNull(text),
          description: "What came of it, or why it failed; null: not over, or told in connections.",
        },
      }),
    ),
  }),
  RunFaults: object({ faults: list(ref("RunFault")) }),
  RunList: object({ runs: list(ref("Run")) }),
  Plan: {
    type: "object",
    properties: {
      ...{ hash: text, connections: count, shards: count, shardConnections: count },
      ...{ durationSeconds: number, plannedOpens: count, plannedOpen: list(count) },
    },
    required: ["hash", "connections", "shards", "durationSeconds", "plannedOpens", "plannedOpen"],
  },
  Failures: object({ failures: list({ type: "object" }) }),
  Comparison: {
    type: "object",
    description:
      "As `onrush compare --json` prints it; REFUSED with its differences when the runs must not be compared.",
    properties: {
      ...{ schema: count, verdict: text, failed: { type: "boolean" } },
      ...{
        a: list({ type: "object" }),
        b: list({ type: "object" }),
        rows: list({ type: "object" }),
      },
      ...{ differences: list({ type: "object" }), curves: list({ type: "object" }) },
    },
    required: ["schema", "verdict", "failed", "a", "b"],
  },
  Events: object({
    events: list({ type: "object" }),
    omitted: { ...count, description: "Later ones that are not in the answer." },
  }),
  WorkerList: object({
    workers: list(
      object({
        ...{ id: text, epoch: count, host: text, pid: count, version: text, node: text },
        ...{ engines: count, capacity: count, cpuModel: text, cpus: count, wire: count },
        ...{ run: orNull(text), state: text, leaving: { type: "boolean" }, slices: count },
        ...{ connectionsOpen: count, problem: text, silentSeconds: number },
        overdue: { type: "boolean" },
        ...{ startSkewMs: orNull(number), clockErrorMs: orNull(number) },
        refusedRecords: { ...count, description: "Records on the bus it did not act on." },
        refused: { ...orNull(text), description: "Why it gets no work of this coordinator." },
      }),
    ),
    refusals: object({
      count: { ...count, description: "Records on the bus this coordinator did not act on." },
      groups: list(
        object({ kind: text, subject: text, run: orNull(text), reason: text, count: count }),
      ),
    }),
  }),
  Drained: object({ id: text, epochs: list(count) }),
  JsonSchema: { type: "object" },
} satisfies Record<string, Json>;
