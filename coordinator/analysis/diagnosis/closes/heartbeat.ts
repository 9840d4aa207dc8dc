/**
 * Detector: pings of open connections stay without a pong: of connections that never got any, or of connections that had got some before.
 * Listed in ../registry.ts. Invariant: how old they were when they were given up tells one from the other, and is counted, not sampled.
 */
import { rolesOf } from "../../../../shared/scenario/names.ts";
import { count, percent } from "../../text.ts";
import { type Detector, type Hypothesis, shownIn } from "../detector.ts";
import { countOf, type Signals, spanOf } from "../signals.ts";

const LEAST = 8;
/** Of what ended in these seconds. */
const LEAST_SHARE = 0.6;
/** A connection that never gets a pong is given up after ping + timeout, and as long again as a turn may take. */
const SLACK_US = 1_000_000;
const NEVER = 0.8;
/** Of them, those that are given up at that age by chance. */
const MOST_YOUNG = 0.5;

export const heartbeat: Detector = {
  meta: {
    causes: ["zombie", "blackhole"],
    doc: "8 connections or more are given up because no pong comes: `zombie` when four of five of them never got one, `blackhole` when half of them had been open for longer, or attempts to connect got no answer, too",
    explains: ["message-loss", "unknown", "failing-message-type", "server-open-files"],
  },
  detect(signals) {
    const series = signals.of("heartbeat-timeout");
    const span = spanOf(series);
    const given = countOf(series);
    if (given < LEAST || span === null) return [];
    const young = youngShare(signals, series);
    if (young === null) return [];
    const unanswered = [...signals.of("upgrade-timeout"), ...signals.of("tcp-timeout")];
    if (young < NEVER && young > MOST_YOUNG && countOf(unanswered) === 0) return [];
    const isCut = young <= MOST_YOUNG || countOf(unanswered) >= given / 4;
    return [hypothesis(signals, { series, span, given, young, unanswered, isCut })];
  },
};

interface Found {
  readonly series: ReturnType<Signals["of"]>;
  readonly span: readonly [number, number];
  readonly given: number;
  readonly young: number;
  readonly unanswered: ReturnType<Signals["of"]>;
  readonly isCut: boolean;
}

function hypothesis(signals: Signals, found: Found): Hypothesis {
  const { series, span, given, young, unanswered, isCut } = found;
  return {
    cause: isCut ? "blackhole" : "zombie",
    confidence: "likely",
    sentence: isCut
      ? `Nothing passes any more on ${count(given)} connections that had worked: they stay open, and nothing comes from the other side.`
      : `${count(given)} connections were accepted and never answered: no pong came on any of them.`,
    evidence: [
      shownIn(
        `${count(given)} connections were given up for want of a pong; ${percent(young)} of them were no older than it takes to give up one that never gets any.`,
        ...span,
      ),
      ...(countOf(unanswered) === 0
        ? []
        : [
            {
              sentence: `${count(countOf(unanswered))} attempts to connect got no answer, either.`,
              seconds: [],
            },
          ]),
    ],
    against: [
      isCut
        ? "A service that hangs for some of its connections looks alike."
        : "A network that loses everything of a connection but its beginning looks alike.",
    ],
    nextProbe: isCut
      ? "Trace the packets of one such connection on both sides: what leaves one and does not reach the other is lost on the way."
      : "Look at what those connections have in common: their moment, their backend, their path; `onrush probe` shows whether a single one is answered.",
    from: span[0],
    to: span[1],
    impact: given,
    symptoms: [
      ...series,
      ...unanswered,
      ...signals.of("reply-timeout"),
      ...signals.of("unanswered"),
    ],
  };
}

/** Of the connections given up, those that were as young as one that never got a pong; null: they cannot be told from others. */
function youngShare(signals: Signals, series: ReturnType<Signals["of"]>): number | null {
  const beats = rolesOf(signals.fold.facts.scenario).flatMap(
    ({ connect }) => connect.heartbeat ?? [],
  );
  if (beats.length === 0) return null;
  const bound = Math.max(...beats.map(({ pingUs, timeoutUs }) => pingUs + timeoutUs)) + SLACK_US;
  let young = 0;
  let ended = 0;
  for (const second of new Set(series.flatMap(({ seconds }) => [...seconds.keys()]))) {
    const ages = signals.times("lifetime", [second, second + 1]);
    if (ages === null) continue;
    ended += ages.count;
    for (let p = 0.05; p < 1; p += 0.1) if (ages.quantile(p) <= bound) young += ages.count / 10;
  }
  return ended === 0 || countOf(series) < LEAST_SHARE * ended ? null : Math.min(1, young / ended);
}
