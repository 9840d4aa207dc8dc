/**
 * Shares of counted things, such as failed attempts: Wilson's interval for one, Newcombe's for the difference of two.
 * Called by the comparison as the least width an interval may have: trials are taken as independent, and real ones
 * are less than that. Invariant: no failure in n trials never becomes "no failures ever".
 */
import { incompleteBeta, normalQuantile } from "./distributions.ts";
import type { Interval } from "./interval.ts";

const BISECTIONS = 60;

export interface Proportion {
  readonly count: number;
  readonly of: number;
}

/**
 * The interval of values p that a normal test of count / of would not reject:
 * (2np + z^2 +- z sqrt(z^2 + 4np(1 - p))) / (2 (n + z^2)).
 * Source: E. B. Wilson, Journal of the American Statistical Association 22 (1927) 209-212. `of` must be above 0.
 */
export function wilsonInterval({ count, of }: Proportion, confidence: number): Interval {
  const z = normalQuantile((1 + confidence) / 2);
  const estimate = count / of;
  const reach = z * Math.sqrt(z * z + 4 * count * (1 - estimate));
  const scale = 2 * (of + z * z);
  const centre = 2 * count + z * z;
  return {
    estimate,
    low: Math.max(0, (centre - reach) / scale),
    high: Math.min(1, (centre + reach) / scale),
  };
}

/**
 * The exact interval: the shares under which neither so few nor so many would come with less than half of 1 - confidence,
 * I_p(count, of - count + 1) and I_p(count + 1, of - count). Numbers need not be whole. Source: C. Clopper and E. Pearson, Biometrika
 * 26 (1934) 404-413. `of` must be above 0.
 */
export function clopperPearson({ count, of }: Proportion, confidence: number): Interval {
  const tail = (1 - confidence) / 2;
  const low = count <= 0 ? 0 : betaQuantile(tail, count, of - count + 1);
  const high = count >= of ? 1 : betaQuantile(1 - tail, count + 1, of - count);
  return { estimate: count / of, low, high };
}

function betaQuantile(probability: number, a: number, b: number): number {
  let low = 0;
  let high = 1;
  for (let step = 0; step < BISECTIONS; step++) {
    const middle = (low + high) / 2;
    if (incompleteBeta(middle, a, b) < probability) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/**
 * share(b) - share(a) with an interval made of the two Wilson intervals.
 * Source: R. G. Newcombe, Statistics in Medicine 17 (1998) 873-890, method 10.
 */
export function newcombeInterval(a: Proportion, b: Proportion, confidence: number): Interval {
  const wilsonA = wilsonInterval(a, confidence);
  const wilsonB = wilsonInterval(b, confidence);
  const estimate = wilsonB.estimate - wilsonA.estimate;
  return {
    estimate,
    low: estimate - Math.hypot(wilsonB.estimate - wilsonB.low, wilsonA.high - wilsonA.estimate),
    high: estimate + Math.hypot(wilsonB.high - wilsonB.estimate, wilsonA.estimate - wilsonA.low),
  };
}

/**
 * P of `count` of `of`, or more, where each has this chance: the upper tail of the binomial distribution, I_chance(count, of - count + 1), I
 * the regularised incomplete beta function. Source: M. Abramowitz and I. Stegun, Handbook of Mathematical Functions, 26.5.24.
 */
export function countAboveP({ count, of }: Proportion, chance: number): number {
  return count <= 0 ? 1 : incompleteBeta(chance, count, of - count + 1);
}
