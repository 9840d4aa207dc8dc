/**
 * Detector: at constant load replies take longer and longer: what a service that fills up does (memory, a table, a queue). Listed in
 * ../registry.ts. Invariant: the trend is tested on blocks long enough to be independent of one another; a short run has none.
 */
import { blockSeconds, lagOneCorrelation } from "../../stats/dependence.ts";
import { median } from "../../stats/interval.ts";
import { mannKendallP, theilSenSlope, withoutTrend } from "../../stats/trend.ts";
import { ms, percent } from "../../text.ts";
import { type Detector, MEMORY_UNKNOWN, shownIn } from "../detector.ts";
import { blocksOf, steadySeconds } from "./steady.ts";

const LEAST_BLOCKS = 12;
const MOST_P = 0.001;
/** From the beginning of the stretch to its end, at least. */
const LEAST_GROWTH = 0.25;
const LEAST_US = 2000;

export const drift: Detector = {
  meta: {
    causes: ["memory-leak"],
    doc: "at constant load p99 rises by a quarter, and 2 ms, at least, over 12 blocks of 20 s or more (Theil-Sen, Mann-Kendall with p < 0.001)",
    explains: [],
  },
  detect(signals) {
    const steady = steadySeconds(signals);
    const series = steady.map(({ p99Us }) => p99Us);
    const long = blockSeconds(lagOneCorrelation(withoutTrend(series)));
    const blocks = blocksOf(series, long);
    if (blocks.length < LEAST_BLOCKS) return [];
    const rise = theilSenSlope(blocks) * (blocks.length - 1);
    const start = median(blocks.slice(0, Math.ceil(blocks.length / 4)));
    const p = mannKendallP(blocks);
    if (p > MOST_P || rise < LEAST_GROWTH * start || rise < LEAST_US) return [];
    const from = steady[0]?.second ?? 0;
    const to = (steady.at(-1)?.second ?? 0) + 1;
    return [
      {
        cause: "memory-leak",
        confidence: "possible",
        sentence: `Replies take longer and longer at constant load: p99 rose by ${ms(rise)} (${percent(rise / start)}) from second ${from} to ${to}.`,
        evidence: [
          shownIn(
            `${blocks.length} blocks of ${long} s: the median slope is ${ms(rise / (blocks.length - 1))} a block, and the trend is not chance (p = ${p.toExponential(1)}).`,
            from,
            to,
          ),
        ],
        against: [`${MEMORY_UNKNOWN}: a queue or a table that grows does the same.`],
        nextProbe:
          "Watch the service's memory and its garbage collections over a run twice as long; restart it in between, and see whether that makes it fast again.",
        from,
        to,
        impact: signals.repliesIn([from, to]),
        symptoms: [],
      },
    ];
  },
};
