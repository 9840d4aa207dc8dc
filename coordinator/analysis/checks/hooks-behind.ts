/** Check: messages that the scenario's hooks had not made when they were due. Pure; listed in registry.ts. */
import { atMost, type Check } from "../check.ts";
import { GATES } from "../gates.ts";
import { percent } from "../text.ts";

export const hooksBehind: Check = {
  meta: {
    id: "generator/hooks-behind",
    kind: "validity",
    question: "Were the hooks fast enough?",
    doc: [
      "the scenario's `hooks` were fast enough ([hooks.md](hooks.md))",
      `at most ${percent(GATES.skippedShare)} of the planned messages left out because \`payload\` had not made them when they were due`,
      "when the scenario has hooks, and messages were planned",
    ],
    precedence: 8,
    isLive: true,
  },
  judge({ fold }) {
    if (fold.facts.scenario.hooks === null) return [];
    const { planned, skippedByHooks } = fold.merge.counters();
    const value = planned === 0 ? null : skippedByHooks / planned;
    const observed = {
      measure: "share the hooks were too slow for",
      unit: "share",
      value,
    } as const;
    return atMost(observed, {
      limit: GATES.skippedShare,
      open: planned === 0 ? "no message was planned" : null,
      sentence:
        `Hooks too slow: they had not made ${skippedByHooks} of ${planned} planned messages when they were due ` +
        `(${percent(value ?? 0)}, limit ${percent(GATES.skippedShare)}).`,
    });
  },
};
