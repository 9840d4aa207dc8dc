/**
 * Detector: the connections that end are those that send fast, more of them than the share of all messages that these send: a limit on the
 * rate of messages. Listed in ../registry.ts. Invariant: what comes with a message, whoever sends it, is no limit on their rate, and what
 * comes with one number of messages is a quota (clock.ts).
 */
import type { KnownMoment } from "../../../merge/evidence/failure-events.ts";
import type { FailureSeries } from "../../../merge/failures/failure-series.ts";
import { countAboveP } from "../../stats/proportion.ts";
import { count, partOf, percent } from "../../text.ts";
import { type Detector, type Hypothesis, shownIn } from "../detector.ts";
import { type Signals, spanOf } from "../signals.ts";
import { isExact, sentPerSecond } from "./clocks.ts";

const LEAST_EVENTS = 15;
const LEAST_CONTROLS = 20;
/** Of those that end, the slowest that may have ended for something else. */
const SLOWEST = 0.05;
/** The share of those that end over the share of messages of all who send as fast. */
const LEAST_RATIO = 1.25;
const MOST_P = 0.01;
/** IANA: a policy was violated; try again later. */
const POLICY: ReadonlySet<number | null> = new Set([1008, 1013]);

export const messageRate: Detector = {
  meta: {
    causes: ["message-rate-limit"],
    doc: "of 15 closes or more, 95 % are of connections that send at some rate or faster, 1.25 times as many as the messages of all who do (p < 0.01), and not after one number of messages; `likely` when the close code says that a policy was violated",
    explains: ["message-loss"],
    resembles: ["server-errors", "failing-message-type"],
  },
  detect: (signals) =>
    [...signals.of("close-code"), ...signals.of("abnormal-close")].flatMap((series) =>
      found(signals, series),
    ),
};

function found(signals: Signals, series: FailureSeries): Hypothesis[] {
  const events = signals.eventsOf(series);
  const span = spanOf([series]);
  const rates = ratesOf(events).sort((a, b) => a.rate - b.rate);
  const controls = ratesOf(signals.events.controls);
  if (rates.length < LEAST_EVENTS || controls.length < LEAST_CONTROLS || span === null) return [];
  if (isExact(events.map(({ sent }) => sent))) return [];
  const least = rates[Math.floor(SLOWEST * rates.length)]?.rate ?? 0;
  const inside = rates.filter(({ rate }) => rate >= least).length;
  // Who sends twice as many messages is exposed twice as much to whatever comes with one.
  const messages = (of: typeof controls) =>
    of.reduce((sum, { rate, weight }) => sum + rate * weight, 0);
  const share = messages(controls.filter(({ rate }) => rate >= least)) / messages(controls);
  if (
    inside < LEAST_RATIO * share * rates.length ||
    countAboveP({ count: inside, of: rates.length }, share) > MOST_P
  ) {
    return [];
  }
  const perSecond = `${count(Number(least.toPrecision(2)))} messages per second`;
  return [
    {
      cause: "message-rate-limit",
      confidence: POLICY.has(series.code) ? "likely" : "possible",
      sentence: `Connections that send fast are ended: ${partOf(inside, rates.length)} of those that ended sent ${perSecond} or more, and those who do send ${percent(share)} of all messages.`,
      evidence: [
        shownIn(
          `Of a sample of ${count(rates.length)} closes ${count(inside)} lie there, against ${Number((share * rates.length).toPrecision(2))} by the messages of ${count(controls.length)} healthy moments.`,
          ...span,
        ),
      ],
      against: ["Something else that only those who send fast do would look alike."],
      nextProbe: "Halve the messages per second of a connection: the closes should stop.",
      from: span[0],
      to: span[1],
      impact: series.count,
      symptoms: [series],
    },
  ];
}

function ratesOf(moments: readonly KnownMoment[]) {
  return moments.flatMap((one) => {
    const rate = sentPerSecond(one);
    return rate === null ? [] : [{ rate, weight: one.weight }];
  });
}
