/**
 * The normal and Student's t distribution, as far as intervals need them. Called by the other files of this
 * room, a few times a comparison, so plain methods that can be checked by eye are preferred to fast ones.
 * Invariant: absolute error below 1e-10, held against published values in the tests.
 */
import { assert } from "../../../shared/assert.ts";

/** Beyond it both tails are below 1e-17. */
const NORMAL_REACH = 8.5;
const BISECTIONS = 200;
const MAX_TERMS = 500;
const SMALLEST = 1e-300;

/**
 * P(Z <= z) of a standard normal Z, from the series of the error function with positive terms only:
 * erf(x) = 2/sqrt(pi) exp(-x^2) sum 2^n x^(2n+1) / (1 3 5 ... (2n+1)).
 * Source: NIST Digital Library of Mathematical Functions, 7.6.2.
 */
export function normalCdf(z: number): number {
  if (Math.abs(z) > NORMAL_REACH) return z > 0 ? 1 : 0;
  const x = Math.abs(z) / Math.SQRT2;
  let term = x;
  let sum = term;
  for (let n = 1; n < MAX_TERMS && term > sum * Number.EPSILON; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  const half = (sum * Math.exp(-x * x)) / Math.sqrt(Math.PI);
  return z >= 0 ? 0.5 + half : 0.5 - half;
}

/** The z with normalCdf(z) = probability, 0 < probability < 1; by bisection. */
export function normalQuantile(probability: number): number {
  return inverse(normalCdf, probability, NORMAL_REACH);
}

/**
 * P(T <= t) of Student's t with `df` degrees of freedom: 1 - I_x(df/2, 1/2) / 2 for t >= 0, where
 * x = df / (df + t^2). Source: Abramowitz and Stegun, 26.7.1 with 26.5.27.
 */
export function studentCdf(t: number, df: number): number {
  const tail = incompleteBeta(df / (df + t * t), df / 2, 0.5) / 2;
  return t >= 0 ? 1 - tail : tail;
}

/** The t with studentCdf(t, df) = probability, 0 < probability < 1, df > 0; by bisection. */
export function studentQuantile(probability: number, df: number): number {
  assert(df > 0, "degrees of freedom are positive");
  let reach = 10;
  while (studentCdf(reach, df) < Math.max(probability, 1 - probability)) reach *= 2;
  return inverse((t) => studentCdf(t, df), probability, reach);
}

/**
 * The regularised incomplete beta function I_x(a, b) by its continued fraction, evaluated with the modified
 * method of Lentz. Source: NIST DLMF 8.17.22; where that converges slowly, I_x(a, b) = 1 - I_(1-x)(b, a) (8.17.4).
 */
export function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const logFront =
    logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x);
  return Math.exp(logFront) / a / betaFraction(x, a, b);
}

/** 1 + d1/(1 + d2/(1 + ...)), d as in DLMF 8.17.23. */
function betaFraction(x: number, a: number, b: number): number {
  let fraction = 1;
  let c = 1;
  let d = 0;
  for (let term = 1; term < MAX_TERMS; term++) {
    const m = Math.floor(term / 2);
    const numerator =
      term % 2 === 0
        ? (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
        : (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / awayFromZero(1 + numerator * d);
    c = awayFromZero(1 + numerator / c);
    fraction *= c * d;
    if (Math.abs(c * d - 1) < Number.EPSILON) break;
  }
  return fraction;
}

function awayFromZero(value: number): number {
  return Math.abs(value) < SMALLEST ? SMALLEST : value;
}

/**
 * ln Gamma(x), x > 0: Stirling's series (NIST DLMF 5.11.1) where it is exact to double precision, reached by
 * Gamma(x + 1) = x Gamma(x).
 */
export function logGamma(x: number): number {
  let shift = 0;
  let at = x;
  while (at < 15) {
    shift -= Math.log(at);
    at++;
  }
  const inverseSquare = 1 / (at * at);
  const series =
    (1 / 12 -
      inverseSquare *
        (1 / 360 -
          inverseSquare * (1 / 1260 - inverseSquare * (1 / 1680 - inverseSquare / 1188)))) /
    at;
  return shift + (at - 0.5) * Math.log(at) - at + 0.5 * Math.log(2 * Math.PI) + series;
}

function inverse(cdf: (x: number) => number, probability: number, reach: number): number {
  assert(probability > 0 && probability < 1, "a quantile is asked for inside (0, 1)");
  let low = -reach;
  let high = reach;
  for (let step = 0; step < BISECTIONS; step++) {
    const middle = (low + high) / 2;
    if (middle === low || middle === high) break;
    if (cdf(middle) < probability) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
