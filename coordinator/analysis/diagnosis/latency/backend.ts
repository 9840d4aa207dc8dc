/**
 * Detector: as large a part of the replies is slow as one of the targets has given, of all kinds of messages alike: that target is slow.
 * Listed in ../registry.ts. Invariant: times are not kept by target; which one it is follows from its share of the replies, and only where
 * no other has about the same.
 */
import { boundAt } from "../../../../shared/stats/histogram.ts";
import { ms, percent } from "../../text.ts";
import { type Detector, type Hypothesis, shownIn } from "../detector.ts";
import type { Signals } from "../signals.ts";

const BLOCKS = 8;
/** The last blocks of the run, at least, in which it is slow. */
const LEAST_BLOCKS = 3;
const LEAST_VALUES = 150;
/** A quantile well inside the slow part over one well inside the fast part. */
const SLOWER = 3;
const LEAST_US = 8000;
/** More of the replies are not those of one among several. */
const MOST_SHARE = 0.6;
/** Standard errors that a share may be off by chance, and what neither is exact by. */
const ERRORS = 3;
const INEXACT = 0.01;

export const backend: Detector = {
  meta: {
    causes: ["slow-backend"],
    doc: "of the replies of several targets as large a part as one of them gave (within 3 standard errors) takes 3 times as long as the rest, 8 ms longer at least, in the last three eighths of the run or more, of each kind of message; `likely` when no other target gave as many",
    explains: ["reordering", "network-loss", "memory-leak", "slow-message-type"],
  },
  detect(signals) {
    const given = signals.targets.map((_, at) => signals.fold.merge.targets.sum(at).matched);
    const all = given.reduce((sum, one) => sum + one, 0);
    if (given.length < 2 || all === 0) return [];
    const fitting = given.flatMap((matched, target) => {
      const found = slowFrom(signals, matched / all);
      return found === null ? [] : [{ target, ...found }];
    });
    return fitting.length === 0 ? [] : [hypothesis(signals, fitting)];
  },
};

interface Split {
  /** Second of run time. */
  readonly from: number;
  readonly share: number;
  readonly fastUs: number;
  readonly slowUs: number;
  readonly count: number;
}

function hypothesis(
  signals: Signals,
  fitting: readonly (Split & { readonly target: number })[],
): Hypothesis {
  const names = fitting.map(({ target }) => signals.labelOf(target));
  const [name = ""] = names;
  const { from, share, fastUs, slowUs, count: replies } = fitting[0] as Split;
  const isKnown = fitting.length === 1;
  const end = signals.rows.length;
  return {
    cause: "slow-backend",
    confidence: isKnown ? "likely" : "possible",
    ...(isKnown && { scope: { target: name } }),
    sentence: `${isKnown ? `Target ${name} is slow` : `One of the targets ${names.join(", ")} is slow`}: ${percent(share)} of all replies, as many as it gives, take around ${ms(slowUs)}, the others ${ms(fastUs)}.`,
    evidence: [
      shownIn(
        `${percent(share)} of ${replies} replies are slow, of each kind of message alike.`,
        from,
        end,
      ),
    ],
    against: isKnown
      ? ["Times are not kept by target: that it is this one follows from its share of the replies."]
      : ["These targets gave about as many replies, so which of them it is is not known."],
    nextProbe: "Run the same load against each target alone.",
    from,
    to: end,
    impact: Math.round(replies * share),
    symptoms: [],
  };
}

/** Since when as large a share is slow, to the end; null: it is not. */
function slowFrom(signals: Signals, share: number): Split | null {
  if (share <= 0.02 || share > MOST_SHARE) return null;
  const long = Math.floor(signals.rows.length / BLOCKS);
  const end = signals.rows.length;
  let blocks = 0;
  while (
    long > 0 &&
    blocks < BLOCKS &&
    splitIn(signals, [end - (blocks + 1) * long, end - blocks * long], share) !== null
  ) {
    blocks++;
  }
  return blocks < LEAST_BLOCKS ? null : splitIn(signals, [end - blocks * long, end], share);
}

function splitIn(
  signals: Signals,
  [from, to]: readonly [number, number],
  share: number,
): Split | null {
  const times = signals.times("latency", [from, to]);
  if (from < 0 || times === null || times.count < LEAST_VALUES) return null;
  const [fastUs, slowUs] = [times.quantile((1 - share) / 2), times.quantile(1 - share / 2)];
  if (slowUs < SLOWER * fastUs || slowUs - fastUs < LEAST_US) return null;
  const middle = boundAt(Math.round((fastUs + slowUs) / 2));
  const isShare = (own: typeof times) => {
    const above = 1 - (own.countsUpTo([middle])[0] ?? 0) / own.count;
    const error = Math.sqrt((share * (1 - share)) / own.count);
    return Math.abs(above - share) <= ERRORS * error + INEXACT;
  };
  const names = signals.names.flatMap(({ kind }, at) => (kind === "message" ? [at] : []));
  const isAlike = names.every((name) => {
    const own = signals.times("latency", [from, to], new Set([name]));
    return own === null || isShare(own);
  });
  if (!isShare(times) || !isAlike) return null;
  const above = 1 - (times.countsUpTo([middle])[0] ?? 0) / times.count;
  return { from, share: above, fastUs, slowUs, count: times.count };
}
