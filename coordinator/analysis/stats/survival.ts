/**
 * How long things last when some were taken away before their end: the share that is left at each age, and whether a group ends sooner
 * than the rest. Called by analysis/survival. Invariant: what was only sampled, or ended together with others, widens intervals.
 */
import { assert } from "../../../shared/assert.ts";
import { normalCdf, normalQuantile, studentCdf } from "./distributions.ts";

/** At one age. */
export interface AtRisk {
  readonly age: number;
  /** That reached it. */
  readonly atRisk: number;
  /** That ended at it. */
  readonly ended: number;
  /** Sum of the squared weights of those; `ended` where each stands for itself. */
  readonly squares: number;
}

export interface SurvivalStep {
  readonly age: number;
  /** Left after it. */
  readonly share: number;
  readonly low: number;
  readonly high: number;
}

/**
 * S(t) = prod (1 - d / n), with the variance of Greenwood, V = S^2 sum d / (n (n - d)), on the scale log(-log S), on which limits stay within
 * 0 and 1: S^exp(+-z sqrt(V) / (S log S)). With weights w a sum of w^2 stands for d in V: that is the variance of a thinned Poisson count.
 * Source: E. L. Kaplan and P. Meier, Journal of the American Statistical Association 53 (1958) 457-481; M. Greenwood, Reports on Public Health and
 * Medical Subjects 33 (1926); J. D. Kalbfleisch and R. L. Prentice, The Statistical Analysis of Failure Time Data (2002), section 1.4.
 * @param rows by rising age @param dispersion variance of the ends as a multiple of what independent ones have, at least 1
 */
export function kaplanMeier(
  rows: readonly AtRisk[],
  confidence: number,
  dispersion = 1,
): SurvivalStep[] {
  const z = normalQuantile((1 + confidence) / 2);
  const steps: SurvivalStep[] = [];
  let share = 1;
  let sum = 0;
  for (const { age, atRisk, ended, squares } of rows) {
    assert(atRisk > 0 && ended >= 0, "ends are of those at risk");
    const left = Math.max(0, atRisk - ended);
    share *= left / atRisk;
    // Nobody is left: the limits of the age before are all there is, from 0 on.
    if (left > 0) sum += squares / (atRisk * left);
    const reach = share > 0 && share < 1 ? (z * Math.sqrt(dispersion * sum)) / Math.log(share) : 0;
    const low = share ** Math.exp(-reach);
    const high = share > 0 ? share ** Math.exp(reach) : (steps.at(-1)?.high ?? 1);
    steps.push({ age, share, low, high });
  }
  return steps;
}

/** At one age, or within a few that are close. */
export interface RiskStratum {
  readonly ended: number;
  readonly atRisk: number;
  /** Of both, those of the group. */
  readonly endedInGroup: number;
  readonly atRiskInGroup: number;
  /** How many draws the group's share at risk rests on; infinite: it is exact. */
  readonly draws: number;
}

export interface LogRank {
  readonly observed: number;
  /** If the group ended as the others do at the same age. */
  readonly expected: number;
  readonly z: number;
  /** Two-sided. */
  readonly p: number;
}

/**
 * The log-rank test of a group against the rest: O - E over all ages, E = d s, s = n1 / n, with the hypergeometric variance
 * d s (1 - s) (n - d) / (n - 1), plus d^2 s (1 - s) / draws where s was sampled. Source: N. Mantel, Cancer Chemotherapy Reports 50 (1966)
 * 163-170; R. Peto and J. Peto, Journal of the Royal Statistical Society A 135 (1972) 185-207.
 * @param clustered O - E of stretches of time, where ends may have come together: its variance is at least that of their sum, about their mean,
 * and P then that of Student's t (D. Y. Lin and L. J. Wei, Journal of the American Statistical Association 84 (1989) 1074-1078)
 * @returns null when nothing can differ
 */
export function logRank(
  strata: readonly RiskStratum[],
  clustered: readonly number[] = [],
): LogRank | null {
  let observed = 0;
  let expected = 0;
  let variance = 0;
  let unsure = 0;
  for (const { ended, atRisk, endedInGroup, atRiskInGroup, draws } of strata) {
    if (atRisk <= 0) continue;
    const share = atRiskInGroup / atRisk;
    observed += endedInGroup;
    expected += ended * share;
    const finite = atRisk > 1 ? Math.max(0, (atRisk - ended) / (atRisk - 1)) : 0;
    variance += ended * share * (1 - share) * finite;
    unsure += (ended * ended * share * (1 - share)) / draws;
  }
  const together = varianceOfSum(clustered);
  const whole = Math.max(variance, together) + unsure;
  if (whole <= 0) return null;
  const z = (observed - expected) / Math.sqrt(whole);
  const below = -Math.abs(z);
  const tail = together > variance ? studentCdf(below, clustered.length - 1) : normalCdf(below);
  return { observed, expected, z, p: Math.min(1, 2 * tail) };
}

/** Of values that do not depend on one another; 0 for fewer than two. */
function varianceOfSum(values: readonly number[]): number {
  const n = values.length;
  if (n < 2) return 0;
  const mean = values.reduce((sum, one) => sum + one, 0) / n;
  return (n / (n - 1)) * values.reduce((sum, one) => sum + (one - mean) ** 2, 0);
}
