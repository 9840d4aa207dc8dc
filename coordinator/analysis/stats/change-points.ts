/**
 * Where the level of a series changes. Called by the detector of steps. Invariant: the more neighbours depend on each other the more a
 * change has to explain, or every wandering series has some.
 */
import { normalQuantile } from "./distributions.ts";

/** Beyond it a series is all dependence. */
const MAX_CORRELATION = 0.95;
/** Of log n, for each change. */
const PENALTY = 4;
/** Of squared differences the largest are left out, as changes of level make those: this share, and two changes' at least. */
const LEFT_OUT = 0.1;
const CHANGES = 2;

/**
 * The first index of each segment but the first, rising: the segmentation with the least sum of squares about segment means in units of the
 * noise, plus 4 log n (1 + r) / (1 - r) for each change, r the lag-1 autocorrelation. Noise and r are taken from differences of values one and
 * two apart, which changes of level hardly touch: of a first-order autoregression their variances are 2 v (1 - r) and 2 v (1 - r^2).
 * Source: R. Killick, P. Fearnhead and I. Eckley (PELT), Journal of the American Statistical Association 107 (2012) 1590-1598; for noise and
 * penalty under dependence G. Romano et al., the same journal 117 (2022) 2147-2162.
 * @param least values of a segment
 */
export function changePoints(series: readonly number[], least: number): number[] {
  if (series.length < 2 * least) return [];
  const [one, two] = [differenceVariance(series, 1), differenceVariance(series, 2)];
  const guess = one === 0 ? 0 : Math.min(MAX_CORRELATION, Math.max(0, two / one - 1));
  // It is known to so much in so few values, and too little dependence would make changes of chance.
  const error = Math.sqrt((1 - guess * guess) / series.length);
  const r = Math.min(MAX_CORRELATION, guess + error);
  const penalty = (PENALTY * Math.log(series.length) * (1 + r)) / (1 - r);
  return segment(series, least, { noise: one / 2 / (1 - r), penalty });
}

/**
 * Mean square of the differences of values so far apart, without the largest; made whole by what the kept share f of squares of a standard
 * normal comes to, 1 - 2 c phi(c) / f with c = Phi^-1((1 + f) / 2).
 */
function differenceVariance(series: readonly number[], apart: number): number {
  const squares = series.slice(apart).map((value, at) => (value - (series[at] as number)) ** 2);
  const out = Math.max(CHANGES * apart, Math.floor(LEFT_OUT * squares.length));
  const kept = squares.sort((a, b) => a - b).slice(0, Math.max(1, squares.length - out));
  const share = kept.length / squares.length;
  const c = normalQuantile((1 + share) / 2);
  const density = Math.exp((-c * c) / 2) / Math.sqrt(2 * Math.PI);
  const whole = 1 - (2 * c * density) / share;
  return kept.reduce((sum, square) => sum + square, 0) / kept.length / whole;
}

function segment(
  series: readonly number[],
  least: number,
  { noise, penalty }: { readonly noise: number; readonly penalty: number },
): number[] {
  const n = series.length;
  const { sums, squares } = cumulated(series);
  const cost = (from: number, to: number) => {
    const sum = (sums[to] as number) - (sums[from] as number);
    const all = (squares[to] as number) - (squares[from] as number) - (sum * sum) / (to - from);
    return noise === 0 ? (all > 1e-12 ? Number.MAX_VALUE / n : 0) : Math.max(0, all) / noise;
  };
  const best = new Float64Array(n + 1);
  const last = new Int32Array(n + 1);
  best[0] = -penalty;
  let starts: number[] = [0];
  for (let to = least; to <= n; to++) {
    let least_ = Number.POSITIVE_INFINITY;
    for (const from of starts) {
      const total = (best[from] as number) + cost(from, to) + penalty;
      if (to - from >= least && total < least_) {
        least_ = total;
        last[to] = from;
      }
    }
    best[to] = least_;
    starts = starts.filter(
      (from) => to - from < least || (best[from] as number) + cost(from, to) <= least_,
    );
    if (to + 1 - least >= least) starts.push(to + 1 - least);
  }
  const found: number[] = [];
  for (let at = last[n] as number; at > 0; at = last[at] as number) found.unshift(at);
  return found;
}

function cumulated(series: readonly number[]) {
  const sums = new Float64Array(series.length + 1);
  const squares = new Float64Array(series.length + 1);
  for (const [at, value] of series.entries()) {
    sums[at + 1] = (sums[at] as number) + value;
    squares[at + 1] = (squares[at] as number) + value * value;
  }
  return { sums, squares };
}
