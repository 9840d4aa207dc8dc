/**
 * Witness: figures the target told of itself (observe.metrics) that rise and fall with the time its replies take. Listed in registry.ts.
 * Invariant: what moves together is said, and is no proof; a figure that only counts what we sent is none.
 */
import { pickedOf } from "../../../../shared/scenario/strict-observe.ts";
import { median } from "../../stats/interval.ts";
import { rankCorrelation } from "../../stats/rank-correlation.ts";
import { falseDiscoveryRates } from "../../stats/two-by-two.ts";
import { MEMORY_UNKNOWN, shownIn } from "../detector.ts";
import type { Signals } from "../signals.ts";
import { NOTHING, type Witness } from "./witness.ts";

const LEAST_RHO = 0.5;
const MOST_P = 0.01;
/** Median where replies are slowest (a quarter of the seconds) over that where they are fastest. */
const LEAST_RISE = 1.25;
const QUARTER = 0.25;
/** A value holds until the next is read, but not for longer. */
const HOLDS_SECONDS = 10;
const MOST_NAMED = 2;
/** Series that only count, by the convention of Prometheus, as they are per second. */
const COUNTER = /_(total|count|sum|bucket)\b/;
/** Of our messages: a figure that never falls and grows by between so much and the reciprocal of each counts them. */
const COUNTS_US = 0.2;
/** As a word of its own, in any spelling: members are none. */
const MEMORY = /(?:^|[^A-Za-z]|[a-z](?=[A-Z]))(?:[Mm]emory|[Mm]em(?![a-z])|[Rr][Ss][Ss]|[Hh]eap)/;

export const metrics: Witness = {
  causes: new Set(["memory-leak", "saturation", "dependency-pool", "compression-cost"]),
  hear(signals, { cause }) {
    const moving = movingIn(signals);
    if (moving.length === 0) return null;
    const isLeak = cause === "memory-leak" && moving.some(({ pick }) => isMemory(pick));
    return {
      ...NOTHING,
      evidence: moving.map(({ pick, rho, p, low, high, isRate }) =>
        shownIn(
          `The target's own ${pick}${isRate ? " per second" : ""} rose from ${shown(low)}, where replies are fastest, to ${shown(high)}, where they are slowest, and moves with p99 (rank correlation ${rho.toFixed(2)}, p = ${p.toPrecision(1)}; columns ${pick} and \`latency_p99_ms\` of timeline.csv).`,
          0,
          signals.rows.length,
        ),
      ),
      isSurer: isLeak,
      settles: isLeak ? [MEMORY_UNKNOWN] : [],
    };
  },
};

/** By its name. */
export function isMemory(pick: string): boolean {
  return MEMORY.test(pick);
}

interface Moving {
  readonly pick: string;
  readonly isRate: boolean;
  readonly rho: number;
  readonly p: number;
  readonly low: number;
  readonly high: number;
}

const known = new WeakMap<Signals, readonly Moving[]>();

/** Over the whole run, whatever is asked of it: those that move most with it, at a rate of false discoveries of MOST_P. */
function movingIn(signals: Signals): readonly Moving[] {
  const before = known.get(signals);
  if (before !== undefined) return before;
  const tested = pickedOf(signals.fold.facts.scenario.observe).flatMap(
    (pick) => movingWith(signals, pick) ?? [],
  );
  const rates = falseDiscoveryRates(tested.map(({ p }) => p));
  const moving = tested
    .filter(
      ({ rho, low, high }, at) =>
        rho >= LEAST_RHO && (rates[at] ?? 1) <= MOST_P && high >= LEAST_RISE * low && high > low,
    )
    .sort((a, b) => b.rho - a.rho)
    .slice(0, MOST_NAMED);
  known.set(signals, moving);
  return moving;
}

/** null: too little is known of it. */
function movingWith(signals: Signals, pick: string): Moving | null {
  const isRate = COUNTER.test(pick);
  const values = valuesOf(signals, pick);
  if (!isRate && countsOurs(signals, values)) return null;
  const pairs = signals.rows.flatMap(({ second, latencyUs }) => {
    const value = isRate ? rateAt(values, second) : values[second];
    if (latencyUs === null || value === undefined || Number.isNaN(value)) return [];
    return signals.isClean(second) ? [{ p99Us: latencyUs.p99, value }] : [];
  });
  const found = rankCorrelation(
    pairs.map(({ p99Us }) => p99Us),
    pairs.map(({ value }) => value),
    signals.fold.facts.scenario.seed,
  );
  if (found === null) return null;
  const sorted = [...pairs].sort((a, b) => a.p99Us - b.p99Us).map(({ value }) => value);
  const part = Math.ceil(QUARTER * sorted.length);
  const [low, high] = [median(sorted.slice(0, part)), median(sorted.slice(-part))];
  return { pick, isRate, ...found, low, high };
}

/** Second by second; NaN where it is not known. */
function valuesOf({ rows, fold }: Signals, pick: string): number[] {
  const { readings } = fold.merge.evidence;
  let [value, readAt] = [Number.NaN, Number.NEGATIVE_INFINITY];
  return rows.map(({ second }) => {
    const read = readings.at(second, pick);
    if (read !== null) [value, readAt] = [read, second];
    return second - readAt <= HOLDS_SECONDS ? value : Number.NaN;
  });
}

/** Growth per second over as long as a value holds. */
function rateAt(values: readonly number[], second: number): number {
  const before = values[second - HOLDS_SECONDS] ?? Number.NaN;
  return ((values[second] ?? Number.NaN) - before) / HOLDS_SECONDS;
}

function countsOurs({ fold }: Signals, values: readonly number[]): boolean {
  const known = values.filter((value) => !Number.isNaN(value));
  const isRising = known.every((value, at) => at === 0 || value >= (known[at - 1] as number));
  const growth = (known.at(-1) ?? 0) - (known[0] ?? 0);
  const { sent, received, bytesSent, bytesReceived } = fold.merge.counters();
  return (
    isRising &&
    [sent, received, bytesSent, bytesReceived].some(
      (ours) => growth >= COUNTS_US * ours && growth * COUNTS_US <= ours,
    )
  );
}

function shown(value: number): string {
  return value.toLocaleString("en-US", { maximumSignificantDigits: 3 });
}
