/**
 * Detector: a few replies take 200 ms longer than the rest of their kind and hardly any lie between: what a lost packet costs until it is
 * sent again (the least retransmission timeout of Linux). Listed in ../registry.ts. Invariant: single replies at single moments; what stands
 * still for all at once is another cause (pauses.ts), and so is a long tail without a gap, or one slow kind of message (message.ts).
 */
import { boundAt, type MergedHistogram } from "../../../../shared/stats/histogram.ts";
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
/** Looked at one by one, spread evenly over the run: each is read again from where it is stored. */
const MOST_SECONDS = 2000;

export const loss: Detector = {
  meta: {
    causes: ["network-loss"],
    doc: "0.1 to 20 % of the replies take about 200 ms longer than half of their kind, twice as densely as those between 60 and 195 ms, in three of ten seconds or more, one by one; of a run of more than 2,000 seconds so many at most are looked at, spread evenly",
    explains: ["reordering"],
  },
  detect(signals) {
    const kinds = kindsOf(signals);
    const { replies, inGap, within, slow } = tallyOf(kinds);
    if (replies < LEAST_REPLIES || slow < LEAST_SLOW) return [];
    if (slow < LEAST_SHARE * replies || slow > MOST_SHARE * replies) return [];
    const gap = Math.max(1, inGap) / (RETRANSMITTED_US - GAP_FROM_US);
    if (within / (MODE_END_US - RETRANSMITTED_US) < PEAK * gap) return [];
    const known = secondsWith(signals, kinds);
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
            sentence: `Half of all replies came within ${ms(signals.times("service", [0, signals.rows.length])?.quantile(0.5) ?? 0)}; ${count(within)} took about 200 ms more, and only ${count(inGap)} lie in the gap before. They came in ${partOf(slowSeconds.length, known.length)} of the seconds${signals.rows.length > MOST_SECONDS ? " looked at" : ""}.`,
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
  /** Of the whole run. */
  readonly times: MergedHistogram;
  readonly middleUs: number;
  /** What is above it takes about 200 ms longer than half of the kind, or more. */
  readonly slowUs: number;
}

/** Kinds of message that were answered, and what half of their replies took. */
function kindsOf(signals: Signals): readonly Kind[] {
  return signals.names.flatMap((_, at) => {
    const names = new Set([at]);
    const times = signals.times("service", [0, signals.rows.length], names);
    if (times === null) return [];
    const middleUs = times.quantile(0.5);
    return [{ names, times, middleUs, slowUs: boundAt(middleUs + RETRANSMITTED_US) }];
  });
}

/** Replies of the run, each held against half of its kind. */
function tallyOf(kinds: readonly Kind[]) {
  const tally = { replies: 0, inGap: 0, within: 0, slow: 0 };
  for (const { times, middleUs, slowUs } of kinds) {
    const [near = 0, below = 0, end = 0] = times.countsUpTo([
      boundAt(middleUs + GAP_FROM_US),
      slowUs,
      boundAt(middleUs + MODE_END_US),
    ]);
    tally.replies += times.count;
    tally.inGap += below - near;
    tally.within += end - below;
    tally.slow += times.count - below;
  }
  return tally;
}

/** Seconds with replies, and whether any of these was slow for its kind. */
function secondsWith(signals: Signals, kinds: readonly Kind[]) {
  const names = new Set(kinds.flatMap((kind) => [...kind.names]));
  const step = Math.ceil(signals.rows.length / MOST_SECONDS);
  return signals.rows.flatMap(({ second }) => {
    const all = second % step > 0 ? null : signals.times("service", [second, second + 1], names);
    if (all === null) return [];
    // Of most seconds the slowest reply of all tells that there is none.
    const isSlow = kinds
      .filter(({ slowUs }) => all.max > slowUs)
      .some((kind) => {
        const own = signals.times("service", [second, second + 1], kind.names);
        return own !== null && own.max > kind.slowUs;
      });
    return [{ second, isSlow }];
  });
}
