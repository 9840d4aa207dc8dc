/**
 * Detector: attempts are not authorised: all of them, or those that come back with what they had logged in with before; at the upgrade, or by
 * a close as soon as they have said something. Listed in ../registry.ts. Invariant: says whose first attempts were taken.
 */
import { codeOf } from "../../../../shared/stats/failure-code.ts";
import type { FailureSeries } from "../../../merge/failures/failure-series.ts";
import { count, partOf } from "../../text.ts";
import { type Detector, type Hypothesis, shownIn } from "../detector.ts";
import { countOf, type Signals, spanOf } from "../signals.ts";
import { AUTHORISATION, isFirstAnswer } from "./first-message.ts";

const LEAST = 3;
/** Close codes of a connection whose token has ended. */
const ENDED_BY: ReadonlySet<number> = new Set([1008, 3000, 3003, 4000]);
/** Of a sample of the refused, those that had been connected before. */
const RETURNING = 0.9;
/** Of those that were taken, or came back, those that were closed: fewer are not what the service does with such credentials. */
const LEAST_CLOSED = 0.01;
/** Of a sample of the closed, those that were told of credentials. */
const SAY_SO = 0.9;
/** Of first attempts, those that were taken: then it is not the scenario's credentials in general. */
const LEAST_TAKEN = 0.5;

export const credentials: Detector = {
  meta: {
    causes: ["stale-token", "not-authorised"],
    doc: "3 attempts or more got HTTP 401 or 403; `stale-token` when nine of ten of them were not the first of their connection. The same when 3 connections or more, nine of ten of a sample, were closed within a second of their opening or of their only message, with a reason that speaks of credentials (`token`, `jwt`, `auth`, `credential`, `expired`, `login`; nine of ten of a sample with a code of the application or 1008) or close code 3000 or 3003; `possible` where that is less than 1 % of the connections that opened, of `stale-token` of the reconnects",
    explains: ["failing-backend", "token-expiry"],
  },
  detect: (signals) => [...turnedAway(signals), ...closedAtOnce(signals)],
};

/** By the answer to the upgrade. */
function turnedAway(signals: Signals): Hypothesis[] {
  const series = [...signals.of("upgrade-status", 401), ...signals.of("upgrade-status", 403)];
  const refused = countOf(series);
  const span = spanOf(series);
  if (refused < LEAST || span === null) return [];
  const samples = series.flatMap((one) => one.samples);
  const returning = samples.filter(({ attempt }) => attempt > 0).length;
  const { attempted, reconnects, established } = signals.fold.merge.counters();
  const isStale =
    samples.length > 0 &&
    returning >= RETURNING * samples.length &&
    established >= LEAST_TAKEN * (attempted - reconnects);
  const common = {
    from: span[0],
    to: span[1],
    impact: refused,
    symptoms: series,
    evidence: [
      shownIn(`${count(refused)} attempts got HTTP 401 or 403.`, ...span),
      {
        sentence: `${partOf(returning, Math.max(1, samples.length))} of a sample of them were not the first of their connection; ${count(established)} attempts were taken.`,
        seconds: [],
      },
    ],
  };
  if (isStale) {
    const closes = signals.of("close-code").filter(({ code }) => ENDED_BY.has(code ?? 0));
    return [
      {
        ...common,
        // That their tokens ended is the first that is seen of it.
        from: Math.min(common.from, spanOf(closes)?.[0] ?? common.from),
        symptoms: [...series, ...closes],
        cause: "stale-token",
        confidence: "likely",
        sentence: `Connections that come back are not authorised (${count(refused)} attempts): what they logged in with is no longer valid.`,
        against: [],
        nextProbe:
          "Log in again ahead of each attempt (`flow.before`), and see whether they are taken.",
      },
    ];
  }
  return [
    {
      ...common,
      cause: "not-authorised",
      confidence: established === 0 ? "certain" : "likely",
      sentence: `The service does not accept the credentials of ${count(refused)} attempts.`,
      against: established === 0 ? [] : [`${count(established)} other attempts were taken.`],
      nextProbe: "Try the same headers and login with `onrush probe`.",
    },
  ];
}

/** By how connections are closed that have said nothing yet, or one thing. */
function closedAtOnce(signals: Signals): Hypothesis[] {
  const series = signals
    .of("close-code")
    .filter((one) => isAboutCredentials(signals, one) && isFirstAnswer(signals, one));
  const closed = countOf(series);
  const span = spanOf(series);
  if (closed < LEAST || span === null) return [];
  const events = series.flatMap((one) => signals.eventsOf(one));
  const codes = new Set(events.map(({ kind, signature }) => codeOf(kind, signature)?.code));
  const first = events.filter(({ attempt }) => attempt === 0);
  const { attempted, reconnects, established } = signals.fold.merge.counters();
  const isStale =
    events.length - first.length >= RETURNING * events.length &&
    first.reduce((sum, { weight }) => sum + weight, 0) < LEAST_TAKEN * (attempted - reconnects);
  const taken = isStale ? reconnects : established;
  const isRare = closed < LEAST_CLOSED * taken;
  const how = `with close code ${[...codes].join(", ")}`;
  return [
    {
      ...{ from: span[0], to: span[1], impact: closed, symptoms: series },
      cause: isStale ? "stale-token" : "not-authorised",
      confidence: isRare ? "possible" : "likely",
      sentence: `${isStale ? "Connections that come back are not authorised" : "The service does not accept the credentials of connections"} (${count(closed)} closes): it closed them as soon as they had opened or sent one message, ${how}.`,
      evidence: [
        shownIn(
          `${count(closed)} connections were closed ${how}; nine of ten of a sample within a second of their opening, or of their only message.`,
          ...span,
        ),
      ],
      against: isRare ? [`${count(taken - closed)} other connections were not closed so.`] : [],
      nextProbe: isStale
        ? "Log in again ahead of each attempt (`flow.before`), and see whether they are kept."
        : "Try the same login with `onrush probe`.",
    },
  ];
}

/** The registered codes say it; all codes of applications are one series, so that of these each close has to. */
function isAboutCredentials(signals: Signals, series: FailureSeries): boolean {
  if (series.code === 3000 || series.code === 3003) return true;
  if (!ENDED_BY.has(series.code ?? 0)) return false;
  const events = signals.eventsOf(series);
  const said = events.filter(({ signature }) => AUTHORISATION.test(signature.toLowerCase()));
  return said.length >= SAY_SO * events.length;
}
