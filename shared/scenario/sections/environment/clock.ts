/** `clock`: how far workers' clocks may be off is known well enough. Listed in registry.ts. Invariant: the worst one counts. */
import { about, durationUpTo, strict } from "../../shape/fields.ts";
import { formatDuration } from "../../units.ts";
import { base, doesNotHold, holds, leastOf, NOBODY, ruleKind } from "./rule.ts";

export const clock = ruleKind({
  kind: "clock",
  doc: "Every worker's clock is off that of the bus by so much at most; one-way times between machines are as exact as that.",
  example: { clock: "5ms" },
  shape: () =>
    strict({
      ...base("clock", "Clocks of workers are off by so much at most."),
      clock: about(durationUpTo("1m"), "The most.", "5ms"),
    }),
  strict: ({ clock: mostUs }) => ({ kind: "clock" as const, mostUs }),
  written: ({ mostUs }) => ({ clock: formatDuration(mostUs) }),
  redacted: (act) => act,
  title: ({ mostUs }) => `clock ${formatDuration(mostUs)}`,
  check({ mostUs }, { workers }) {
    const worst = leastOf(
      workers,
      ({ clockErrorUs }) => -(clockErrorUs ?? Number.POSITIVE_INFINITY),
    );
    if (worst === null) return doesNotHold(NOBODY);
    const errorUs = -worst.value;
    if (errorUs === Number.POSITIVE_INFINITY) return doesNotHold(`worker ${worst.id} has not said`);
    const outcome = `${formatDuration(Math.round(errorUs))} of worker ${worst.id}`;
    return errorUs <= mostUs ? holds(outcome) : doesNotHold(outcome);
  },
});
