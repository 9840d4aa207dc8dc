/**
 * Detector: one kind of message goes unanswered, or is refused, more often than the others. Listed in ../registry.ts. Invariant: kinds
 * are mixed on every connection by the plan, at random, so a difference is theirs.
 */
import { partOf } from "../../text.ts";
import { type Detector, shownIn } from "../detector.ts";
import { burstsOf, culprits, type Exposure, oddsText } from "../parts.ts";
import { type Signals, spanOf } from "../signals.ts";

const KINDS = ["reply-timeout", "rejected", "corrupt"] as const;

export const message: Detector = {
  meta: {
    causes: ["failing-message-type"],
    doc: "one kind of message goes unanswered or is refused 3 times as often as the others, 10 times at least, also within each phase, at a rate of false discoveries of 1 %",
    explains: ["message-loss", "unknown", "zombie"],
  },
  detect(signals) {
    if (signals.isDisturbedOutside) return [];
    const parts = signals.messages;
    const tables = parts.map((part) => exposures(signals, part));
    const replies = signals.failuresIn((stage) => stage === "timeout" || stage === "protocol");
    const [worst] = culprits(tables, burstsOf(replies, signals.rows.length));
    if (worst === undefined) return [];
    const { name = "" } = signals.names[parts[worst.part] ?? -1] ?? {};
    const symptoms = KINDS.flatMap((kind) => signals.of(kind));
    const span = spanOf(symptoms) ?? [0, signals.rows.length];
    return [
      {
        cause: "failing-message-type",
        confidence: "likely",
        scope: { name },
        sentence: `Messages of the kind ${name} fail: ${partOf(worst.failed, worst.exposed)}, of all others ${partOf(worst.otherFailed, Math.max(1, worst.otherExposed))}.`,
        evidence: [
          shownIn(
            `${partOf(worst.failed, worst.exposed)} of ${name} got no reply in time, a wrong one or a refusal; of the others ${partOf(worst.otherFailed, Math.max(1, worst.otherExposed))}.${oddsText(worst)}`,
            ...span,
          ),
        ],
        against: [
          "Its `within` may be shorter than what it takes, or its `reply` may not fit what comes.",
        ],
        nextProbe: `Look at one ${name} and what comes back with \`onrush probe\`; then run it alone.`,
        from: span[0],
        to: span[1],
        impact: worst.failed,
        symptoms,
      },
    ];
  },
};

function exposures(signals: Signals, part: number): Exposure[] {
  return signals.fold.facts.scenario.phases.map((_, phase) => {
    const counts = signals.fold.merge.names.sum(part, new Set([phase]));
    const failed = counts.timedOut + counts.rejected + counts.corruptReplies;
    return { failed: Math.min(failed, counts.expected), exposed: counts.expected };
  });
}
