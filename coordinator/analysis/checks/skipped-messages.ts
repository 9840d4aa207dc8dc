/** Check: messages the plan wanted and the generator was too far behind for. Pure; listed in registry.ts. */
import { atMost, type Check } from "../check.ts";
import { GATES } from "../gates.ts";
import { percent } from "../text.ts";

export const skippedMessages: Check = {
  meta: {
    id: "generator/skipped-messages",
    kind: "validity",
    question: "Was every message sent that could be?",
    doc: [
      "every message was sent that could be",
      `at most ${percent(GATES.skippedShare)} of the planned ones left out because the generator was too far behind`,
      "when messages were planned",
    ],
    precedence: 12,
    isLive: true,
  },
  judge({ fold }) {
    const { planned, skippedBehind, skippedByHooks } = fold.merge.counters();
    // Those are judged by hooks-behind.ts.
    const skipped = skippedBehind - skippedByHooks;
    const value = planned === 0 ? null : skipped / planned;
    const measure = "share the generator was too far behind for";
    const observed = { measure, unit: "share", value } as const;
    return atMost(observed, {
      limit: GATES.skippedShare,
      open: planned === 0 ? "no message was planned" : null,
      sentence:
        `The load generator was too far behind to send ${skipped} of ${planned} planned messages ` +
        `(${percent(value ?? 0)}, limit ${percent(GATES.skippedShare)}).`,
    });
  },
};
