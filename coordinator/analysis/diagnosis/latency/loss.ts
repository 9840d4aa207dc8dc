/**
 * Detector: a few replies take 200 ms longer than the rest of their kind and hardly any lie between: what a lost packet costs until it is
 * sent again (the least retransmission timeout of Linux). Listed in ../registry.ts. Invariant: single replies at single moments; what stands
 * still for all at once is another cause (pauses.ts), and so is a long tail without a gap, or one slow kind of message (message.ts).
 */
import { boundAt } from "../../../../shared/stats/histogram.ts";
import { count, ms, partOf } from "../../text.ts";
import type { Detector } from "../detector.ts";
import type { Signals } from "../signals.ts";

/** Beyond the median of their kind, microseconds: the gap, where retransmissions begin behind it, and where they end. */
const GAP_FROM_US = 60_000;
const RETRANSMITTED_US = 195_000;
const MODE_END_US = 290_000;
/** Values per microsecond in the mode, over those in the gap. */
const PEAK = 2;
const LEAST_REPLIES = 500;
const LEAST_SLOW = 20;
const LEAST_SHARE = 0.001;
const MOST_SHARE = 0.2;
/** Of the seconds with replies, those with such a one. */
const LEAST_SECONDS = 0.3;

export const loss: Detector = {
  meta: {
    causes: ["network-loss"],
    doc: "0.1 to 20 % of the replies take about 200 ms longer than half of their kind, twice as densely as those between 60 and 195 ms, in three of ten seconds or more, one by one",
    explains: ["reordering"],
  },
  detect(signals) {
    const kinds = kindsOf(signals);
    const whole = tallyOf(signals, kinds, [0, signals.rows.length]);
    const { replies, inGap, within, slow } = whole;
    if (replies < LEAST_REPLIES || slow < LEAST_SLOW) return [];
    if (slow < LEAST_SHARE * replies || slow > MOST_SHARE * replies) return [];
    const gap = Math.max(1, inGap) / (RETRANSMITTED_US - GAP_FROM_US);
    if (within / (MODE_END_US - RETRANSMITTED_US) < PEAK * gap) return [];
    const known = signals.rows.flatMap(({ second }) => {
      const own = tallyOf(signals, kinds, [second, second + 1]);
      return own.replies > 0 ? [{ second, isSlow: own.slow > 0 }] : [];
    });
    const slowSeconds = known.filter(({ isSlow }) => isSlow).map(({ second }) => second);
    if (slowSeconds.length < LEAST_SECONDS * known.length) return [];
    const [from, to] = [slowSeconds[0] ?? 0, (slowSeconds.at(-1) ?? 0) + 1];
    return [
      {
        cause: "network-loss",
        confidence: "possible",
        sentence: `Packets seem to be lost: ${partOf(slow, replies)} of the replies took 200 ms longer than the others, or a multiple of that.`,
        evidence: [
          {
            sentence: `Half of all replies came within ${ms(signals.times("service", [0, signals.rows.length])?.quantile(0.5) ?? 0)}; ${count(within)} took about 200 ms more, and only ${count(inGap)} lie in the gap before. They came in ${partOf(slowSeconds.length, known.length)} of the seconds.`,
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

interface Kind {
  readonly names: ReadonlySet<number>;
  readonly middleUs: number;
}

/** Kinds of message that were answered, and what half of their replies took. */
function kindsOf(signals: Signals): readonly Kind[] {
  return signals.names.flatMap((_, at) => {
    const names = new Set([at]);
    const times = signals.times("service", [0, signals.rows.length], names);
    return times === null ? [] : [{ names, middleUs: times.quantile(0.5) }];
  });
}

/** Replies of these seconds, each held against half of its kind. */
function tallyOf(signals: Signals, kinds: readonly Kind[], seconds: readonly [number, number]) {
  const tally = { replies: 0, inGap: 0, within: 0, slow: 0 };
  for (const { names, middleUs } of kinds) {
    const times = signals.times("service", seconds, names);
    if (times === null) continue;
    const [near = 0, below = 0, end = 0] = times.countsUpTo(
      [GAP_FROM_US, RETRANSMITTED_US, MODE_END_US].map((us) => boundAt(middleUs + us)),
    );
    tally.replies += times.count;
    tally.inGap += below - near;
    tally.within += end - below;
    tally.slow += times.count - below;
  }
  return tally;
}
