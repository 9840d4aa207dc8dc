/**
 * The difference of two means with Student's pooled t: for two or three runs a side, where no exact interval of 95 %
 * exists, and for one run held against several. Called by the comparison.
 * Invariant: few runs give a wide interval, never a bold one.
 */
import { studentCdf, studentQuantile } from "./distributions.ts";
import { type Interval, mean } from "./interval.ts";

/**
 * mean(b) - mean(a) +- t(df) s sqrt(1/n + 1/m), s the pooled standard deviation, df = n + m - 2. Assumes that the
 * spread between runs is about normal and the same on both sides. Source: Student, Biometrika 6 (1908); any textbook,
 * e.g. Snedecor and Cochran, Statistical Methods, section 6.9.
 * @returns null with fewer than three values in all, or none on a side
 */
export function studentInterval(
  a: readonly number[],
  b: readonly number[],
  confidence: number,
): Interval | null {
  const df = a.length + b.length - 2;
  if (a.length === 0 || b.length === 0 || df < 1) return null;
  const estimate = mean(b) - mean(a);
  const variance = (squares(a) + squares(b)) / df;
  const reach =
    studentQuantile((1 + confidence) / 2, df) * Math.sqrt(variance * (1 / a.length + 1 / b.length));
  return { estimate, low: estimate - reach, high: estimate + reach };
}

/**
 * P of a mean as high as this, or higher, where the true one is 0: 1 - F(mean sqrt(n) / s), F Student's t with n - 1 degrees of freedom.
 * Assumes values that do not depend on one another. Source: as above. NaN for fewer than two values.
 */
export function meanAboveZeroP(values: readonly number[]): number {
  const df = values.length - 1;
  return 1 - studentCdf(mean(values) / Math.sqrt(squares(values) / df / values.length), df);
}

function squares(values: readonly number[]): number {
  const centre = mean(values);
  return values.reduce((sum, value) => sum + (value - centre) ** 2, 0);
}
