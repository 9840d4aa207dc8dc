/** `ramp: hold`, or `hold` alone. Listed in registry.ts. Invariant: it opens and closes nothing. */
import { about, duration, strict } from "../../shape/fields.ts";
import { formatDuration } from "../../units.ts";
import { impliedBase, ramp } from "./ramp.ts";

export const hold = ramp({
  name: "hold",
  impliedBy: "hold",
  shape: () =>
    strict({
      ...impliedBase("hold", "Keep the number of connections."),
      hold: about(duration(), "How long to keep the number of connections.", "10m"),
    }),
  strict: (phase) => ({ ramp: "hold", durationUs: phase.hold }),
  written: (phase) => ({ hold: formatDuration(phase.durationUs) }),
  end: (_, open) => open,
  held: () => 0,
});
