/**
 * Where the distribution of a short series of independent values changes: E-divisive means. Called by trend/, whose values are whole
 * runs. Invariant: the same values and seed give the same points; a change has so many values on either side that chance rarely makes
 * one. Where neighbours depend on each other, change-points.ts is the method.
 */
import { drawUnit, Stream } from "../../../shared/time/random.ts";

/** Values of a segment; fewer cannot be significant in any series of a useful length. */
export const LEAST_SEGMENT = 3;
/** Shortest series whose clearest change is significant at 0.01: 2 of the C(10, 5) orders are as clear. */
export const LEAST_VALUES = 10;
const PERMUTATIONS = 999;
const SIGNIFICANCE = 0.01;
const MOST_AS_CLEAR = SIGNIFICANCE * (PERMUTATIONS + 1);

export interface ChangePoint {
  /** Index of the first value after the change. */
  readonly at: number;
  /** Share of orders of the values, within the segments found before, that show as clear a change. */
  readonly p: number;
}

interface Split {
  readonly at: number;
  /** Q of the paper: how far both sides are apart. */
  readonly distance: number;
}

/**
 * Splits the series where the energy distance of both sides is largest, then its parts, as long as a permutation test within the parts
 * finds the next split significant at 0.01. Source: D. S. Matteson and N. A. James, Journal of the American Statistical Association 109
 * (2014) 334-345, sections 2 and 3, with alpha = 1. For the series of a benchmark: D. Daly
 * et al., ICPE 2020. Cost: 1,000 n^2 for each change.
 * @returns in rising order; none for fewer than LEAST_VALUES
 */
export function energyChangePoints(series: readonly number[], seed: number): ChangePoint[] {
  if (series.length < LEAST_VALUES) return [];
  const found: ChangePoint[] = [];
  for (;;) {
    const bounds = [0, ...found.map(({ at }) => at).sort((a, b) => a - b), series.length];
    const best = clearestIn(series, bounds);
    if (best === null || best.distance <= 0) break;
    const p = chanceOf(best.distance, { series, bounds, seed: seed + found.length });
    if (p > SIGNIFICANCE) break;
    found.push({ at: best.at, p });
  }
  return found.sort((a, b) => a.at - b.at);
}

function clearestIn(series: readonly number[], bounds: readonly number[]): Split | null {
  let best: Split | null = null;
  for (let part = 1; part < bounds.length; part++) {
    const from = bounds[part - 1] as number;
    const split = clearestSplit(series.slice(from, bounds[part]));
    if (split !== null && (best === null || split.distance > best.distance)) {
      best = { at: from + split.at, distance: split.distance };
    }
  }
  return best;
}

/**
 * The split of the first t values from those up to k with the largest Q = n m / (n + m) (2 mean|x - y| - mean|x - x'| - mean|y - y'|),
 * means over pairs of different values. That k is free finds a level that comes and goes. Sums of distances are of rectangles of their
 * matrix, so each split costs the same.
 */
function clearestSplit(values: readonly number[]): Split | null {
  const sums = distanceSums(values);
  const size = values.length;
  const width = size + 1;
  const pairs = (count: number) => (count * (count - 1)) / 2;
  let best: Split | null = null;
  for (let at = LEAST_SEGMENT; at <= size - LEAST_SEGMENT; at++) {
    const left = sums[at * width + at] as number;
    for (let to = at + LEAST_SEGMENT; to <= size; to++) {
      const m = to - at;
      const between = (sums[at * width + to] as number) - left;
      const right = (sums[to * width + to] as number) - left - 2 * between;
      // Each pair is twice in a square.
      const energy = (2 * between) / (at * m) - left / 2 / pairs(at) - right / 2 / pairs(m);
      const distance = ((at * m) / to) * energy;
      if (best === null || distance > best.distance) best = { at, distance };
    }
  }
  return best;
}

/** At i (n + 1) + j: the sum of |x - y| over the first i and the first j values. */
function distanceSums(values: readonly number[]): Float64Array {
  const width = values.length + 1;
  const sums = new Float64Array(width * width);
  for (let i = 1; i < width; i++) {
    let row = 0;
    for (let j = 1; j < width; j++) {
      row += Math.abs((values[i - 1] as number) - (values[j - 1] as number));
      sums[i * width + j] = (sums[(i - 1) * width + j] as number) + row;
    }
  }
  return sums;
}

/** At least this chance; exact where it is significant. */
function chanceOf(
  distance: number,
  {
    series,
    bounds,
    seed,
  }: {
    readonly series: readonly number[];
    readonly bounds: readonly number[];
    readonly seed: number;
  },
): number {
  // A rounding error must not make an order that is as clear a less clear one.
  const asClear = distance * (1 - 1e-9);
  let count = 0;
  // With so many as clear it is chance, and how probable a one does not matter.
  for (let turn = 0; turn < PERMUTATIONS && count < MOST_AS_CLEAR; turn++) {
    const shuffled = shuffledWithin(series, bounds, { seed, turn });
    if ((clearestIn(shuffled, bounds)?.distance ?? 0) >= asClear) count++;
  }
  return (count + 1) / (PERMUTATIONS + 1);
}

/**
 * The values in random order, each part, from one bound to the next, in one of its own. By the method of Fisher and Yates.
 * @param turn of as many orders, each is another
 */
export function shuffledWithin(
  series: readonly number[],
  bounds: readonly number[],
  { seed, turn }: { readonly seed: number; readonly turn: number },
): number[] {
  const values = [...series];
  for (let part = 1; part < bounds.length; part++) {
    const from = bounds[part - 1] as number;
    for (let last = (bounds[part] as number) - 1; last > from; last--) {
      const other =
        from + Math.floor(drawUnit(seed, Stream.resample, turn, last) * (last - from + 1));
      [values[last], values[other]] = [values[other] as number, values[last] as number];
    }
  }
  return values;
}
