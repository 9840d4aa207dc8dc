/**
 * `metric`: a figure that another service reports of itself is within a limit. Listed in registry.ts. Invariant: a figure that is not reported,
 * or is none, does not hold.
 */
import * as z from "zod";
import { ExpressionError } from "../../expression/expression-error.ts";
import { compileHttpReading } from "../../expression/http-expression.ts";
import { httpReading } from "../../shape/compiled.ts";
import { about, fault, strict, text } from "../../shape/fields.ts";
import { literal, literals } from "../../shape/literal.ts";
import { isRight, requestHeaders, requestUrl, withoutAddress } from "../../shape/request.ts";
import type { OutsideRequest } from "../faults/outside/outside.ts";
import { isSampleName, sumsOfSamples, UNREADABLE_SAMPLE } from "./exposed-value.ts";
import { base, ruleKind } from "./rule.ts";

const OPERATORS = ["<=", ">=", "==", "!=", "<", ">"] as const;
type Operator = (typeof OPERATORS)[number];

export interface MetricAct {
  readonly kind: "metric";
  readonly url: string;
  readonly headers: OutsideRequest["headers"];
  /** Name of an OpenMetrics sample, with labels; null: `json` is read. */
  readonly sample: string | null;
  /** CEL over the answer. */
  readonly json: string | null;
  readonly operator: Operator;
  readonly limit: number;
}

function limitText() {
  return z.string().transform((written, context): { operator: Operator; limit: number } => {
    const [, operator = "", number = ""] =
      /^\s*(<=|>=|==|!=|<|>)\s*(-?\d{1,15}(?:\.\d{1,15})?(?:[eE][+-]?\d{1,2})?)\s*$/.exec(
        written,
      ) ?? [];
    if (operator !== "") return { operator: operator as Operator, limit: Number(number) };
    return fault(context, ["not a limit", 'write a comparison and a number: "< 500"']);
  });
}

function sampleName() {
  return text(
    500,
    z.superRefine<string>((name, context) => {
      if (!isSampleName(name)) fault(context, UNREADABLE_SAMPLE);
    }),
  );
}

export const metric = ruleKind({
  kind: "metric",
  doc: "A figure at a URL is within `limit`: an OpenMetrics sample (`sample`, the sum of all that match), or a value of a JSON answer (`json`, CEL over `body`).",
  example: { metric: "http://127.0.0.1:9100/metrics", sample: "process_open_fds", limit: "< 500" },
  shape: () =>
    strict({
      ...base("metric", "A figure of another service is within a limit."),
      metric: about(
        requestUrl(),
        "Where it is reported: http or https.",
        "http://127.0.0.1:9100/metrics",
      ),
      sample: about(
        sampleName().optional(),
        "Name of an OpenMetrics or Prometheus sample, with labels where they matter.",
        "process_open_fds",
        'http_requests{code="500"}',
      ),
      json: about(
        httpReading().optional(),
        "CEL for the value, over the body of a JSON answer.",
        "body.open",
      ),
      limit: about(limitText(), "What the figure has to be: a comparison and a number.", "< 500"),
      headers: about(requestHeaders().optional(), "Headers of the request.", {
        accept: "text/plain",
      }),
    }).superRefine(({ sample, json }, context) => {
      if ((sample === undefined) !== (json === undefined)) return;
      fault(context, ["a metric needs either sample or json", "write one of them"], {
        path: ["metric"],
      });
    }),
  strict: ({ metric: to, sample = null, json = null, limit, headers = {} }): MetricAct => {
    return {
      ...{ kind: "metric", url: to, sample, json, ...limit },
      headers: Object.entries(headers),
    };
  },
  written: ({ url, sample, json, operator, limit, headers }) => ({
    metric: literal(url),
    ...(sample !== null && { sample: literal(sample) }),
    ...(json !== null && { json }),
    limit: `${operator} ${limit}`,
    ...(headers.length > 0 && { headers: literals(Object.fromEntries(headers)) }),
  }),
  redacted: withoutAddress,
  title: ({ sample, json, operator, limit }) => `metric ${sample ?? json} ${operator} ${limit}`,
  async check(act, { ask }) {
    const { url: to, headers, sample, json, operator, limit } = act;
    const answer = await ask({ method: "GET", url: to, headers, body: null, status: [] });
    if ("failed" in answer) return { ok: false, outcome: answer.failed };
    const { status, text: told, isWhole } = answer;
    if (!isRight(status, [])) return { ok: false, outcome: `HTTP ${status} ${told}` };
    if (!isWhole) return { ok: false, outcome: "the answer broke off, or is too long" };
    const value =
      sample === null
        ? readJson(json ?? "", status, told)
        : (sumsOfSamples(told, [sample])[0] ?? null);
    if (value === null) return { ok: false, outcome: `the answer has no figure ${sample ?? json}` };
    return { ok: compare(value, operator, limit), outcome: String(value) };
  },
});

function readJson(source: string, status: number, told: string): number | null {
  try {
    const body: unknown = JSON.parse(told);
    const facts = { body, status, headers: {}, cookies: {}, conn: {} };
    const value = compileHttpReading(source).read(facts);
    return typeof value === "number" && Number.isFinite(value) ? value : null;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof ExpressionError) return null;
    throw error;
  }
}

function compare(value: number, operator: Operator, limit: number): boolean {
  switch (operator) {
    case "<":
      return value < limit;
    case "<=":
      return value <= limit;
    case ">":
      return value > limit;
    case ">=":
      return value >= limit;
    case "==":
      return value === limit;
    case "!=":
      return value !== limit;
  }
}
