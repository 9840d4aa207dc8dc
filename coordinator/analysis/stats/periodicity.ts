/**
 * Does a series repeat at regular intervals? Called by analysis/onsets. Invariants: what neighbours have to do with each other makes
 * no period: the spectrum is held against that of a first-order autoregression with noise on top, and P comes from spectra drawn from
 * that one, each fitted anew; the same series gives the same P.
 */
import { drawExponential, Stream } from "../../../shared/time/random.ts";

/** It must be seen so often. */
const LEAST_CYCLES = 5;
const LEAST_VALUES = 40;
/** Longer series are added up in steps, so that a spectrum costs 4 million steps at most. */
const MOST_VALUES = 2048;
/** Of what is short and comes at regular intervals, the overtones are as strong as the period itself. */
const MOST_HARMONICS = 20;
/** A period need not be a whole part of the series: by so much of a step its frequency may miss one of the spectrum. */
const BESIDE = [0, -0.4, -0.2, 0.2, 0.4];
/** Which of them it is: as near as its twentieth harmonic needs. */
const FINELY = Array.from({ length: 50 }, (_, at) => (at % 2 === 0 ? at : -at - 1) / 100);
const DRAWS = 999;
/** With as many draws that are as pronounced it is chance, however many more follow. */
const MOST_ALIKE = 50;
const SEED = 1;
/** Autoregressions that are tried: correlation of neighbours, and the share of the variance that they are. */
const CORRELATIONS = [0.3, 0.5, 0.7, 0.8, 0.9, 0.95];
const SHARES = [0.1, 0.2, 0.35, 0.5, 0.75, 1];

export interface Period {
  /** In steps of the series. */
  readonly length: number;
  /** 1 / 1000 at least. */
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
  if (n < LEAST_VALUES || values.every((one) => one === values[0])) return null;
  const spectra = spectraOf(n);
  const seen = periodogram(values);
  const usual = fitted(seen, spectra);
  const comb = clearest(seen, usual);
  let [alike, draws] = [0, 0];
  while (draws < DRAWS && alike < MOST_ALIKE) {
    const drawn = usual.map((one, at) => one * drawExponential(SEED, Stream.resample, draws, at));
    if (clearest(drawn, fitted(drawn, spectra)).height >= comb.height) alike++;
    draws++;
  }
  const { cycles } = clearest(seen, usual, FINELY);
  return { length: (step * n) / cycles, p: (alike + 1) / (draws + 1) };
}

interface Comb {
  readonly cycles: number;
  readonly height: number;
}

/**
 * The frequency with the greatest H = 2 sum x - 4 (m - 1) over its first m harmonics, m free up to MOST_HARMONICS, x the ordinates over
 * the usual spectrum with mean 1. Source: O. C. de Jager, B. C. Raubenheimer and J. W. H. Swanepoel, Astronomy and Astrophysics 221
 * (1989) 180-190.
 * @param ordinates of 1, 2, ... cycles @param besides parts of a cycle by which a frequency may differ from a whole one
 */
export function clearest(
  ordinates: readonly number[],
  usual: readonly number[],
  besides: readonly number[] = BESIDE,
): Comb {
  const flat = ordinates.map((one, at) => one / (usual[at] as number));
  const mean = flat.reduce((total, one) => total + one, 0) / flat.length;
  let best = { cycles: LEAST_CYCLES, height: Number.NEGATIVE_INFINITY };
  for (let whole = LEAST_CYCLES; whole <= flat.length; whole++) {
    for (const beside of besides) {
      const cycles = whole + beside;
      if (cycles < LEAST_CYCLES) continue;
      let height = 4;
      for (let harmonic = 1; harmonic <= MOST_HARMONICS; harmonic++) {
        const place = Math.round(harmonic * cycles);
        if (place > flat.length) break;
        height += (2 * (flat[place - 1] as number)) / mean - 4;
        if (height > best.height) best = { cycles, height };
      }
    }
  }
  return best;
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

interface Spectrum {
  readonly ordinates: readonly number[];
  /** Sum of their logarithms. */
  readonly logs: number;
}

/**
 * Of noise, and of noise of which the share w follows x(t) = f x(t - 1) + e(t): 1 - w + w (1 - f^2) / (1 + f^2 - 2 f cos(angle)), for all
 * f and w that are tried.
 */
function spectraOf(n: number): Spectrum[] {
  const places = Array.from({ length: Math.ceil(n / 2) - 1 }, (_, at) => at + 1);
  const spectrum = (f: number, w: number): Spectrum => {
    const ordinates = places.map((k) => {
      return 1 - w + (w * (1 - f * f)) / (1 + f * f - 2 * f * Math.cos((2 * Math.PI * k) / n));
    });
    return { ordinates, logs: ordinates.reduce((sum, one) => sum + Math.log(one), 0) };
  };
  const tried = CORRELATIONS.flatMap((f) => SHARES.map((w) => spectrum(f, w)));
  return [spectrum(0, 0), ...tried];
}

/**
 * The spectrum that makes the ordinates most likely, each being exponential about it: the least (m - 1) log sum I / S + sum log S. Without
 * the highest ordinate, as a period is none of its doing. Source: P. Whittle, Arkiv foer Matematik 2 (1953) 423-434.
 */
function fitted(ordinates: readonly number[], spectra: readonly Spectrum[]): readonly number[] {
  let highest = LEAST_CYCLES - 1;
  for (let at = highest; at < ordinates.length; at++) {
    if ((ordinates[at] as number) > (ordinates[highest] as number)) highest = at;
  }
  let [best, least] = [ordinates, Number.POSITIVE_INFINITY];
  for (const { ordinates: usual, logs } of spectra) {
    let sum = 0;
    for (let at = 0; at < ordinates.length; at++) {
      if (at !== highest) sum += (ordinates[at] as number) / (usual[at] as number);
    }
    const deviance = (ordinates.length - 1) * Math.log(sum) + logs - Math.log(usual[highest] ?? 1);
    if (deviance < least) [best, least] = [usual, deviance];
  }
  return best;
}
