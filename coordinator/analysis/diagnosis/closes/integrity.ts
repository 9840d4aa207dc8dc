/**
 * Detector: messages that came altered, twice, in another order, to another user, or not at all. Listed in ../registry.ts.
 * Invariants: counts are exact; the loss of messages whose connection ended is none of its business; replies to different messages may
 * come in any order, so one that is late and overtaken is slow, and out of order only where it changed places with the next.
 */
import type { FailureKind } from "../../../../shared/stats/failure-kind.ts";
import type { KnownMoment } from "../../../merge/evidence/failure-events.ts";
import type { CauseId } from "../../findings/causes.ts";
import { count } from "../../text.ts";
import { type Detector, type Hypothesis, shownIn } from "../detector.ts";
import { countOf, type Signals, spanOf } from "../signals.ts";

const LEAST = 3;
/** Replies that changed places: one came so soon behind the other, although its message had been sent so much earlier. */
const AT_ONCE_MS = 1;
const EARLIER_MS = 10;
/** Of those overtaken whose events are known. */
const SWAPPED = 0.7;

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
    doc: "one leaked message, or 3 that were altered, doubled, out of order or missing. Replies without numbers of their own (`integrity.order`) are out of order when seven of ten of those overtaken came within 1 ms behind the other, whose message had been sent 10 ms later or more",
    explains: [],
    isCounted: true,
  },
  detect: (signals) =>
    KINDS.flatMap(([kind, cause, least, said]): Hypothesis[] => {
      const series = signals.of(kind);
      const span = spanOf(series);
      const failed = countOf(series);
      if (failed < least || span === null) return [];
      const isCertain = kind !== "reordered" || signals.isOrderPromised;
      if (!isCertain && !changePlaces(signals)) return [];
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
        },
      ];
    }),
};

/** What takes longer by a time of its own comes at any time behind the reply that overtook it; what was held back for that one comes with it. */
function changePlaces({ events }: Signals): boolean {
  const overtaken = events.failures.filter(({ kind }) => kind === "reordered");
  // Journals of builds before there were samples: nobody knows.
  if (overtaken.length === 0) return true;
  const known = overtaken.flatMap((one) => overtakingOf(one) ?? []);
  const swapped = known.filter(
    ({ behindMs, earlierMs }) => behindMs <= AT_ONCE_MS && earlierMs >= EARLIER_MS,
  );
  return known.length >= LEAST && swapped.length >= SWAPPED * known.length;
}

/** How soon behind the reply that overtook it a reply came, and how much earlier its message was sent; null: its events do not say. */
function overtakingOf({ recent }: KnownMoment): { behindMs: number; earlierMs: number } | null {
  const isReceived = (at: number) => recent[at]?.what.startsWith("received-") === true;
  const places = recent.map((_, at) => at);
  const [overtaken, overtaking] = places.filter(isReceived).reverse();
  if (overtaken === undefined || overtaking === undefined) return null;
  const sent = places.filter((at) => at < overtaking && recent[at]?.what.startsWith("sent-"));
  const [later, earlier] = sent.reverse();
  if (later === undefined || earlier === undefined) return null;
  const between = (from: number, to: number) =>
    recent.slice(from + 1, to + 1).reduce((sum, { gapMs }) => sum + gapMs, 0);
  return { behindMs: between(overtaking, overtaken), earlierMs: between(earlier, later) };
}
