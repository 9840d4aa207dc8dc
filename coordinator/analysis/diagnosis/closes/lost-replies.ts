/**
 * Detector: some replies never come, while all others come soon, on connections that live: they were lost, not late. Listed in
 * ../registry.ts. Invariant: what comes too late is not lost, and neither is what a dropped connection took with it.
 */
import { ms, partOf } from "../../text.ts";
import { type Detector, shownIn } from "../detector.ts";
import { countOf, spanOf } from "../signals.ts";

const LEAST = 10;
/** Of the lost ones: replies that did come, too late. */
const MOST_LATE = 0.1;
/** Of the shortest `within`: what nearly all other replies take. */
const SOON = 0.3;
/** Of all messages: more is no loss, but silence. */
const MOST_LOST = 0.3;
/** Of the lost ones: connections that were dropped. */
const MOST_DROPPED = 0.1;

export const lostReplies: Detector = {
  meta: {
    causes: ["message-loss"],
    doc: "10 replies or more, and 30 % at most, never come, hardly any comes late, all others within a third of what is allowed, and connections stay",
    explains: ["unknown"],
  },
  detect(signals) {
    if (signals.isDisturbedOutside) return [];
    const series = signals.of("reply-timeout");
    const span = spanOf(series);
    const lost = countOf(series);
    const { expected, late, dropped } = signals.fold.merge.counters();
    if (span === null || lost < LEAST || lost > MOST_LOST * expected) return [];
    if (late > MOST_LATE * lost || dropped > MOST_DROPPED * lost) return [];
    const times = signals.times("latency", [0, signals.rows.length]);
    const within = withinUs(signals.names.map(({ reply }) => reply));
    if (times === null || within === null || times.quantile(0.999) > SOON * within) return [];
    const pings = signals.times("ping", [0, signals.rows.length]);
    return [
      {
        cause: "message-loss",
        confidence: pings === null ? "possible" : "likely",
        sentence: `Replies are lost: ${partOf(lost, expected)} never came, and all others came within ${ms(times.quantile(0.999))}.`,
        evidence: [
          shownIn(
            `${partOf(lost, expected)} of the messages got no reply in time, ${late} got one too late, and ${dropped} connections were dropped.`,
            ...span,
          ),
        ],
        against:
          pings === null
            ? [
                "No pings were sent: connections that died without a sign would look alike (`connect.heartbeat`).",
              ]
            : [],
        nextProbe:
          "The samples under Failures name connections and moments: follow one of those messages through the service.",
        from: span[0],
        to: span[1],
        impact: lost,
        symptoms: series,
      },
    ];
  },
};

/** The shortest time that a reply has; null: none is awaited. */
function withinUs(
  replies: readonly (
    | { readonly match: "none" }
    | { readonly match: string; readonly withinUs: number }
  )[],
): number | null {
  const all = replies.flatMap((reply) => ("withinUs" in reply ? [reply.withinUs] : []));
  return all.length === 0 ? null : Math.min(...all);
}
