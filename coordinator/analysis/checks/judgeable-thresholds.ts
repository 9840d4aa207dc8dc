/** Check: thresholds all of whose values lie in seconds that do not count. Pure; listed in registry.ts, after thresholds. */
import { atMost, type Check } from "../check.ts";

export const judgeableThresholds: Check = {
  meta: {
    id: "generator/judgeable-thresholds",
    kind: "validity",
    question: "Could every threshold be judged?",
    doc: [
      "every threshold could be judged",
      "no rule whose values are all of seconds that are left out",
      "when there are thresholds",
    ],
    precedence: 9,
  },
  /** Nobody can say whether such a rule holds, and it is not the target's fault. */
  judge({ fold, before }) {
    if (fold.facts.scenario.thresholds.length === 0) return [];
    const open = before.filter(
      ({ kind, outcome }) => kind === "threshold" && outcome === "not-judged",
    );
    const measure = "rules whose values are all of seconds that do not count";
    const [first] = open;
    const more = open.length > 1 ? ` (and ${open.length - 1} more)` : "";
    return atMost(
      { measure, unit: "count", value: open.length },
      {
        limit: 0,
        sentence: `The rule ${first?.rule?.metric} ${first?.rule?.rule}${more} cannot be judged: ${first?.evidence[0]?.sentence}.`,
      },
    );
  },
};
