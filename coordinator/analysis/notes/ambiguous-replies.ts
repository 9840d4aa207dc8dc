/**
 * Note: replies that could not be distinguished. Which message they answered is not known, so no time of theirs is in any
 * distribution. Pure; listed in registry.ts.
 */
import type { Check } from "../check.ts";

export const ambiguousReplies: Check = {
  meta: {
    id: "note/ambiguous-replies",
    kind: "note",
    question: "Could every reply be told from the others?",
    doc: ["ambiguous replies", "a late reply could also have answered a newer message", ""],
    precedence: 3,
  },
  judge({ fold }) {
    const { ambiguous, late } = fold.merge.counters();
    const observed = {
      measure: "late replies that are ambiguous",
      unit: "count",
      value: ambiguous,
    } as const;
    if (ambiguous === 0) return { observed, outcome: "pass" };
    const sentence =
      `Late replies that could also have answered a newer message: ${ambiguous} of ${late}. They do not say which message ` +
      "they answer, so no time was recorded for them, and a newer message that got no other reply timed out. A reply.where " +
      "that compares with a field of sent, or an echo with a stamp, tells them apart.";
    return { observed, outcome: "warn", sentence };
  },
};
