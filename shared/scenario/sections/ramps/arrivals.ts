/** `arrive`, or `ramp: arrivals`: the open model. Listed in registry.ts. Invariant: each arrival is one connection. */
import * as z from "zod";
import { amountIn, type Ramped } from "../../fault-ramp.ts";
import {
  about,
  byDefault,
  duration,
  fault,
  rate,
  rateOrNone,
  strict,
  tagged,
} from "../../shape/fields.ts";
import { formatDuration, formatRate, parseDuration } from "../../units.ts";
import { impliedBase, ramp } from "./ramp.ts";

type Stay = { readonly kind: "fixed" | "exp"; readonly meanUs: number };

/** `45s` or `exp(45s)`. */
function stay() {
  const parsed = z.string().transform((text, context): Stay => {
    const inner = /^exp\((.*)\)$/.exec(text)?.[1];
    const mean = parseDuration(inner?.trim() ?? text);
    if (!mean.ok) return fault(context, [mean.what, "write a time such as 45s, or exp(45s)"]);
    if (mean.value === 0) return fault(context, ["the stay is zero", "write a longer one"]);
    return { kind: inner === undefined ? "fixed" : "exp", meanUs: mean.value };
  });
  return tagged(parsed, { pattern: "^(exp\\()?([0-9.]+(us|ms|s|m|h))+\\)?$" });
}

/** `200/s`, or two of them: it changes evenly over the phase. */
function arrivalRate() {
  const changing = strict({
    from: about(rateOrNone(), "When the phase begins.", "1/s"),
    to: about(rateOrNone(), "When it ends.", "200/s"),
  }).superRefine(({ from, to }, context) => {
    if (from + to > 0) return;
    fault(context, ["the rate is zero", "write a higher one, or leave the phase out"]);
  });
  return z.union([rate(), changing]);
}

export const arrivals = ramp({
  name: "arrivals",
  impliedBy: "arrive",
  shape: () =>
    strict({
      ...impliedBase("arrivals", "Open model."),
      arrive: about(
        arrivalRate(),
        "New connections per time, whatever the target does (open model); with from and to it changes evenly.",
        "200/s",
        { from: "1/s", to: "200/s" },
      ),
      stay: about(
        stay(),
        "How long each stays: a fixed time, or exp(mean) for exponentially distributed times.",
        "exp(45s)",
        "45s",
      ),
      arrival: byDefault(
        z.enum(["uniform", "poisson"]),
        "uniform",
        "Evenly spaced arrivals, or a Poisson process.",
        "poisson",
      ),
      for: about(duration(), "How long connections keep arriving.", "2m"),
    }),
  strict: (phase) => ({
    ramp: "arrivals",
    arrivalsPerSec: phase.arrive,
    arrival: phase.arrival,
    stay: phase.stay,
    durationUs: phase.for,
  }),
  written: (phase) => {
    const mean = formatDuration(phase.stay.meanUs);
    return {
      arrive: writtenRate(phase.arrivalsPerSec),
      stay: phase.stay.kind === "exp" ? `exp(${mean})` : mean,
      arrival: phase.arrival,
      for: formatDuration(phase.durationUs),
    };
  },
  end: (_, open) => open,
  held: () => 0,
  arrivals: expected,
  mostArrivals: (phase) => {
    const mean = expected(phase);
    return phase.arrival === "poisson" ? Math.ceil(mean + 8 * Math.sqrt(mean) + 64) : mean;
  },
});

function writtenRate(perSec: Ramped) {
  if (typeof perSec === "number") return formatRate(perSec);
  return { from: formatRate(perSec.from), to: formatRate(perSec.to) };
}

function expected(phase: { readonly arrivalsPerSec: Ramped; readonly durationUs: number }): number {
  const whole = { fromUs: 0, toUs: phase.durationUs };
  return Math.ceil(amountIn(phase.arrivalsPerSec, whole, whole));
}
