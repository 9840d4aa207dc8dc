/**
 * Detector: replies wait for something behind the process, what waits piles up, and the process then stands still for longer and longer, until
 * pongs come too late: a slow dependency that takes memory, and with it everything else. Listed in ../registry.ts. Invariant: replies waited,
 * and pings did not, before the first pause; pauses with nothing before them are those of latency/pauses.ts.
 */
import type { FailureSeries } from "../../../merge/failures/failure-series.ts";
import { median } from "../../stats/interval.ts";
import { count, ms } from "../../text.ts";
import { type Detector, type Hypothesis, shownIn } from "../detector.ts";
import { FOLLOWS_A_LIMIT } from "../latency/saturation.ts";
import { type Pause, pausesIn, TICK_US } from "../latency/standstills.ts";
import { countOf, type Signals, spanOf } from "../signals.ts";

/** Before the first pause half of the replies take so long at least, and so many times as long as before. */
const LEAST_US = 50_000;
const SLOWER = 5;
/** Pings that stay below this share of that say that the process is not busy. */
const PING_SHARE = 0.2;
/** Answered of what was sent. */
const FALLS_BEHIND = 0.95;
const LEAST_PAUSES = 2;
/** Or so many connections are given up for want of a pong. */
const LEAST_MISSING = 8;
/** The longest of the later half, over the first. */
const GROWTH = 1.5;

export const backlog: Detector = {
  meta: {
    causes: ["dependency-pool"],
    doc: "from some second on half of the replies take 5 times as long, and 50 ms, at least, fewer come than are asked for, and pings stay below a fifth of that; with it, or after it, `event-loop-pauses` begin, twice or more, that become half as long again, or once, and then 8 connections or more get no pong in time",
    explains: [
      ...FOLLOWS_A_LIMIT,
      "event-loop-pauses",
      "periodic-stall",
      "saturation",
      "dependency-pool",
    ],
  },
  detect(signals) {
    const pauses = longPausesIn(signals);
    const [first] = pauses;
    if (first === undefined) return [];
    const [since] = first.seconds;
    // In the second of the first pause most pings were answered before it, or after.
    const waiting = waitingBefore(signals, since + 1);
    if (waiting === null) return [];
    const isEnded = countOf(pongsMissing(signals)) >= LEAST_MISSING;
    const isChain = isEnded || (pauses.length >= LEAST_PAUSES && isGrowing(pauses));
    return isChain ? [hypothesis(signals, waiting, pauses)] : [];
  },
};

/** Connections given up for want of a pong; none where the first was before any pause. */
function pongsMissing(signals: Signals): readonly FailureSeries[] {
  const late = signals.of("heartbeat-timeout");
  const since = Math.min(...longPausesIn(signals).map(({ seconds }) => seconds[0]));
  return (spanOf(late)?.[0] ?? since) < since ? [] : late;
}

interface Waiting {
  readonly second: number;
  readonly beforeUs: number;
  readonly p50Us: number;
  readonly pingUs: number;
}

/** Those that leave ticks without a reply. */
function longPausesIn(signals: Signals): readonly Pause[] {
  return pausesIn(signals).filter(({ ticks }) => ticks > 0);
}

function isGrowing(pauses: readonly Pause[]): boolean {
  const later = pauses.slice(Math.floor(pauses.length / 2));
  const longest = later.reduce((most, { ticks }) => Math.max(most, ticks), 0);
  return longest >= GROWTH * (pauses[0]?.ticks ?? 0);
}

/** The first second in which replies waited, and the process was not busy; null: there is none before that second. */
function waitingBefore(signals: Signals, end: number): Waiting | null {
  const before: number[] = [];
  for (const { second, sent, received } of signals.rows.slice(0, end)) {
    const seconds = [second, second + 1] as const;
    const p50Us = signals.times("latency", seconds)?.quantile(0.5) ?? null;
    const pingUs = signals.times("ping", seconds)?.quantile(0.5) ?? null;
    if (p50Us === null) continue;
    const beforeUs = median(before);
    const isSlow = p50Us >= Math.max(LEAST_US, SLOWER * beforeUs);
    if (!isSlow) before.push(p50Us);
    else if (before.length === 0 || received > FALLS_BEHIND * sent) return null;
    else if (pingUs === null || pingUs > PING_SHARE * p50Us) return null;
    else return { second, beforeUs, p50Us, pingUs };
  }
  return null;
}

function hypothesis(signals: Signals, waiting: Waiting, pauses: readonly Pause[]): Hypothesis {
  const { second: from, beforeUs, p50Us, pingUs } = waiting;
  const first = pauses[0] as Pause;
  const [since] = first.seconds;
  const longest = pauses.reduce((most, { ticks }) => Math.max(most, ticks), 0);
  const late = pongsMissing(signals);
  const given = countOf(late);
  const [lateFrom, lateTo] = spanOf(late) ?? [since, since];
  const to = signals.rows.length;
  return {
    cause: "dependency-pool",
    confidence: "likely",
    sentence: `Replies wait for something behind the process from second ${from} on, and what waits piles up: from second ${since} on the process stands still${isGrowing(pauses) ? ", for longer and longer" : ""}${given === 0 ? "" : `, until ${count(given)} connections get no pong in time`}.`,
    evidence: [
      shownIn(
        `Half of the replies took ${ms(p50Us)}, where they had taken ${ms(beforeUs)}; half of the pings took ${ms(pingUs)}, so the process itself was not busy yet.`,
        from,
        from + 1,
      ),
      {
        sentence: `Then nothing came ${count(pauses.length)} times: for ${ms(first.ticks * TICK_US)} at first, for up to ${ms(longest * TICK_US)} later.`,
        seconds: pauses.slice(0, 50).map(({ seconds }) => seconds),
      },
      ...(given === 0
        ? []
        : [
            shownIn(
              `${count(countOf(late))} connections were given up for want of a pong, from second ${lateFrom} on.`,
              lateFrom,
              lateTo,
            ),
          ]),
    ],
    against: ["That pauses follow from what waits is taken from their order and their growth."],
    nextProbe:
      "Bound what may wait (shed load, or answer with an error), and double what it waits for (connections of a pool): without a backlog the pauses should go.",
    from,
    to,
    // All that was asked for since: of one cause the account that goes further comes first.
    impact: signals.rows.slice(from).reduce((sum, { sent }) => sum + sent, 0),
    symptoms: [...late, ...signals.of("reply-timeout"), ...signals.of("unanswered")],
  };
}
