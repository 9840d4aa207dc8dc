/**
 * Detector: replies take longer from second to second at constant load, and then the service dies: it ran out of something, memory as a
 * rule. Listed in ../registry.ts. Invariant: a death alone is a crash, a trend alone is drift (drift.ts); both together are one cause.
 */

import { blockSeconds, lagOneCorrelation } from "../../stats/dependence.ts";
import { median } from "../../stats/interval.ts";
import { mannKendallP, theilSenSlope } from "../../stats/trend.ts";
import { ms } from "../../text.ts";
import { type Detector, MEMORY_UNKNOWN, shownIn } from "../detector.ts";
import { massCloses } from "../mass-close.ts";
import { blocksOf, steadySeconds } from "./steady.ts";

const LEAST_SECONDS = 6;
const MOST_P = 0.01;
/** Fewer blocks say nothing about a trend: then it is looked for in seconds. */
const LEAST_BLOCKS = 12;
const MOST_GAP_SECONDS = 5;
/** The last third of the seconds before it, over the first. */
const GROWTH = 2;

export const leak: Detector = {
  meta: {
    causes: ["memory-leak"],
    doc: "at constant load p99 doubles, with a trend (Mann-Kendall, p < 0.01), in the seconds before the service dies",
    explains: [
      "crash-and-restart",
      "event-loop-pauses",
      "periodic-stall",
      "service-down",
      "reconnect-storm",
    ],
  },
  detect(signals) {
    const deaths = massCloses(signals).sort((a, b) => a.from - b.from);
    const [death] = deaths;
    if (death === undefined) return [];
    const before = steadySeconds(signals).filter(({ second }) => second < death.from);
    const series = before.map(({ p99Us }) => p99Us);
    const third = Math.floor(series.length / 3);
    const blocks = blocksIn(series);
    if (series.length < LEAST_SECONDS || mannKendallP(blocks ?? series) > MOST_P) return [];
    // The stretch looked at ends when the service does.
    if (death.from - (before.at(-1)?.second ?? 0) > MOST_GAP_SECONDS) return [];
    const [first, last] = [median(series.slice(0, third)), median(series.slice(-third))];
    if (last < GROWTH * first) return [];
    const from = before[0]?.second ?? 0;
    return [
      {
        cause: "memory-leak",
        confidence: blocks !== null || isSureOf(series) ? "likely" : "possible",
        sentence: `The service got slower until it died at second ${death.from}: p99 went from ${ms(first)} to ${ms(last)} at the same load. It runs out of something, memory as a rule.`,
        evidence: [
          shownIn(
            `p99 of the seconds before rises from ${ms(first)} to ${ms(last)}.`,
            from,
            death.from,
          ),
          shownIn(`${death.closed} connections ended at once.`, death.from, death.to),
        ],
        against: [`${MEMORY_UNKNOWN}.`],
        nextProbe:
          "Watch the service's memory and its garbage collections; give it twice the memory: it should live about twice as long.",
        from,
        to: death.to,
        impact: death.closed,
        symptoms: [
          ...signals.of("abnormal-close"),
          ...signals.of("tcp-refused"),
          ...signals.of("unanswered"),
        ],
      },
    ];
  },
};

/** The trend stays when neighbouring seconds are taken to depend on one another as they do about it. */
function isSureOf(series: readonly number[]): boolean {
  const logs = series.map(Math.log);
  const slope = theilSenSlope(logs);
  const correlation = lagOneCorrelation(logs.map((value, at) => value - slope * at));
  return mannKendallP(series, correlation) <= MOST_P;
}

/** Blocks of the seconds; null: there are too few, and neighbouring seconds depend on one another. */
function blocksIn(series: readonly number[]): readonly number[] | null {
  const blocks = blocksOf(series, blockSeconds(lagOneCorrelation(series)));
  return blocks.length < LEAST_BLOCKS ? null : blocks;
}
