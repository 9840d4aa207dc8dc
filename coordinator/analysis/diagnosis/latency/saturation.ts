/**
 * Detector: more is asked of the service than before, it answers no more than before, and what is unanswered piles up: it is at its
 * limit. Listed in ../registry.ts. Source of the rule: the operational laws of P. Denning and J. Buzen, ACM Computing Surveys 10 (1978)
 * 225-261: throughput equals what arrives until the busiest part is busy all the time. Invariant: without a stretch in which it kept
 * pace, its limit is at most possible.
 */
import type { PhaseCounter } from "../../../../shared/stats/counters.ts";
import type { CauseId } from "../../findings/causes.ts";
import { mean, median } from "../../stats/interval.ts";
import { count, ms, percent } from "../../text.ts";
import { type Detector, type Hypothesis, shownIn } from "../detector.ts";
import type { Signals } from "../signals.ts";

/** What a service that cannot keep pace looks like besides. */
export const FOLLOWS_A_LIMIT: readonly CauseId[] = [
  "zombie",
  "blackhole",
  "server-open-files",
  "memory-leak",
  "network-latency",
  "network-jitter",
  "network-loss",
  "message-loss",
  "slow-message-type",
  "failing-message-type",
  "unknown",
];

/** Parts the run is looked at in; shorter than two seconds they are not. */
const PARTS = 12;
const LEAST_SECONDS = 2;
const LEAST_LIMITED = 2;
/** Answered of what is due, in a part that keeps pace, and in one that does not. */
const KEEPS_PACE = 0.97;
const FALLS_BEHIND = 0.95;
/** Answers per second differ by this share of their mean, at most, at the limit. */
const FLAT = 0.15;
/** Where much more is asked of it, it may vary more. */
const FAR_BEHIND = 0.6;
const FLAT_FAR_BEHIND = 0.3;
/** Offered at the limit, over the most that it kept pace with: as much at least. */
const AS_MUCH = 0.9;
/** Half of the replies take so many times as long as they did, at least. */
const SLOWER = 3;
/** Pings that stay below this share of what replies take say that the process is not busy. */
const PING_SHARE = 0.2;
const LEAST_PER_SECOND = 10;

interface Part {
  readonly from: number;
  readonly to: number;
  readonly offered: number;
  readonly answered: number;
  readonly p50Us: number;
}

export const saturation: Detector = {
  meta: {
    causes: ["saturation", "dependency-pool"],
    doc: "the rate of answers stays within 15 %, below what is asked for, which is as much at least as it had kept pace with, and replies take 3 times as long; `dependency-pool` when pings stay fast meanwhile",
    explains: ["reordering", ...FOLLOWS_A_LIMIT],
  },
  detect(signals) {
    const parts = partsOf(signals);
    const behind = lastRun(parts);
    // In the first of them it fell behind, and was at its limit for a part of the time.
    const limited = behind.length > LEAST_LIMITED ? behind.slice(1) : behind;
    if (limited.length < LEAST_LIMITED) return [];
    // Who drowns answers less and less: the rate must not rise; that it falls is no sign against a limit.
    const limit = median(limited.map(({ answered }) => answered));
    const keeping = parts.filter(
      (part) => !behind.includes(part) && part.answered >= KEEPS_PACE * part.offered,
    );
    const offered = mean(limited.map((part) => part.offered));
    const room = limit < FAR_BEHIND * offered ? FLAT_FAR_BEHIND : FLAT;
    const isFlat = limited.every(({ answered }) => answered <= (1 + room) * limit);
    const kept = Math.max(0, ...keeping.map((part) => part.offered));
    const fast = median(keeping.map(({ p50Us }) => p50Us));
    const slow = median(limited.map(({ p50Us }) => p50Us).filter((us) => !Number.isNaN(us)));
    const isLimit = keeping.length > 0 && offered >= AS_MUCH * kept && slow >= SLOWER * fast;
    const isFromStart =
      keeping.length === 0 && (limited.at(-1)?.p50Us ?? 0) >= SLOWER * (limited[0]?.p50Us ?? 0);
    if (!isFlat || limit < LEAST_PER_SECOND || !(isLimit || isFromStart)) return [];
    return [hypothesis(signals, { limited, limit, offered, kept, fast, slow, isLimit })];
  },
};

interface Limit {
  readonly limited: readonly Part[];
  readonly limit: number;
  readonly offered: number;
  readonly kept: number;
  readonly fast: number;
  readonly slow: number;
  readonly isLimit: boolean;
}

function hypothesis(signals: Signals, found: Limit): Hypothesis {
  const { limited, limit, offered, kept, fast, slow, isLimit } = found;
  const from = limited[0]?.from ?? 0;
  const to = limited.at(-1)?.to ?? 0;
  const pings = signals.times("ping", [from, to]);
  const isPool = pings !== null && pings.count >= 20 && pings.quantile(0.5) < PING_SHARE * slow;
  const perSecond = (rate: number) => `${count(Math.round(rate))}/s`;
  return {
    cause: isPool ? "dependency-pool" : "saturation",
    confidence: isLimit ? "likely" : "possible",
    sentence: `The service answers ${perSecond(limit)} at most: ${perSecond(offered)} were asked of it from second ${from} on, and the rest had to wait.`,
    evidence: [
      shownIn(
        `${percent(limit / offered)} of what was due was answered, at a rate that did not change; half of the replies took up to ${ms(slow)}.`,
        from,
        to,
      ),
      ...(isLimit
        ? [
            {
              sentence: `It had kept pace with up to ${perSecond(kept)}, at ${ms(fast)}.`,
              seconds: [],
            },
          ]
        : []),
      ...(isPool
        ? [
            {
              sentence: `Pings were answered within ${ms(pings.quantile(0.5))}, so the process itself was not busy: replies wait for something behind it.`,
              seconds: [],
            },
          ]
        : []),
    ],
    against: [
      ...(isLimit
        ? []
        : ["It never kept pace in this run, so what it does with less is not known."]),
      ...(pings === null
        ? [
            "No pings were sent: whether the process or something behind it is the limit is not known.",
          ]
        : []),
    ],
    nextProbe: isPool
      ? "Double what it waits for (connections of its pool, workers of its queue): the rate should double."
      : "Look at the service's processor at this rate; then run at nine tenths of it: replies should be fast again.",
    from,
    to,
    impact: Math.round((offered - limit) * (to - from)),
    symptoms: [...signals.of("reply-timeout"), ...signals.of("unanswered")],
  };
}

/** The parts behind the last that kept pace, without those at their end in which less was asked. */
function lastRun(parts: readonly Part[]): readonly Part[] {
  let best: Part[] = [];
  let run: Part[] = [];
  for (const part of parts) {
    if (part.answered <= FALLS_BEHIND * part.offered) run.push(part);
    else run = [];
    if (run.length > best.length) best = [...run];
  }
  return best;
}

function partsOf(signals: Signals): Part[] {
  const long = Math.max(LEAST_SECONDS, Math.floor(signals.rows.length / PARTS));
  const parts: Part[] = [];
  for (let from = 0; from + long <= signals.rows.length; from += long) {
    const to = from + long;
    if (signals.cleanShare(from, to) < 1) continue;
    const seconds = Array.from({ length: long }, (_, at) => from + at);
    const { offered, answered } = pace(signals, seconds);
    const times = signals.times("latency", [from, to]);
    if (offered < LEAST_PER_SECOND) continue;
    // Where all come too late there is none.
    parts.push({ from, to, offered, answered, p50Us: times?.quantile(0.5) ?? Number.NaN });
  }
  return parts;
}

/** Messages a reply was due to, and replies, each per second of these. */
export function pace({ fold }: Signals, seconds: readonly number[]) {
  const perSecond = (counters: readonly PhaseCounter[]) =>
    mean(
      seconds.map((second) =>
        counters.reduce((sum, one) => sum + fold.merge.timeline.counted(second, one), 0),
      ),
    );
  return {
    // What was held back because too many were unanswered was asked for, too.
    offered: perSecond(["expected", "skippedBackpressure"]),
    answered: perSecond(["matched", "late", "rejected"]),
  };
}
