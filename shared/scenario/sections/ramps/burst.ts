/** `ramp: burst`. Listed in registry.ts. Invariant: the change is at the start of the phase, all at once. */
import { about, duration, strict } from "../../shape/fields.ts";
import { formatDuration } from "../../units.ts";
import { base, endsAtTo, ramp, to } from "./ramp.ts";

export const burst = ramp({
  name: "burst",
  shape: () =>
    strict({
      ...base("burst", "Change at once, then hold."),
      to: to(),
      hold: about(duration(), "How long to stay there.", "60s"),
    }),
  strict: (phase) => ({ ramp: "burst", to: phase.to, durationUs: phase.hold }),
  written: (phase) => ({ to: phase.to, hold: formatDuration(phase.durationUs) }),
  ...endsAtTo,
});
