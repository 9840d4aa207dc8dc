/**
 * Poisson-distributed counts by counter-based draws. Called by the total message schedule.
 * Invariant: a pure function of its arguments.
 */
import { drawExponential, drawUnit, type Stream } from "../time/random.ts";

/** Below this mean, counting unit-rate arrivals is quicker and simpler than rejection. */
const SMALL_MEAN = 10;

/** Which draws to use; all counters of (stream, index) are taken. */
export interface Draws {
  readonly seed: number;
  readonly stream: Stream;
  readonly index: number;
}

/** A Poisson count with this mean, exact in law for any mean. */
export function drawPoisson(mean: number, draws: Draws): number {
  return mean < SMALL_MEAN ? countArrivals(mean, draws) : transformedRejection(mean, draws);
}

function countArrivals(mean: number, { seed, stream, index }: Draws): number {
  let count = 0;
  let at = drawExponential(seed, stream, index, 0);
  while (at < mean) at += drawExponential(seed, stream, index, ++count);
  return count;
}

/**
 * W. Hoermann, "The transformed rejection method for generating Poisson random variables", Insurance:
 * Mathematics and Economics 12 (1993), algorithm PTRS; for means of 10 and more. About 1.1 to 1.3 tries.
 */
function transformedRejection(mean: number, { seed, stream, index }: Draws): number {
  const b = 0.931 + 2.53 * Math.sqrt(mean);
  const a = -0.059 + 0.02483 * b;
  const inverseAlpha = 1.1239 + 1.1328 / (b - 3.4);
  const vr = 0.9277 - 3.6224 / (b - 2);
  for (let counter = 0; ; counter += 2) {
    const u = drawUnit(seed, stream, index, counter) - 0.5;
    const v = 1 - drawUnit(seed, stream, index, counter + 1);
    const us = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / us + b) * u + mean + 0.43);
    if (us >= 0.07 && v <= vr) return k;
    if (k < 0 || (us < 0.013 && v > us)) continue;
    const accept = Math.log((v * inverseAlpha) / (a / (us * us) + b));
    if (accept <= k * Math.log(mean) - mean - logFactorial(k)) return k;
  }
}

/** ln k! by Stirling's series; exact by product below 10. */
function logFactorial(k: number): number {
  if (k < 10) {
    let product = 1;
    for (let factor = 2; factor <= k; factor++) product *= factor;
    return Math.log(product);
  }
  const n = k + 1;
  const series = 1 / (12 * n) - 1 / (360 * n ** 3) + 1 / (1260 * n ** 5);
  return (n - 0.5) * Math.log(n) - n + 0.5 * Math.log(2 * Math.PI) + series;
}
