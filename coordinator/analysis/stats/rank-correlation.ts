/**
 * Do two series of a run rise and fall together, without assuming a distribution. Called by the witness of the target's own figures.
 * Invariant: neighbours depend on one another, so what is drawn again are blocks of time; the same seed gives the same P.
 */
import { blockSeconds, lagOneCorrelation } from "./dependence.ts";
import { shuffledWithin } from "./energy-change-points.ts";
import { mean } from "./interval.ts";

const LEAST_BLOCKS = 6;
const DRAWS = 999;

/**
 * Spearman's rank correlation, and P of as high a one by chance, one-sided: blocks of the second series change places, each block as long
 * as the dependence of the first about its straight line asks for. Sources: C. Spearman, American Journal of Psychology 15 (1904) 72-101;
 * for blocks H. R. Kunsch, Annals of Statistics 17 (1989); for P of drawn permutations B. Phipson and G. Smyth, Statistical Applications in
 * Genetics 9 (2010), 39.
 * @returns null for fewer than six blocks, and where one of them is constant
 */
export function rankCorrelation(
  a: readonly number[],
  b: readonly number[],
  seed: number,
): { readonly rho: number; readonly p: number } | null {
  const long = blockSeconds(lagOneCorrelation(withoutLine(a)));
  const blocks = Math.floor(a.length / long);
  if (a.length !== b.length || blocks < LEAST_BLOCKS) return null;
  const [x, y] = [a, b].map((series) => standardised(ranksOf(series.slice(0, blocks * long))));
  if (!x || !y) return null;
  const rho = correlation(x, y, long, identity(blocks));
  let asHigh = 0;
  for (let draw = 0; draw < DRAWS; draw++) {
    const places = shuffledWithin(identity(blocks), [0, blocks], { seed, turn: draw });
    if (correlation(x, y, long, places) >= rho - 1e-12) asHigh++;
  }
  return { rho, p: (1 + asHigh) / (1 + DRAWS) };
}

/** Ties share the mean of their ranks. */
function ranksOf(series: readonly number[]): number[] {
  const order = [...series.keys()].sort((i, j) => (series[i] as number) - (series[j] as number));
  const ranks = Array<number>(series.length).fill(0);
  for (let from = 0; from < order.length; ) {
    let to = from + 1;
    while (to < order.length && series[order[to] as number] === series[order[from] as number]) to++;
    for (let at = from; at < to; at++) ranks[order[at] as number] = (from + to - 1) / 2;
    from = to;
  }
  return ranks;
}

/** Mean 0 and sum of squares 1; null for a constant one. */
function standardised(values: readonly number[]): number[] | null {
  const centre = mean(values);
  const size = Math.sqrt(values.reduce((sum, value) => sum + (value - centre) ** 2, 0));
  return size === 0 ? null : values.map((value) => (value - centre) / size);
}

/** @param places of the blocks of y, in their new order */
function correlation(
  x: readonly number[],
  y: readonly number[],
  long: number,
  places: readonly number[],
): number {
  let sum = 0;
  for (const [block, place] of places.entries()) {
    for (let at = 0; at < long; at++) {
      sum += (x[block * long + at] as number) * (y[place * long + at] as number);
    }
  }
  return sum;
}

function identity(blocks: number): number[] {
  return Array.from({ length: blocks }, (_, at) => at);
}

/** What is left of a series without its straight line (least squares). */
function withoutLine(series: readonly number[]): number[] {
  const middle = (series.length - 1) / 2;
  const centre = mean(series);
  let [product, square] = [0, 0];
  for (const [at, value] of series.entries()) {
    product += (at - middle) * (value - centre);
    square += (at - middle) ** 2;
  }
  const slope = square === 0 ? 0 : product / square;
  return series.map((value, at) => value - centre - slope * (at - middle));
}
