/**
 * Detector: connections end right after the same messages, which healthy connections seldom sent last, and nothing else explains it. Listed in
 * ../registry.ts. Invariant: it is heard last: failures that any other cause accounts for are that cause's, with this as its evidence.
 */
import { count } from "../../text.ts";
import { type Detector, shownIn } from "../detector.ts";
import { spanOf } from "../signals.ts";
import { type Pattern, patternOf } from "./pattern.ts";

export const failingSequence: Detector = {
  meta: {
    causes: ["failing-sequence"],
    doc: "of 15 connections or more that end otherwise than by the plan, seven of ten had just sent the same message, or two or three in the same order, 3 times as often as healthy connections (G-test or Fisher's, at a rate of false discoveries of 1 %), and no other cause accounts for them",
    explains: ["unknown"],
    isLastResort: true,
  },
  detect: (signals) =>
    signals.failures.flatMap((series) => {
      const pattern = patternOf(signals, series);
      const span = spanOf([series]);
      if (pattern === null || span === null) return [];
      const said = inWords(pattern);
      return [
        {
          cause: "failing-sequence" as const,
          confidence: "likely" as const,
          scope: { name: pattern.names.at(-1) ?? null },
          sentence: `Connections end right after they sent ${said}: ${patternSentence(pattern)}`,
          evidence: [
            shownIn(
              `${count(series.count)} connections ended so (\`failures\` of summary.json).`,
              ...span,
            ),
          ],
          against: [
            "What a message comes with (its role, its phase, its size) may be what does it.",
          ],
          nextProbe: `Send ${said} on one connection with \`onrush probe\`, and look at what the service does with it; then run without it.`,
          from: span[0],
          to: span[1],
          impact: series.count,
          symptoms: [series],
        },
      ];
    }),
};

/** "36 of 40 that were looked at had just sent `join`, of 200 healthy connections 3." */
export function patternSentence(pattern: Pattern): string {
  const { failed, failures, healthy, controls } = pattern;
  return `${count(failed)} of ${count(failures)} that were looked at had just sent ${inWords(pattern)}, of ${count(controls)} healthy connections ${count(healthy)}.`;
}

function inWords({ names }: Pattern): string {
  return names.map((name) => `\`${name}\``).join(", then ");
}
