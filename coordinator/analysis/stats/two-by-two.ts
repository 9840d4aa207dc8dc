/**
 * Tests of association in two-by-two tables, alone and over strata, and the adjustment for many of them. Called by the detectors
 * (diagnosis/). Invariant: each takes counts as they are; that failures come in bursts is paid for by `dispersion`, never ignored.
 */
import { chiSquaredCdf } from "./chi-squared.ts";
import { logGamma, normalQuantile, studentQuantile } from "./distributions.ts";

/** Failed and exposed, of the part in question and of all the others. */
export interface TwoByTwo {
  readonly failed: number;
  readonly exposed: number;
  readonly otherFailed: number;
  readonly otherExposed: number;
}

/** Below it the chi-squared approximation is not used: the rule of Cochran. */
const LEAST_EXPECTED = 5;

/** P(X > x) of chi-squared with one degree of freedom. */
function tailOf(statistic: number): number {
  return statistic <= 0 ? 1 : Math.max(0, 1 - chiSquaredCdf(statistic, 1));
}

/**
 * (d / e) / (d' / e'), with half a failure added to both where the others had none. Source: J. Haldane, Annals of Human Genetics 20
 * (1956) 309-311. NaN without exposure.
 */
export function riskRatio({ failed, exposed, otherFailed, otherExposed }: TwoByTwo): number {
  if (exposed <= 0 || otherExposed <= 0) return Number.NaN;
  if (otherFailed > 0) return failed / exposed / (otherFailed / otherExposed);
  return (failed + 0.5) / (exposed + 0.5) / (0.5 / (otherExposed + 0.5));
}

/**
 * P of as strong an association by chance. The G statistic 2 sum O ln(O / E), divided by `dispersion`, with one degree of freedom; where
 * an expected count is below 5, Fisher's exact test of the counts divided by it. Source: R. Sokal and F. Rohlf, Biometry, 17.2-17.4; for
 * the dispersion P. McCullagh and J. Nelder, Generalized Linear Models (1989), 4.5.
 * @param dispersion variance over mean of the failures of a second, 1 at least
 */
export function associationP(table: TwoByTwo, dispersion: number): number {
  const { failed, exposed, otherFailed, otherExposed } = table;
  const all = exposed + otherExposed;
  const allFailed = failed + otherFailed;
  if (exposed <= 0 || otherExposed <= 0 || allFailed <= 0 || allFailed >= all) return 1;
  const rows: readonly (readonly [observed: number, expected: number])[] = [
    [failed, (allFailed * exposed) / all],
    [otherFailed, (allFailed * otherExposed) / all],
    [exposed - failed, ((all - allFailed) * exposed) / all],
    [otherExposed - otherFailed, ((all - allFailed) * otherExposed) / all],
  ];
  if (rows.some(([, expected]) => expected / dispersion < LEAST_EXPECTED)) {
    return fisherP({
      failed: Math.round(failed / dispersion),
      exposed: Math.round(exposed / dispersion),
      otherFailed: Math.round(otherFailed / dispersion),
      otherExposed: Math.round(otherExposed / dispersion),
    });
  }
  const g = rows.reduce((sum, [observed, expected]) => {
    return observed <= 0 ? sum : sum + 2 * observed * Math.log(observed / expected);
  }, 0);
  return tailOf(g / dispersion);
}

/**
 * Fisher's exact test, two-sided: the sum of the probabilities of all tables with these margins that are no more likely than this one.
 * Source: R. A. Fisher, Journal of the Royal Statistical Society 98 (1935) 39-54. Bound: as many terms as there are failures.
 */
export function fisherP({ failed, exposed, otherFailed, otherExposed }: TwoByTwo): number {
  const allFailed = failed + otherFailed;
  const all = exposed + otherExposed;
  const low = Math.max(0, allFailed - otherExposed);
  const high = Math.min(allFailed, exposed);
  if (high <= low) return 1;
  const probability = (k: number) =>
    Math.exp(choose(exposed, k) + choose(otherExposed, allFailed - k) - choose(all, allFailed));
  const own = probability(failed) * (1 + 1e-7);
  let sum = 0;
  for (let k = low; k <= high; k++) {
    const one = probability(k);
    if (one <= own) sum += one;
  }
  return Math.min(1, sum);
}

function choose(n: number, k: number): number {
  return logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1);
}

/**
 * The association that is left when it is looked at within each stratum: the common odds ratio, and P by the chi-squared statistic of
 * Cochran, Mantel and Haenszel without continuity correction. Source: N. Mantel and W. Haenszel, Journal of the National Cancer
 * Institute 22 (1959) 719-748. NaN and 1 where no stratum has both.
 * @param dispersion the statistic is divided by it, as that of associationP
 */
export function mantelHaenszel(
  strata: readonly TwoByTwo[],
  dispersion: number,
): { readonly oddsRatio: number; readonly p: number } {
  let over = 0;
  let under = 0;
  let excess = 0;
  let variance = 0;
  for (const { failed: a, exposed, otherFailed: c, otherExposed } of strata) {
    const n = exposed + otherExposed;
    if (exposed <= 0 || otherExposed <= 0 || n < 2) continue;
    const [b, d] = [exposed - a, otherExposed - c];
    over += (a * d) / n;
    under += (b * c) / n;
    excess += a - (exposed * (a + c)) / n;
    variance += (exposed * otherExposed * (a + c) * (b + d)) / (n * n * (n - 1));
  }
  if (variance === 0) return { oddsRatio: Number.NaN, p: 1 };
  return {
    oddsRatio: under === 0 ? Number.POSITIVE_INFINITY : over / under,
    p: tailOf((excess * excess) / variance / dispersion),
  };
}

/**
 * Adjusted P of each: the least rate of false discoveries at which it is one. Source: Y. Benjamini and Y. Hochberg, Journal of the Royal
 * Statistical Society B 57 (1995) 289-300.
 */
export function falseDiscoveryRates(ps: readonly number[]): number[] {
  const order = ps.map((_, at) => at).sort((a, b) => (ps[b] as number) - (ps[a] as number));
  const adjusted = ps.map(() => 1);
  let least = 1;
  for (const [rank, at] of order.entries()) {
    least = Math.min(least, ((ps[at] as number) * ps.length) / (ps.length - rank));
    adjusted[at] = least;
  }
  return adjusted;
}

/** Variance over mean of counts, 1 at least: how much more they come in bursts than chance would have them. */
export function dispersionOf(counts: readonly number[]): number {
  if (counts.length < 2) return 1;
  const mean = counts.reduce((sum, one) => sum + one, 0) / counts.length;
  if (mean === 0) return 1;
  const squares = counts.reduce((sum, one) => sum + (one - mean) ** 2, 0);
  return Math.max(1, squares / (counts.length - 1) / mean);
}

/** Of P-values that a dispersion which is known from few counts is made good for. */
const SURE = 0.99;

/**
 * The same about the mean of each group, for what is compared between groups: sum (d - m)^2 / m over the degrees of freedom, 1 at least, times
 * (t / z)^2 of as many. Source: P. McCullagh and J. Nelder, Generalized Linear Models (1989), 4.5; as clustered-share.ts for few counts.
 * @param groups counts of equally long stretches of time, long enough not to depend on one another @returns null without any two in a group
 */
export function dispersionWithin(groups: readonly (readonly number[])[]): number | null {
  let [pearson, degrees] = [0, 0];
  for (const counts of groups) {
    const mean = counts.reduce((sum, one) => sum + one, 0) / counts.length;
    if (counts.length < 2 || mean === 0) continue;
    degrees += counts.length - 1;
    for (const one of counts) pearson += (one - mean) ** 2 / mean;
  }
  if (degrees === 0) return null;
  const few = studentQuantile((1 + SURE) / 2, degrees) / normalQuantile((1 + SURE) / 2);
  return Math.max(1, pearson / degrees) * few * few;
}
