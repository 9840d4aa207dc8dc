/** Note: load that lost workers went on making after others had their work. Pure; listed in registry.ts. */
import type { Check } from "../check.ts";

export const overrun: Check = {
  meta: {
    id: "note/overrun",
    kind: "note",
    question: "Did lost workers stop when they were replaced?",
    doc: ["load beside the plan", "a lost worker went on after others had its work", ""],
    precedence: 2,
  },
  judge({ fold }) {
    const { frames, counters } = fold.merge.overrun;
    const observed = {
      measure: "frames of lost workers that were not merged",
      unit: "count",
      value: frames,
    } as const;
    if (frames === 0) return { observed, outcome: "pass" };
    const sentence =
      `Lost workers went on after others had their work: ${counters.attempted} attempts and ${counters.sent} messages ` +
      `reached the target beside the plan (${frames} frames, not merged).`;
    return { observed, outcome: "warn", sentence };
  },
};
