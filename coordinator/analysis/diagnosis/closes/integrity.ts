/**
 * Detector: messages that came altered, twice, in another order, to another user, or not at all. Listed in ../registry.ts.
 * Invariant: counts are exact; the loss of messages whose connection ended is none of its business.
 */
import type { FailureKind } from "../../../../shared/stats/failure-kind.ts";
import type { CauseId } from "../../findings/causes.ts";
import { count } from "../../text.ts";
import { type Detector, shownIn } from "../detector.ts";
import { countOf, spanOf } from "../signals.ts";

const LEAST = 3;

const KINDS: readonly (readonly [
  kind: FailureKind,
  cause: CauseId,
  least: number,
  said: string,
])[] = [
  ["leaked", "leak-between-users", 1, "messages reached a user they were not for"],
  ["corrupt", "corruption", LEAST, "replies were not the bytes that were sent"],
  ["duplicated", "duplication", LEAST, "messages came twice"],
  ["reordered", "reordering", LEAST, "messages came before older ones"],
  ["lost", "message-loss", LEAST, "stretches of numbered messages never came"],
];

export const integrity: Detector = {
  meta: {
    causes: ["leak-between-users", "corruption", "duplication", "reordering", "message-loss"],
    doc: "one leaked message, or 3 that were altered, doubled, out of order or missing",
    explains: [],
    isCounted: true,
  },
  detect: (signals) =>
    KINDS.flatMap(([kind, cause, least, said]) => {
      const series = signals.of(kind);
      const span = spanOf(series);
      const failed = countOf(series);
      if (failed < least || span === null) return [];
      const isCertain =
        kind !== "reordered" || signals.fold.facts.scenario.integrity.order !== null;
      return [
        {
          ...{ cause, from: span[0], to: span[1], impact: failed },
          confidence: isCertain ? "certain" : "possible",
          sentence: `${count(failed)} ${said}.`,
          evidence: [
            shownIn(`Counted by identity and content of each message: ${count(failed)}.`, ...span),
          ],
          against: isCertain
            ? []
            : [
                "Only replies were held against their messages: a service that works on several at once may answer in any order.",
              ],
          nextProbe:
            "The samples under Failures name connections and moments: follow one of those messages through the service.",
          symptoms: series,
        } as const,
      ];
    }),
};
