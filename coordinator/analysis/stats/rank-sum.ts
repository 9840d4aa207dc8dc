/**
 * The shift between two sets of runs without assuming a distribution: the Hodges-Lehmann estimate and the interval
 * that inverts the exact rank-sum (permutation) test. Called by the comparison when there are enough runs a side.
 * Invariant: the coverage is at least what was asked for, whatever the distribution, as long as both sides have the
 * same shape and runs are independent.
 */
import { assert } from "../../../shared/assert.ts";
import { type Interval, median } from "./interval.ts";

/** Runs a side; beyond it the exact counts would take long and say nothing more. */
const MAX_RUNS = 100;

/**
 * In how many of the C(n + m, n) orders of both samples the statistic U (pairs with b < a) equals 0, 1, ... n m. Under
 * the null hypothesis all orders are equally likely. Recurrence f(u; n, m) = f(u - m; n - 1, m) + f(u; n, m - 1).
 * Source: H. B. Mann and D. R. Whitney, Annals of Mathematical Statistics 18 (1947) 50-60.
 */
export function rankSumCounts(n: number, m: number): readonly number[] {
  assert(n >= 0 && m >= 0 && n <= MAX_RUNS && m <= MAX_RUNS, "sample sizes within the bound");
  // row[i] holds f(.; i, columns so far).
  let row: number[][] = Array.from({ length: n + 1 }, () => [1]);
  for (let columns = 1; columns <= m; columns++) {
    const next: number[][] = [[1]];
    for (let i = 1; i <= n; i++) {
      const above = next[i - 1] ?? [];
      const left = row[i] ?? [];
      next.push(
        Array.from(
          { length: i * columns + 1 },
          (_, u) => (above[u - columns] ?? 0) + (left[u] ?? 0),
        ),
      );
    }
    row = next;
  }
  return row[n] ?? [1];
}

/**
 * By how much b lies above a. The estimate is the median of all differences b_j - a_i; the interval goes from the
 * k-th smallest to the k-th largest of them, k the largest with 2 P(U <= k - 1) <= 1 - confidence.
 * Source: J. L. Hodges and E. L. Lehmann (1963); M. Hollander and D. A. Wolfe, Nonparametric Statistical Methods,
 * section 4.3 (the interval of Moses).
 * @returns null when so few runs cannot give that confidence: 95 % takes 4 and 4, or 3 and 5
 */
export function hodgesLehmann(
  a: readonly number[],
  b: readonly number[],
  confidence: number,
): Interval | null {
  const differences = a.flatMap((x) => b.map((y) => y - x)).sort((x, y) => x - y);
  const k = criticalRank(a.length, b.length, confidence);
  if (k === 0) return null;
  return {
    estimate: median(differences),
    low: differences[k - 1] as number,
    high: differences[differences.length - k] as number,
  };
}

function criticalRank(n: number, m: number, confidence: number): number {
  const counts = rankSumCounts(n, m);
  const all = counts.reduce((sum, count) => sum + count, 0);
  let cumulated = 0;
  let k = 0;
  // A rounding error of a sum of doubles must not cost a rank: 2/40 is 1 - 0.95.
  const allowed = ((1 - confidence) / 2) * all * (1 + 1e-9);
  while (k < n * m) {
    cumulated += counts[k] ?? 0;
    if (cumulated > allowed) break;
    k++;
  }
  return k;
}

/**
 * P(b < a) + P(b = a) / 2 over all pairs: U / (n m), the area under the curve of a against b. Source: H. B. Mann and D. R. Whitney, Annals
 * of Mathematical Statistics 18 (1947) 50-60. NaN without a pair.
 */
export function rankAbove(a: readonly number[], b: readonly number[]): number {
  let above = 0;
  for (const x of a) for (const y of b) above += x > y ? 1 : x === y ? 0.5 : 0;
  return above / (a.length * b.length);
}
