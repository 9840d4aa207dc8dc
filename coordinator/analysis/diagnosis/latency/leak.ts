/**
 * Detector: the service runs out of something, memory as a rule: replies take longer from second to second at constant load until it dies, or
 * it stands still for longer and longer, whether it dies or not. Listed in ../registry.ts. Invariant: a death alone is a crash, pauses alone
 * are pauses, a trend alone is drift (drift.ts); what came before the first death counts, as a service that starts again has all its memory.
 */

import type { Confidence, Evidence } from "../../judgement.ts";
import { blockSeconds, lagOneCorrelation } from "../../stats/dependence.ts";
import { mean, median } from "../../stats/interval.ts";
import { mannKendallP, withoutTrend } from "../../stats/trend.ts";
import { count, ms } from "../../text.ts";
import { type Detector, type Hypothesis, MEMORY_UNKNOWN, shownIn } from "../detector.ts";
import { type MassClose, massCloses } from "../mass-close.ts";
import type { Signals } from "../signals.ts";
import { type Pause, pausesIn } from "./standstills.ts";
import { blocksOf, steadySeconds } from "./steady.ts";

const LEAST_SECONDS = 6;
const MOST_P = 0.01;
/** Fewer blocks say nothing about a trend: then it is looked for in seconds. */
const LEAST_BLOCKS = 12;
const MOST_GAP_SECONDS = 5;
/** The last third over the first, of seconds, and of pauses, whose first are as long as can be seen at all. */
const GROWTH = 2;
const PAUSE_GROWTH = 1.5;
/** Two in each third. */
const LEAST_PAUSES = 6;
/** Pauses without a trend of their own, beside one of replies. */
const LEAST_SEEN = 2;

export const leak: Detector = {
  meta: {
    causes: ["memory-leak"],
    doc: "before the service dies p99 doubles at constant load, with a trend (Mann-Kendall, p < 0.01); or 6 times or more, before it dies or ever, it stands still as `event-loop-pauses` does, and these pauses become half as long again, with a trend",
    explains: [
      "crash-and-restart",
      "event-loop-pauses",
      "periodic-stall",
      "service-down",
      "reconnect-storm",
      "network-latency",
      "network-jitter",
    ],
  },
  detect(signals) {
    const [death = null] = massCloses(signals).sort((a, b) => a.from - b.from);
    const end = death?.from ?? signals.rows.length;
    // How long replies took is known of seconds that are clean all through.
    const isKnown = ({ seconds }: Pause) => signals.cleanShare(...seconds) === 1;
    const before = pausesIn(signals).filter((one) => one.at < end && isKnown(one));
    const trends = [
      pauseTrend(before),
      death === null ? null : replyTrend(signals, death, before.length >= LEAST_SEEN),
    ];
    const found = trends.filter((trend) => trend !== null);
    return found.length === 0 ? [] : [hypothesis(signals, found, death)];
  },
};

interface Trend {
  readonly confidence: Confidence;
  /** What it did, after "The service". */
  readonly did: string;
  readonly evidence: Evidence;
  readonly from: number;
  readonly to: number;
}

/** @param trends one at least; the first is told */
function hypothesis(
  signals: Signals,
  trends: readonly Trend[],
  death: MassClose | null,
): Hypothesis {
  const [first] = trends as [Trend];
  const from = Math.min(...trends.map((trend) => trend.from));
  const to = death?.to ?? Math.max(...trends.map((trend) => trend.to));
  const until = death === null ? "" : `, until it died at second ${death.from}`;
  return {
    cause: "memory-leak",
    confidence: trends.some(({ confidence }) => confidence === "likely") ? "likely" : "possible",
    sentence: `The service ${first.did}${until}. It runs out of something, memory as a rule.`,
    evidence: [
      ...trends.map(({ evidence }) => evidence),
      ...(death === null
        ? []
        : [shownIn(`${count(death.closed)} connections ended at once.`, death.from, death.to)]),
    ],
    against: [`${MEMORY_UNKNOWN}.`],
    nextProbe:
      "Watch the service's memory and its garbage collections; give it twice the memory: it should live about twice as long.",
    from,
    to,
    impact: death === null ? signals.repliesIn([from, to]) : death.closed,
    symptoms:
      death === null
        ? []
        : [
            ...signals.of("abnormal-close"),
            ...signals.of("tcp-refused"),
            ...signals.of("unanswered"),
          ],
  };
}

/** Pauses that get longer and longer are those of a collector that has more and more to look at. */
function pauseTrend(before: readonly Pause[]): Trend | null {
  const lengths = before.map(({ lengthUs }) => lengthUs);
  const [head, tail] = [before[0], before.at(-1)];
  if (head === undefined || tail === undefined || lengths.length < LEAST_PAUSES) return null;
  if (!isRising(lengths, PAUSE_GROWTH)) return null;
  const [first, last] = endsOf(lengths);
  return {
    confidence: "likely",
    did: `stood still ${count(before.length)} times, longer and longer (from ${ms(first)} to ${ms(last)})`,
    evidence: {
      sentence: `The longest reply of these pauses went from ${ms(first)} to ${ms(last)}; the generator's own turns were on time.`,
      seconds: before.slice(0, 50).map(({ seconds }) => seconds),
    },
    from: head.seconds[0],
    to: tail.seconds[1],
  };
}

/** Means of the first third and of the last. */
function endsOf(series: readonly number[]): readonly [first: number, last: number] {
  const third = Math.floor(series.length / 3);
  return [mean(series.slice(0, third)), mean(series.slice(-third))];
}

function isRising(series: readonly number[], growth: number): boolean {
  const [first, last] = endsOf(series);
  return last >= growth * first && mannKendallP(series) <= MOST_P;
}

/** @param isPausing it stood still, too: then a trend that may be one of neighbours is none of chance */
function replyTrend(signals: Signals, death: MassClose, isPausing: boolean): Trend | null {
  const before = steadySeconds(signals).filter(({ second }) => second < death.from);
  const series = before.map(({ p99Us }) => p99Us);
  const third = Math.floor(series.length / 3);
  const blocks = blocksIn(series);
  if (series.length < LEAST_SECONDS || mannKendallP(blocks ?? series) > MOST_P) return null;
  // The stretch looked at ends when the service does.
  if (death.from - (before.at(-1)?.second ?? 0) > MOST_GAP_SECONDS) return null;
  const [first, last] = [median(series.slice(0, third)), median(series.slice(-third))];
  if (last < GROWTH * first) return null;
  const from = before[0]?.second ?? 0;
  return {
    confidence: isPausing || blocks !== null || isSureOf(series) ? "likely" : "possible",
    did: `got slower: p99 went from ${ms(first)} to ${ms(last)} at the same load`,
    evidence: shownIn(
      `p99 of the seconds before rises from ${ms(first)} to ${ms(last)}.`,
      from,
      death.from,
    ),
    from,
    to: death.from,
  };
}

/** The trend stays when neighbouring seconds are taken to depend on one another as they do about it. */
function isSureOf(series: readonly number[]): boolean {
  const correlation = lagOneCorrelation(withoutTrend(series.map(Math.log)));
  return mannKendallP(series, correlation) <= MOST_P;
}

/** Blocks of the seconds; null: there are too few, and neighbouring seconds depend on one another. */
function blocksIn(series: readonly number[]): readonly number[] | null {
  const blocks = blocksOf(series, blockSeconds(lagOneCorrelation(series)));
  return blocks.length < LEAST_BLOCKS ? null : blocks;
}
