/** Seeded series, counts and runs without anything to find. Used by the null cases. Invariant: the same numbers give the same draws. */
import { drawUnit, Stream } from "../../shared/time/random.ts";
import { dependent } from "../unit/analysis/stats/noise.ts";

/** By how much the logarithm of a rate wanders (standard deviation). */
const WANDERS = 0.4;

interface Wanted {
  readonly seed: number;
  readonly simulation: number;
  readonly length: number;
  readonly correlation: number;
}

/** A first-order autoregression with mean 0 and variance 1. */
export function series({ seed, simulation, length, correlation }: Wanted): number[] {
  return dependent(seed, simulation, { length, correlation });
}

/** Rates about a mean, whose logarithm is a first-order autoregression. */
function rates(wanted: Wanted, mean: number): number[] {
  return series(wanted).map((one) => mean * Math.exp(WANDERS * one));
}

/** Poisson counts of rates that wander. */
export function counts(wanted: Wanted, mean: number): number[] {
  return rates(wanted, mean).map((rate, at) => poisson(rate, [wanted.seed, wanted.simulation, at]));
}

/** By products of uniform draws; for means up to some 20. */
function poisson(
  mean: number,
  [seed, index, place]: readonly [seed: number, index: number, place: number],
): number {
  let product = 1;
  for (let count = 0; ; count++) {
    product *= drawUnit(seed, Stream.slot, index, place * 1000 + count);
    if (product <= Math.exp(-mean)) return count;
  }
}

/** How many of `count` fall to a part with this chance. */
export function binomial(
  count: number,
  chance: number,
  [seed, index, place]: readonly [seed: number, index: number, place: number],
): number {
  let chosen = 0;
  for (let one = 0; one < count; one++) {
    if (drawUnit(seed, Stream.sample, index, place * 1000 + one) < chance) chosen++;
  }
  return chosen;
}

export function sumOf(values: readonly number[]): number {
  return values.reduce((sum, one) => sum + one, 0);
}

/** Means of as many values each; what is left at the end is in none. */
export function blockMeans(values: readonly number[], long: number): number[] {
  return Array.from({ length: Math.floor(values.length / long) }, (_, at) => {
    return sumOf(values.slice(at * long, (at + 1) * long)) / long;
  });
}

/** One value a run: the mean over two minutes of a level that wanders from second to second. */
export function runValues(wanted: Omit<Wanted, "length">, runs: number): number[] {
  const all = series({ ...wanted, length: 120 * runs });
  return blockMeans(all, 120);
}
