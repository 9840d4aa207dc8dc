/**
 * Detector: one kind of message takes much longer than the others, and makes most of the slow replies. Listed in ../registry.ts.
 * Invariant: kinds are mixed on the same connections, so what slows all of them is none of its business; that it is slow is shown block by block.
 */
import type { MergedHistogram } from "../../../../shared/stats/histogram.ts";
import { count, ms } from "../../text.ts";
import { type Detector, shownIn } from "../detector.ts";
import type { Signals } from "../signals.ts";
import { sizeCost } from "../sizes.ts";

const LEAST_VALUES = 100;
/** Half of them take so many times as long as half of all others, and so much longer. */
const SLOWER = 3;
const LEAST_US = 10_000;
/** Four fifths of its replies take longer than four fifths of all others: where others wait behind it, or are as slow, they do not. */
const MOST_OF_IT = 0.2;
const MOST_OTHERS = 0.8;
const BLOCKS = 8;
/** Of the run, the last part in which it is slow, at least. */
const LEAST_SHARE = 3 / 8;

export const slowMessage: Detector = {
  meta: {
    causes: ["slow-message-type"],
    doc: "half of the replies to one kind of message take 3 times as long as those to all others, 10 ms longer at least, in the last three eighths of the run or more, and four fifths of them longer than four fifths of the others",
    explains: ["reordering", "slow-backend"],
    resembles: ["network-loss"],
  },
  detect(signals) {
    const parts = signals.messages;
    if (parts.length < 2) return [];
    const slow = parts.flatMap((part) => {
      const found = slowFrom(signals, part, parts);
      return found === null ? [] : [{ part, ...found }];
    });
    const [found] = slow;
    if (slow.length !== 1 || found === undefined) return [];
    const { part, from, own, others } = found;
    // Others wait behind it, and it is large: size-cost.ts says more of that.
    if (sizeCost(signals)?.large === part) return [];
    const { name = "" } = signals.names[part] ?? {};
    const to = signals.rows.length;
    const since = from === 0 ? "throughout the run" : `from second ${from} on`;
    return [
      {
        cause: "slow-message-type",
        confidence: "likely",
        scope: { name },
        sentence: `Messages of the kind ${name} are slow ${since}: half of them take over ${ms(own.quantile(0.5))}, of all others ${ms(others.quantile(0.5))}.`,
        evidence: [
          shownIn(
            `So in each eighth of that time, on the same connections; four fifths of its replies take over ${ms(own.quantile(MOST_OF_IT))}, four fifths of ${count(others.count)} others less than ${ms(others.quantile(MOST_OTHERS))}.`,
            from,
            to,
          ),
        ],
        against:
          from === 0
            ? [
                "That may be what this kind of message costs by its nature: only a baseline says whether it was faster.",
              ]
            : [],
        nextProbe: `Look at what the service does for ${name} and does not do for the others; then run ${name} alone.`,
        from,
        to,
        impact: own.count,
        symptoms: [],
      },
    ];
  },
};

type Times = MergedHistogram;

interface Slow {
  /** Second of run time. */
  readonly from: number;
  readonly own: Times;
  readonly others: Times;
}

/** Since when it has been slow, to the end; null: it is not. */
function slowFrom(signals: Signals, part: number, parts: readonly number[]): Slow | null {
  const names = [new Set([part]), new Set(parts.filter((one) => one !== part))] as const;
  const long = Math.floor(signals.rows.length / BLOCKS);
  if (long === 0) return null;
  const end = signals.rows.length;
  let from = end;
  while (from >= long && isSlowIn(signals, names, from - long, long)) from -= long;
  // What is left at the beginning is no block of its own.
  if (from < long) from = 0;
  const [own, others] = names.map((of) => signals.times("latency", [from, end], of));
  if (end - from < LEAST_SHARE * end || !own || !others) return null;
  if (own.count < LEAST_VALUES || others.count < LEAST_VALUES) return null;
  return own.quantile(MOST_OF_IT) > others.quantile(MOST_OTHERS) ? { from, own, others } : null;
}

function isSlowIn(
  signals: Signals,
  [name, rest]: readonly [ReadonlySet<number>, ReadonlySet<number>],
  from: number,
  long: number,
): boolean {
  const own = signals.times("latency", [from, from + long], name);
  const others = signals.times("latency", [from, from + long], rest);
  if (own === null || others === null || signals.cleanShare(from, from + long) < 0.5) return false;
  const [mine, theirs] = [own.quantile(0.5), others.quantile(0.5)];
  return mine >= SLOWER * theirs && mine - theirs >= LEAST_US;
}
