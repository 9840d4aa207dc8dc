/**
 * The shape of `load`: phases, one after another. Called by schema.ts. Invariant: each way to change load
 * is one variant with its own keys, so a key of another ramp is an error and not silently ignored.
 */
import * as z from "zod";
import { parseDuration } from "../units.ts";
import { about, duration, label, message, moment, rate, share, strict } from "./fields.ts";

export const MAX_PHASES = 1000;
export const MAX_CONNECTIONS = 5_000_000;
export const MAX_POINTS = 10_000;

const connections = z.int().min(0).max(MAX_CONNECTIONS);
const to = about(connections, "Connections open at the end of the phase.", 1000, 10000);
const over = about(duration(), "How long the change takes.", "30s", "2m");

const base = {
  phase: about(label(), "Name of the phase, unique in the file.", "warmup", "steady"),
  exclude: about(
    z.boolean().optional(),
    "Keep this phase out of the run-wide figures and thresholds (warm-up).",
    true,
  ),
  messages: about(
    z.number().min(0).max(1000).optional(),
    "Factor on the message rate during this phase.",
    0.5,
    2,
  ),
};

function ramp<T extends string>(name: T, description: string) {
  return about(z.literal(name), description, name);
}

const linear = strict({
  ...base,
  ramp: ramp("linear", "Change the number of connections evenly over time."),
  to,
  over,
});
const exponential = strict({
  ...base,
  ramp: ramp("exponential", "Change by a constant factor per second: slow first, then fast."),
  to,
  over,
});
const step = strict({
  ...base,
  ramp: ramp("step", "Change in equal steps, each held for an equal time."),
  to,
  steps: about(z.int().min(1).max(100_000), "Number of steps.", 4),
  over,
});
const burst = strict({
  ...base,
  ramp: ramp("burst", "Change at once, then hold."),
  to,
  hold: about(duration(), "How long to stay there.", "60s"),
});
const points = strict({
  ...base,
  ramp: ramp("points", "Any shape: straight lines between points."),
  points: about(
    z
      .array(z.tuple([moment(), connections]))
      .min(1)
      .max(MAX_POINTS),
    "[time from the start of the phase, connections], in order of time.",
    [
      ["0s", 15000],
      ["20s", 9000],
      ["60s", 12000],
    ],
  ),
});

const findLimit = strict({
  ...base,
  ramp: ramp("find-limit", "Go up until a rule breaks, and find out where."),
  step: about(connections.min(1), "Connections between the levels of the climb.", 500),
  settle: about(duration(), "How long each level is held; its second half is judged.", "20s"),
  until: about(
    z.string().min(1).max(1000),
    "When a level is too much: rules on latency, service, connect or ping, joined by or.",
    "latency p99 > 250ms or connect failed > 1%",
  ),
  to: about(connections.optional(), "It goes no higher. Default: 40 steps.", 10000),
  precision: about(
    share().optional(),
    "The limit is to be known to this share of itself. Default: 5%.",
    "2%",
  ),
});

export const holdPhase = strict({
  ...base,
  ramp: about(z.literal("hold").optional(), "Keep the number of connections.", "hold"),
  hold: about(duration(), "How long to keep the number of connections.", "10m"),
});

const stay = z
  .string()
  .superRefine((text, context) => {
    const parsed = parseStay(text);
    if (!("what" in parsed)) return;
    context.addIssue({ code: "custom", message: message(parsed.what, parsed.hint) });
  })
  .meta({ pattern: "^(exp\\()?([0-9.]+(us|ms|s|m|h))+\\)?$" });

export const arrivePhase = strict({
  ...base,
  ramp: about(z.literal("arrivals").optional(), "Open model.", "arrivals"),
  arrive: about(
    rate(),
    "New connections per time, whatever the target does (open model).",
    "200/s",
  ),
  stay: about(
    stay,
    "How long each stays: a fixed time, or exp(mean) for exponentially distributed times.",
    "exp(45s)",
    "45s",
  ),
  arrival: about(
    z.enum(["uniform", "poisson"]).optional(),
    "Evenly spaced arrivals, or a Poisson process. Default: uniform.",
    "poisson",
  ),
  for: about(duration(), "How long connections keep arriving.", "2m"),
});

export const rampPhase = z.discriminatedUnion("ramp", [
  linear,
  exponential,
  step,
  burst,
  points,
  findLimit,
]);
export const phase = z.union([rampPhase, holdPhase, arrivePhase]);

export const RAMPS = [
  ...["linear", "exponential", "step", "burst", "points", "find-limit", "hold", "arrivals"],
];

export type PhaseInput = z.input<typeof phase>;

export type Stay = { readonly kind: "fixed" | "exp"; readonly meanUs: number };

/** `45s` or `exp(45s)`. */
export function parseStay(text: string): Stay | { readonly what: string; readonly hint: string } {
  const inner = /^exp\((.*)\)$/.exec(text)?.[1];
  const parsed = parseDuration(inner?.trim() ?? text);
  if (!parsed.ok) return { what: parsed.what, hint: "write a time such as 45s, or exp(45s)" };
  if (parsed.value === 0) return { what: "the stay is zero", hint: "write a longer one" };
  return { kind: inner === undefined ? "fixed" : "exp", meanUs: parsed.value };
}
