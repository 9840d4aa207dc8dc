/**
 * Detector: attempts to connect get "too many requests", and more of them do the faster they come. Listed in ../registry.ts.
 * Invariant: a status alone makes nothing certain.
 */
import { count, partOf } from "../../text.ts";
import { type Detector, shownIn } from "../detector.ts";
import { countIn, countOf, type Signals, spanOf } from "../signals.ts";

const LEAST_REFUSED = 5;
const TOO_MANY = 429;
/** Attempts of a second in which it was said, over those in which it was not. */
const FASTER = 1.5;

export const handshakeRate: Detector = {
  meta: {
    causes: ["handshake-rate-limit"],
    doc: "5 attempts or more got HTTP 429; `certain` when they did while attempts came 1.5 times as fast as else",
    explains: ["reconnect-storm", "failing-backend", "server-errors"],
  },
  detect(signals) {
    const series = signals.of("upgrade-status", TOO_MANY);
    const span = spanOf(series);
    const refused = countOf(series);
    if (refused < LEAST_REFUSED || span === null) return [];
    const { during, before, accepted } = ratesOf(signals, series);
    // Nobody got in: that is no limit of how many do.
    if (accepted === 0) return [];
    const isFaster = before === null || during >= FASTER * before;
    const slower =
      before === null
        ? "There was no second with attempts in which none of them got it."
        : `In the seconds in which nobody got it, ${count(Math.round(before))} came per second.`;
    return [
      {
        cause: "handshake-rate-limit",
        confidence: before !== null && isFaster ? "certain" : "likely",
        sentence: `The service limits new connections to about ${count(Math.round(accepted))} per second: faster attempts got HTTP 429.`,
        evidence: [
          shownIn(
            `${partOf(refused, attemptsIn(signals, span))} of the attempts got HTTP 429; in those seconds ${count(Math.round(during))} came per second, and ${count(Math.round(accepted))} were accepted.`,
            ...span,
          ),
          ...(before === null ? [] : [{ sentence: slower, seconds: [] }]),
        ],
        against: [
          ...(before === null ? [slower] : []),
          ...(isFaster
            ? []
            : ["Attempts that got it did not come faster than those that did not."]),
        ],
        nextProbe:
          "Halve the rate of new connections (a longer ramp, or `reconnect` with jitter): the 429s should go away.",
        from: span[0],
        to: span[1],
        impact: refused,
        symptoms: series,
      },
    ];
  },
};

/** Attempts and accepted ones per second, as means over the seconds with and without refusals. */
function ratesOf(signals: Signals, series: ReturnType<Signals["of"]>) {
  const sums = { during: 0, accepted: 0, seconds: 0, before: 0, beforeSeconds: 0 };
  for (const { second, opened, failed } of signals.rows) {
    if (opened + failed === 0) continue;
    if (countIn(series, second) > 0) {
      sums.during += opened + failed;
      sums.accepted += opened;
      sums.seconds++;
    } else {
      sums.before += opened + failed;
      sums.beforeSeconds++;
    }
  }
  const seconds = Math.max(1, sums.seconds);
  return {
    during: sums.during / seconds,
    accepted: sums.accepted / seconds,
    before: sums.beforeSeconds === 0 ? null : sums.before / sums.beforeSeconds,
  };
}

function attemptsIn(signals: Signals, [from, to]: readonly [number, number]): number {
  const all = signals.rows.slice(from, to).reduce((sum, row) => sum + row.opened + row.failed, 0);
  return Math.max(1, all);
}
