/** `ramp: step`. Listed in registry.ts. Invariant: each step changes the number of connections by one at least. */
import { about, strict, whole } from "../../shape/fields.ts";
import { formatDuration } from "../../units.ts";
import { base, endsAtTo, over, type Place, ramp, to } from "./ramp.ts";

export const step = ramp({
  name: "step",
  shape: () =>
    strict({
      ...base("step", "Change in equal steps, each held for an equal time."),
      to: to(),
      steps: about(whole(1, 100_000), "Number of steps.", 4),
      over: over(),
    }),
  strict: (phase, place) => {
    checkSteps(phase.steps, phase.to, place);
    return { ramp: "step", to: phase.to, steps: phase.steps, durationUs: phase.over };
  },
  written: ({ to: end, steps, durationUs }) => {
    return { to: end, steps, over: formatDuration(durationUs) };
  },
  ...endsAtTo,
  stretches: ({ steps }) => steps,
});

function checkSteps(steps: number, end: number, { index, open, log }: Place): void {
  if (open === null) return;
  const difference = Math.abs(end - open);
  if (steps <= difference) return;
  const what = `impossible ramp: ${steps} steps from ${open} to ${end} connections`;
  const hint =
    difference === 0 ? "there is nothing to change; use hold" : `at most ${difference} steps`;
  log.add(["load", index, "steps"], what, hint);
}
