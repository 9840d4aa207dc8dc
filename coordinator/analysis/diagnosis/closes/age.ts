/**
 * Detector: the service ends connections that have the same age, whenever they were opened: an idle timeout, a longest lifetime,
 * or a token that runs out. Listed in ../registry.ts. Invariant: what cannot be told apart (idle time from age when nobody sends)
 * is said to be so.
 */
import { rolesOf } from "../../../../shared/scenario/names.ts";
import type { FailureSeries } from "../../../merge/failures/failure-series.ts";
import type { CauseId } from "../../findings/causes.ts";
import { count } from "../../text.ts";
import { type Detector, type Hypothesis, shownIn } from "../detector.ts";
import { type Signals, spanOf } from "../signals.ts";
import { isFirstAnswer } from "./first-message.ts";

const LEAST_CLOSES = 12;
/** Of what ended in these seconds, those that this close ended. */
const LEAST_SHARE = 0.8;
/** Ages lie within this share of their median, or within a second of one another. */
const WIDTH = 0.1;
const LEAST_WIDTH_US = 1_000_000;
/** They ended over so many times as long as their ages differ: else the moment tells as much as the age. */
const SPREAD = 3;
/** Of a role's connections, those that ended: then it is about them. */
const ENDED_SHARE = 0.2;
/** Messages a connection sent in that time, at least, to have been busy. */
const BUSY_MESSAGES = 3;

const KINDS = ["close-code", "abnormal-close"] as const;
const IDLE = /idle|inactiv|timeout|timed out/;
/** At an age: what connections logged in with. */
const RUNS_OUT = /token|expire|auth|credential|session|login/;
/** IANA: unauthorised, forbidden. */
const TOKEN_CODES: ReadonlySet<number | null> = new Set([3000, 3003]);

export const age: Detector = {
  meta: {
    causes: ["maximum-lifetime", "idle-timeout", "token-expiry"],
    doc: "12 connections or more are ended by the service at ages that differ by a tenth or a second, over three times as long a stretch of the run; which of the three follows from the reason, the code, and whether connections sent messages",
    explains: ["message-loss"],
    resembles: ["server-errors", "crash-and-restart", "reconnect-storm"],
  },
  detect: (signals) =>
    KINDS.flatMap((kind) => signals.of(kind).flatMap((series) => found(signals, series))),
};

interface Aged {
  readonly series: FailureSeries;
  readonly from: number;
  readonly to: number;
  readonly ageUs: number;
  readonly widthUs: number;
}

function found(signals: Signals, series: FailureSeries): Hypothesis[] {
  const span = spanOf([series]);
  if (series.count < LEAST_CLOSES || span === null) return [];
  // Who is told so at once came with the wrong ones (credentials.ts).
  if (isOfToken(signals, series) && isFirstAnswer(signals, series)) return [];
  const ages = agesOf(signals, series);
  if (ages === null) return [];
  const widthUs = ages.high - ages.low;
  const [from, to] = span;
  const isNarrow = widthUs <= Math.max(WIDTH * ages.middle, LEAST_WIDTH_US);
  const isSpread = (to - from) * 1_000_000 >= SPREAD * Math.max(widthUs, LEAST_WIDTH_US);
  if (!isNarrow || !isSpread) return [];
  return [hypothesis(signals, { series, from, to, ageUs: ages.middle, widthUs })];
}

/** Lifetimes of what ended in the seconds of these closes; null when others ended there, too. */
function agesOf(signals: Signals, series: FailureSeries) {
  const all: number[] = [];
  let ended = 0;
  for (const second of series.seconds.keys()) {
    const lifetimes = signals.times("lifetime", [second, second + 1]);
    if (lifetimes === null) continue;
    ended += lifetimes.count;
    for (const p of [0.1, 0.5, 0.9]) all.push(lifetimes.quantile(p));
  }
  if (ended === 0 || series.count < LEAST_SHARE * ended) return null;
  all.sort((a, b) => a - b);
  const at = (p: number) => all[Math.min(all.length - 1, Math.floor(p * all.length))] ?? 0;
  return { low: at(0.05), middle: at(0.5), high: at(0.95) };
}

function hypothesis(signals: Signals, aged: Aged): Hypothesis {
  const { series, from, to, ageUs, widthUs } = aged;
  const { cause, isNamed, against } = mechanism(signals, aged);
  const seconds = Number((ageUs / 1_000_000).toPrecision(3));
  const code = series.code === null ? "without a Close frame" : `with close code ${series.code}`;
  const what: Partial<Record<CauseId, string>> = {
    "maximum-lifetime": `Connections are ended when they are about ${seconds} s old`,
    "idle-timeout": `Idle connections are ended after about ${seconds} s`,
    "token-expiry": `What connections logged in with runs out after about ${seconds} s`,
  };
  return {
    cause,
    confidence: isNamed ? "certain" : against.length === 0 ? "likely" : "possible",
    sentence: `${what[cause]}: ${count(series.count)} of them were, ${code}.`,
    evidence: [
      shownIn(
        `${count(series.count)} connections ended at ages that differ by ${Number((widthUs / 1_000_000).toPrecision(2))} s, over ${to - from} s of the run.`,
        from,
        to,
      ),
    ],
    against,
    nextProbe:
      cause === "token-expiry"
        ? "Log in with a token that lives twice as long: the age should double."
        : "Have half of the connections send something every few seconds, in a role of their own: an idle timeout spares them, a longest lifetime does not.",
    from,
    to,
    impact: series.count,
    symptoms: [series],
  };
}

function mechanism(
  signals: Signals,
  { series, ageUs }: Aged,
): { readonly cause: CauseId; readonly isNamed: boolean; readonly against: string[] } {
  const text = signals.textOf(series);
  if (isOfToken(signals, series)) {
    return { cause: "token-expiry", isNamed: RUNS_OUT.test(text), against: [] };
  }
  const rates = ratesOfEnded(signals, ageUs);
  const isBusy = rates.some((sent) => sent >= BUSY_MESSAGES);
  if (IDLE.test(text) && !isBusy) return { cause: "idle-timeout", isNamed: true, against: [] };
  if (isBusy) {
    const quota = Math.round(Math.max(...rates));
    if (rates.length > 1 && Math.min(...rates) < quota / 2) {
      return { cause: "maximum-lifetime", isNamed: false, against: [] };
    }
    return {
      cause: "maximum-lifetime",
      isNamed: false,
      against: [
        `Each had sent about ${count(quota)} messages by then: a limit on their number fits as well.`,
      ],
    };
  }
  return {
    cause: "idle-timeout",
    isNamed: false,
    against: [
      "Connections sent next to nothing, so the time they were idle and their age are the same: a longest lifetime fits as well.",
    ],
  };
}

function isOfToken(signals: Signals, series: FailureSeries): boolean {
  return TOKEN_CODES.has(series.code) || RUNS_OUT.test(signals.textOf(series));
}

/** Of each role whose connections ended, the messages one of them had sent by then. */
function ratesOfEnded({ fold }: Signals, ageUs: number): number[] {
  const roles = rolesOf(fold.facts.scenario);
  return roles.flatMap(({ messages }, role) => {
    const counts = fold.merge.roles.sum(role);
    const isEnded = roles.length === 1 || counts.dropped >= ENDED_SHARE * counts.established;
    return isEnded ? [sentWithin(messages, ageUs)] : [];
  });
}

/** Messages a connection sends in that time by plan; a rate over all connections keeps each of them busy. */
function sentWithin(
  messages: ReturnType<typeof rolesOf>[number]["messages"],
  ageUs: number,
): number {
  if (messages === null) return 0;
  const { rate } = messages;
  return rate.kind === "perConnection" ? (rate.perSec * ageUs) / 1_000_000 : BUSY_MESSAGES;
}
