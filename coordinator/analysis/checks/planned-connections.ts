/** Check: opens the plan wanted that nobody attempted, in a run that went to its plan's end. Pure; listed in registry.ts. */
import { atMost, type Check } from "../check.ts";
import { GATES } from "../gates.ts";
import { percent } from "../text.ts";

export const plannedConnections: Check = {
  meta: {
    id: "generator/planned-connections",
    kind: "validity",
    question: "Was every planned connection attempted?",
    doc: [
      "every planned connection was attempted",
      `at most ${percent(GATES.skippedShare)} were not`,
      "of a run that was not cut",
    ],
    precedence: 13,
  },
  judge({ fold }) {
    const planned = fold.facts.plannedOpens;
    const { attempted, reconnects } = fold.merge.counters();
    const never = planned - fold.excusedOpens - (attempted - reconnects);
    const isWhole = fold.framesMissing === 0;
    const cutShort = fold.end !== null || fold.state !== "done";
    const value = planned === 0 || cutShort || !isWhole ? null : Math.max(0, never) / planned;
    const observed = { measure: "share never attempted", unit: "share", value } as const;
    const why = cutShort
      ? "the run was cut short"
      : isWhole
        ? "no connection was planned"
        : "results are missing";
    return atMost(observed, {
      limit: GATES.skippedShare,
      open: value === null ? why : null,
      sentence:
        `The load generator never attempted ${never} of ${planned} planned connections ` +
        `(${percent(never / planned)}, limit ${percent(GATES.skippedShare)}).`,
    });
  },
};
