/**
 * Detector: at constant load all replies take longer from one moment on: by the same time, or by a time that varies. Where pings do, too,
 * something was added to the way of each of them; where they do not, replies wait for something behind the process. Listed in
 * ../registry.ts. Invariant: what pings do not share is not the way's.
 */
import { changePoints } from "../../stats/change-points.ts";
import { median } from "../../stats/interval.ts";
import { ms } from "../../text.ts";
import { type Detector, type Hypothesis, shownIn } from "../detector.ts";
import type { Signals } from "../signals.ts";
import { sizeCost } from "../sizes.ts";
import { type SteadySecond, steadySeconds } from "./steady.ts";

/** Seconds of a level, and of the one that it rose to. */
const LEAST_LEVEL = 2;
const LEAST_AFTER = 4;
const LEAST_US = 3000;
/** Of the level before. */
const LEAST_GROWTH = 0.5;
/** The hundredth fastest and the median shift alike: their shifts differ by this share. */
const ALIKE = 0.25;

export const step: Detector = {
  meta: {
    causes: ["network-latency", "network-jitter", "dependency-pool"],
    doc: "at constant load the median rises by half, and 3 ms, at least, from one second on (PELT, with a penalty for dependence), and pings rise by as much: `network-latency` when the fastest hundredth does, too, `network-jitter` when it does not and pings spread as far as replies; `dependency-pool` when pings do not rise, the fastest hundredth does by 3 ms, and the time of replies varies by a quarter of that more",
    explains: ["network-loss"],
  },
  detect(signals) {
    const steady = steadySeconds(signals);
    const series = steady.map(({ p50Us }) => Math.log(Math.max(1, p50Us)));
    const places = [0, ...changePoints(series, LEAST_LEVEL), steady.length];
    const rises = places
      .flatMap((_, place) => riseAt(steady, places, place) ?? [])
      .sort((a, b) => b.after - b.before - (a.after - a.before));
    const [rise] = rises;
    return rise === undefined ? [] : hypothesis(signals, rise);
  },
};

function hypothesis(signals: Signals, rise: Rise): Hypothesis[] {
  const shiftUs = rise.after - rise.before;
  const fastest = shiftOf(signals, "service", 0.01, rise);
  const pings = shiftOf(signals, "ping", 0.5, rise);
  if (fastest === null) return [];
  if (pings !== null && pings < ALIKE * shiftUs) {
    const spread = spreadOf(signals, "service", rise) ?? 0;
    // The longer the queue, the less of it is what one request takes: the fastest wait for that at least.
    const isQueue = fastest >= LEAST_US && spread >= ALIKE * shiftUs;
    return isQueue ? [behindTheProcess(signals, rise, { fastest, pings, spread })] : [];
  }
  const isAlike = Math.abs(fastest - shiftUs) <= ALIKE * shiftUs;
  const pingSpread = spreadOf(signals, "ping", rise);
  const isJitter =
    pingSpread !== null && pingSpread >= 0.5 * (spreadOf(signals, "service", rise) ?? 0);
  if (!isAlike && !isJitter) return [];
  // What varies with the size of messages is not what the way adds to each of them.
  if (!isAlike && sizeCost(signals) !== null) return [];
  const said = isAlike
    ? `everything takes about ${ms(shiftUs)} longer at the same load: the way to the service became longer`
    : `replies and pings take anything up to ${ms(pingSpread ?? 0)} longer at the same load: the time on the way varies`;
  return [
    {
      cause: isAlike ? "network-latency" : "network-jitter",
      confidence: pings === null ? "possible" : "likely",
      sentence: `From second ${rise.at} on ${said}.`,
      evidence: [
        shownIn(
          `The median went from ${ms(rise.before)} to ${ms(rise.after)}, the fastest hundredth rose by ${ms(fastest)}.`,
          rise.at,
          rise.to,
        ),
        ...(pings === null
          ? []
          : [shownIn(`Half of the pings take ${ms(pings)} longer.`, rise.at, rise.to)]),
      ],
      against: [
        pings === null
          ? "No pings were sent: a wait of one length in the service looks alike (`connect.heartbeat`)."
          : "A service that lets pings wait as well looks alike.",
      ],
      nextProbe:
        "Measure the time of TCP connections to the target from a worker's machine, now and as it was before.",
      from: rise.at,
      to: rise.to,
      impact: signals.repliesIn([rise.at, rise.to]),
      symptoms: [],
    },
  ];
}

/** All replies wait, and not all for the same time; pings do not. */
function behindTheProcess(
  signals: Signals,
  { at, to, before, after }: Rise,
  by: { readonly fastest: number; readonly pings: number; readonly spread: number },
): Hypothesis {
  return {
    cause: "dependency-pool",
    confidence: "possible",
    sentence: `From second ${at} on all replies wait for something behind the process: half of them take ${ms(after)} where they took ${ms(before)}, and pings no longer than before.`,
    evidence: [
      shownIn(
        `The fastest hundredth rose by ${ms(by.fastest)}, half of the pings by ${ms(by.pings)}; from the fastest tenth of the replies to the slowest there are ${ms(by.spread)} more than before.`,
        at,
        to,
      ),
    ],
    against: ["A handler that takes longer, by a time that varies, looks alike."],
    nextProbe:
      "Double what replies wait for (connections of a pool, workers of a queue): if it is a queue, the times that vary go away; what is left is what one request takes.",
    from: at,
    to,
    impact: signals.repliesIn([at, to]),
    symptoms: [],
  };
}

interface Rise {
  /** Seconds of run time: the level before, from its first second until the one in which it may have changed. */
  readonly from: number;
  readonly until: number;
  /** The first second of this level, the one behind it, and its end. */
  readonly at: number;
  readonly since: number;
  readonly to: number;
  readonly before: number;
  readonly after: number;
}

/**
 * From the level before to all that are higher by so much, one behind the other; null: it is no rise, or a short one.
 * @param places among the steady seconds: where each level begins, and where the last one ends
 */
function riseAt(
  steady: readonly SteadySecond[],
  places: readonly number[],
  place: number,
): Rise | null {
  const [at = 0, next = at] = places.slice(place);
  const from = places[place - 1];
  if (from === undefined) return null;
  const levelOf = (begin: number, end: number) =>
    median(steady.slice(begin, end).map(({ p50Us }) => p50Us));
  // It began within a second, which is of either level, or makes one of its own with its neighbour.
  const until = at - from > LEAST_LEVEL ? at - 1 : at;
  const since = next - at > LEAST_LEVEL ? at + 1 : at + LEAST_LEVEL;
  const before = levelOf(from, until);
  const isHigher = (begin: number, end: number) =>
    levelOf(begin, end) - before >= Math.max(LEAST_US, LEAST_GROWTH * before);
  const end = places.findIndex((begin, index) => {
    const [, stop] = places.slice(index);
    return index >= place && (stop === undefined || !isHigher(begin, stop));
  });
  const to = places[end] ?? at;
  if (to - at < LEAST_AFTER) return null;
  const second = (index: number) => steady[index]?.second ?? (steady.at(-1)?.second ?? 0) + 1;
  return {
    ...{ from: second(from), until: second(until), at: second(at), since: second(since) },
    ...{ to: second(to), before, after: levelOf(since, to) },
  };
}

/** By how much a quantile rose; null: too little was measured. */
function shiftOf(
  signals: Signals,
  metric: "service" | "ping",
  p: number,
  { from, until, since, to }: Rise,
): number | null {
  const before = signals.times(metric, [from, until]);
  const after = signals.times(metric, [since, to]);
  if (before === null || after === null || before.count < 20 || after.count < 20) return null;
  return after.quantile(p) - before.quantile(p);
}

/** From the fastest tenth to the slowest after the rise, less what it was before; null: too little was measured. */
function spreadOf(signals: Signals, metric: "service" | "ping", rise: Rise): number | null {
  const high = shiftOf(signals, metric, 0.9, rise);
  const low = shiftOf(signals, metric, 0.1, rise);
  return high === null || low === null ? null : high - low;
}
