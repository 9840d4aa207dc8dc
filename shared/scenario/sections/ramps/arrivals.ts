/** `arrive`, or `ramp: arrivals`: the open model. Listed in registry.ts. Invariant: each arrival is one connection. */
import * as z from "zod";
import { about, byDefault, duration, fault, rate, strict, tagged } from "../../shape/fields.ts";
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

export const arrivals = ramp({
  name: "arrivals",
  impliedBy: "arrive",
  shape: () =>
    strict({
      ...impliedBase("arrivals", "Open model."),
      arrive: about(
        rate(),
        "New connections per time, whatever the target does (open model).",
        "200/s",
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
      arrive: formatRate(phase.arrivalsPerSec),
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

function expected(phase: { readonly arrivalsPerSec: number; readonly durationUs: number }): number {
  return Math.ceil((phase.arrivalsPerSec * phase.durationUs) / 1e6);
}
