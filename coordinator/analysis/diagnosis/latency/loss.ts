/**
 * Detector: a few replies take 200 ms longer than the rest and hardly any lie between: what a lost packet costs until it is sent again
 * (the least retransmission timeout of Linux). Listed in ../registry.ts. Invariant: single replies at single moments; what stands still
 * for all at once is another cause (pauses.ts), and so is a long tail without a gap.
 */
import { boundAt } from "../../../../shared/stats/histogram.ts";
import { count, ms, partOf } from "../../text.ts";
import type { Detector } from "../detector.ts";
import type { Signals } from "../signals.ts";

/** Beyond the median, microseconds: where retransmissions begin, and the gap below them. */
const RETRANSMITTED_US = 195_000;
const MODE_END_US = 290_000;
const GAP_FROM_US = 60_000;
/** Values per microsecond in the mode, over those in the gap. */
const PEAK = 2;
const LEAST_SLOW = 20;
const LEAST_SHARE = 0.001;
const MOST_SHARE = 0.2;
/** Of the seconds with replies, those with such a one. */
const LEAST_SECONDS = 0.3;

export const loss: Detector = {
  meta: {
    causes: ["network-loss"],
    doc: "0.1 to 20 % of the replies take about 200 ms longer than the median, twice as densely as those between 60 and 195 ms, in three of ten seconds or more, one by one",
    explains: ["reordering"],
  },
  detect(signals) {
    const times = signals.times("service", [0, signals.rows.length]);
    if (times === null || times.count < 500) return [];
    const middle = times.quantile(0.5);
    const bounds = [GAP_FROM_US, RETRANSMITTED_US, MODE_END_US].map((us) => boundAt(middle + us));
    const [near = 0, below = 0, within = 0] = times.countsUpTo(bounds);
    const slow = times.count - below;
    const gap = (below - near) / (RETRANSMITTED_US - GAP_FROM_US);
    const mode = (within - below) / (MODE_END_US - RETRANSMITTED_US);
    if (slow < LEAST_SLOW || slow < LEAST_SHARE * times.count || slow > MOST_SHARE * times.count)
      return [];
    if (mode < PEAK * Math.max(gap, 1 / (RETRANSMITTED_US - GAP_FROM_US))) return [];
    const { seconds, slowSeconds, from, to } = secondsWith(
      signals,
      boundAt(middle + RETRANSMITTED_US),
    );
    if (slowSeconds < LEAST_SECONDS * seconds) return [];
    return [
      {
        cause: "network-loss",
        confidence: "possible",
        sentence: `Packets seem to be lost: ${partOf(slow, times.count)} of the replies took 200 ms longer than the others, or a multiple of that.`,
        evidence: [
          {
            sentence: `Half of all replies came within ${ms(middle)}; ${count(within - below)} took about 200 ms more, and only ${count(below - near)} lie in the gap before. They came in ${partOf(slowSeconds, seconds)} of the seconds.`,
            seconds: [[from, to]],
          },
        ],
        against: [
          "A timer of 200 ms in the service or its proxy (delayed acknowledgements, batching) looks alike.",
        ],
        nextProbe:
          "Watch the retransmissions of the workers and of the target (`nstat TcpRetransSegs`) during a run.",
        from,
        to,
        impact: slow,
        symptoms: [],
      },
    ];
  },
};

function secondsWith(signals: Signals, boundUs: number) {
  let seconds = 0;
  let slowSeconds = 0;
  let [from, to] = [signals.rows.length, 0];
  for (const { second } of signals.rows) {
    if (!signals.isClean(second)) continue;
    const times = signals.times("service", [second, second + 1]);
    if (times === null) continue;
    seconds++;
    if (times.max <= boundUs) continue;
    slowSeconds++;
    from = Math.min(from, second);
    to = second + 1;
  }
  return { seconds, slowSeconds, from: Math.min(from, Math.max(0, to - 1)), to };
}
