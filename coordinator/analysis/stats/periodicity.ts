/**
 * Does a series repeat at regular intervals? Called by analysis/onsets. Invariant: what neighbours have to do with each other makes
 * no period: the spectrum is held against that of a first-order autoregression with noise on top.
 */
/** It must be seen so often. */
const LEAST_CYCLES = 5;
const LEAST_VALUES = 40;
/** Beyond it a series is all dependence. */
const MAX_CORRELATION = 0.95;
/** Longer series are added up in steps, so that a spectrum costs 4 million steps at most. */
const MOST_VALUES = 2048;
/** Of the highest ordinate, one at a part of its frequency that is the true one, the highest being an overtone of it. */
const OVERTONE = 0.5;
const MOST_OVERTONE = 12;

export interface Period {
  /** In steps of the series. */
  readonly length: number;
  readonly p: number;
}

/** @returns the most pronounced period, with the chance of one as pronounced in a series without any; null for too few or constant values */
export function periodOf(series: readonly number[]): Period | null {
  const step = Math.ceil(series.length / MOST_VALUES);
  const values: number[] = [];
  for (let at = 0; at + step <= series.length; at += step) {
    values.push(series.slice(at, at + step).reduce((total, one) => total + one, 0));
  }
  const n = values.length;
  if (n < LEAST_VALUES) return null;
  const raw = periodogram(values);
  const strongest = peakOf(raw.map((one, at) => (at + 1 < LEAST_CYCLES ? 0 : one)));
  // A strong period is itself a dependence of neighbours: without it.
  const usual = spectrumOf(without(values, strongest + 1));
  const flat = raw.map((one, at) => one / usual((2 * Math.PI * (at + 1)) / n));
  const tried = flat.slice(LEAST_CYCLES - 1);
  const p = fisherP(tried);
  return p === null ? null : { length: (step * n) / fundamental(flat), p };
}

/**
 * P of as large a share of one ordinate in the sum of all m by chance: with g that share,
 * sum over j of (-1)^(j - 1) C(m, j) (1 - j g)^(m - 1) while j g < 1. Source: R. A. Fisher, Proceedings of the Royal Society A 125 (1929)
 * 54-59; P. J. Brockwell and R. A. Davis, Time Series: Theory and Methods (1991), section 10.2.
 * @returns null when they are all 0
 */
export function fisherP(ordinates: readonly number[]): number | null {
  const m = ordinates.length;
  const all = ordinates.reduce((total, one) => total + one, 0);
  if (all <= 0) return null;
  const g = (ordinates[peakOf(ordinates)] as number) / all;
  let p = 0;
  let logChoose = 0;
  for (let j = 1; j <= m && j * g < 1; j++) {
    logChoose += Math.log((m - j + 1) / j);
    const term = Math.exp(logChoose + (m - 1) * Math.log(1 - j * g));
    // The first term is an upper bound; beyond 1 the sum only cancels out.
    if (j === 1 && term >= 1) return 1;
    p += j % 2 === 1 ? term : -term;
    if (term < 1e-12 * p) break;
  }
  return Math.min(1, Math.max(0, p));
}

/** |sum x exp(-2 pi i k t / n)|^2 / n for k from 1 to below n / 2. */
function periodogram(values: readonly number[]): number[] {
  const n = values.length;
  const mean = values.reduce((total, one) => total + one, 0) / n;
  const cosines = Float64Array.from(values, (_, at) => Math.cos((2 * Math.PI * at) / n));
  const sines = Float64Array.from(values, (_, at) => Math.sin((2 * Math.PI * at) / n));
  const ordinates: number[] = [];
  for (let k = 1; 2 * k < n; k++) {
    let [real, imaginary, turn] = [0, 0, 0];
    for (const value of values) {
      real += (value - mean) * (cosines[turn] as number);
      imaginary += (value - mean) * (sines[turn] as number);
      turn += k;
      if (turn >= n) turn -= n;
    }
    ordinates.push((real * real + imaginary * imaginary) / n);
  }
  return ordinates;
}

/**
 * The spectrum of noise of which the share w follows x(t) = f x(t - 1) + e(t): 1 - w + w (1 - f^2) / (1 + f^2 - 2 f cos(angle)), with f and w from the
 * autocorrelations at lags 1 and 2, which are w f and w f^2.
 */
function spectrumOf(values: readonly number[]): (angle: number) => number {
  const [one, two] = [correlation(values, 1), correlation(values, 2)];
  if (one <= 1 / Math.sqrt(values.length)) return () => 1;
  const f = Math.min(MAX_CORRELATION, Math.max(one, two / one));
  const w = Math.min(1, one / f);
  return (angle) => 1 - w + (w * (1 - f * f)) / (1 + f * f - 2 * f * Math.cos(angle));
}

function correlation(values: readonly number[], lag: number): number {
  const mean = values.reduce((total, one) => total + one, 0) / values.length;
  let [square, product] = [0, 0];
  for (const [at, value] of values.entries()) {
    square += (value - mean) ** 2;
    if (at >= lag) product += (value - mean) * ((values[at - lag] as number) - mean);
  }
  return square === 0 ? 0 : product / square;
}

/** The series less its wave of k cycles. */
function without(values: readonly number[], k: number): number[] {
  const n = values.length;
  const angle = (at: number) => (2 * Math.PI * k * at) / n;
  let [a, b] = [0, 0];
  for (const [at, value] of values.entries()) {
    a += (2 / n) * value * Math.cos(angle(at));
    b += (2 / n) * value * Math.sin(angle(at));
  }
  return values.map((value, at) => value - a * Math.cos(angle(at)) - b * Math.sin(angle(at)));
}

/** Cycles of the lowest frequency of which the strongest is an overtone. */
function fundamental(flat: readonly number[]): number {
  const cycles = peakOf(flat.map((one, at) => (at + 1 < LEAST_CYCLES ? 0 : one))) + 1;
  for (let overtone = MOST_OVERTONE; overtone > 1; overtone--) {
    const low = Math.round(cycles / overtone);
    if (low < LEAST_CYCLES || Math.abs(low * overtone - cycles) > overtone / 2) continue;
    if ((flat[low - 1] ?? 0) >= OVERTONE * (flat[cycles - 1] as number)) return low;
  }
  return cycles;
}

function peakOf(ordinates: readonly number[]): number {
  return ordinates.reduce((best, one, at) => (one > (ordinates[best] as number) ? at : best), 0);
}
