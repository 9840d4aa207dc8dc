/** `ramp: linear` and `ramp: exponential`. Listed in registry.ts. Invariant: the change takes the whole phase. */
import { strict } from "../../shape/fields.ts";
import { formatDuration } from "../../units.ts";
import { base, endsAtTo, over, ramp, to } from "./ramp.ts";

type Smooth = { readonly to: number; readonly durationUs: number };

const written = (phase: Smooth) => ({ to: phase.to, over: formatDuration(phase.durationUs) });

export const linear = ramp({
  name: "linear",
  shape: () =>
    strict({
      ...base("linear", "Change the number of connections evenly over time."),
      to: to(),
      over: over(),
    }),
  strict: (phase) => ({ ramp: "linear", to: phase.to, durationUs: phase.over }),
  written,
  ...endsAtTo,
});

export const exponential = ramp({
  name: "exponential",
  shape: () =>
    strict({
      ...base("exponential", "Change by a constant factor per second: slow first, then fast."),
      to: to(),
      over: over(),
    }),
  strict: (phase) => ({ ramp: "exponential", to: phase.to, durationUs: phase.over }),
  written,
  ...endsAtTo,
});
