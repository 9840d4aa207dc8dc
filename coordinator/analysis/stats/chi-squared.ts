/**
 * The chi-squared distribution, as far as intervals of rates and the detectors need it. Called by reliability.ts, and for shares of servers.
 * Invariant: relative error of quantiles below 1e-9, held against published values in the tests.
 */
import { assert } from "../../../shared/assert.ts";
import { logGamma } from "./distributions.ts";

const MAX_TERMS = 100_000;
const BISECTIONS = 200;
const SMALLEST = 1e-300;

/** P(X <= x) of chi-squared with `df` degrees of freedom: P(df/2, x/2). Source: NIST DLMF 8.2.4. */
export function chiSquaredCdf(x: number, df: number): number {
  return incompleteGamma(df / 2, x / 2);
}

/**
 * P of counts as uneven by chance, when each is as likely: chi-squared = sum (n - m)^2 / m, m their mean, with one degree of freedom fewer
 * than there are. Source: K. Pearson, Philosophical Magazine 50 (1900) 157-175. 1 for fewer than two counts.
 */
export function evennessP(counts: readonly number[]): number {
  const mean = counts.reduce((sum, one) => sum + one, 0) / counts.length;
  if (counts.length < 2 || mean === 0) return 1;
  const statistic = counts.reduce((sum, one) => sum + (one - mean) ** 2 / mean, 0);
  return Math.max(0, 1 - chiSquaredCdf(statistic, counts.length - 1));
}

/** The x with chiSquaredCdf(x) = probability, 0 < probability < 1, df > 0; by bisection. */
export function chiSquaredQuantile(probability: number, df: number): number {
  assert(df > 0, "degrees of freedom are positive");
  assert(probability > 0 && probability < 1, "a quantile is asked for inside (0, 1)");
  let low = 0;
  let high = Math.max(1, df);
  while (chiSquaredCdf(high, df) < probability) high *= 2;
  for (let step = 0; step < BISECTIONS; step++) {
    const middle = (low + high) / 2;
    if (middle === low || middle === high) break;
    if (chiSquaredCdf(middle, df) < probability) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/**
 * The regularised incomplete gamma function P(a, x): its power series below a + 1 (NIST DLMF 8.7.1), above it 1 - Q with
 * the continued fraction of DLMF 8.9.2, evaluated with the modified method of Lentz.
 */
export function incompleteGamma(a: number, x: number): number {
  if (x <= 0) return 0;
  const front = Math.exp(a * Math.log(x) - x - logGamma(a));
  return x < a + 1 ? front * series(a, x) : 1 - front * fraction(a, x);
}

/** sum x^n / (a (a + 1) ... (a + n)) */
function series(a: number, x: number): number {
  let term = 1 / a;
  let sum = term;
  for (let n = 1; n < MAX_TERMS && term > sum * Number.EPSILON; n++) {
    term *= x / (a + n);
    sum += term;
  }
  return sum;
}

/** 1/(x + 1 - a - 1(1 - a)/(x + 3 - a - 2(2 - a)/(x + 5 - a - ...))) */
function fraction(a: number, x: number): number {
  let b = x + 1 - a;
  let c = 1 / SMALLEST;
  let d = 1 / b;
  let value = d;
  for (let n = 1; n < MAX_TERMS; n++) {
    const numerator = -n * (n - a);
    b += 2;
    d = 1 / awayFromZero(numerator * d + b);
    c = awayFromZero(b + numerator / c);
    value *= c * d;
    if (Math.abs(c * d - 1) < Number.EPSILON) break;
  }
  return value;
}

function awayFromZero(value: number): number {
  return Math.abs(value) < SMALLEST ? SMALLEST : value;
}
