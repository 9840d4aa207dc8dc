/**
 * When a series first leaves the band it had kept to, and between which moments that lies. Called by analysis/onsets. Invariants: the band
 * is made of what came before alone; the more neighbours depend on each other, and the less came before, the wider it is, so a series that
 * wanders has no onset.
 */
import { lagOneCorrelation } from "./dependence.ts";
import { incompleteBeta, studentCdf } from "./distributions.ts";

/** Values before a band exists. */
const LEAST_BEFORE = 20;
/** The newest values are no part of it: they may be the beginning of what it is for. */
const GAP = 5;
/** It is made anew each so many values. */
const EVERY = 5;
/** Values tried together. */
const WINDOWS = [1, 5] as const;
/** Of latencies that many in a row, so that a single one is none. */
const ROW = 3;
/** Less is no failure anybody cares for: so many, and so many times what is usual. */
const LEAST_COUNT = 5;
const LEAST_TIMES = 3;
/** Of as many as came together before, at most: failures that come in bursts have heavier tails than any model of them. */
const TIMES_MOST = 3;
/** A time that is not as much longer is not, either. */
const LEAST_RATIO = 1.5;
/** How far back an onset may lie of the moment at which it shows. */
const LOOK_BACK = 60;
/** -2 ln(1 - sqrt(0.95)): likelihood ratio of 95 % for where a change lies; B. E. Hansen, Econometrica 68 (2000) 575-603. */
const RATIO_95 = 7.352;

export interface Onset {
  /** Position of the first value outside, as likely as not, and of the first and last it may be. */
  readonly at: number;
  readonly from: number;
  readonly to: number;
}

interface Band {
  readonly level: number;
  /** Variance of single values, of counts as a multiple of Poisson's. */
  readonly variance: number;
  /** Variance of a sum of neighbours as a multiple of that of independent ones: (1 + r) / (1 - r). */
  readonly dependence: number;
  /** Values, or counts, it is made of. */
  readonly made: number;
}

interface CountBand extends Band {
  /** By each of WINDOWS. */
  readonly highest: readonly number[];
}

/**
 * Of counts by what was exposed: a negative binomial with the variance and the dependence of those before, and what is uncertain about their
 * mean (a gamma posterior), says how unlikely as many are. The chance is divided by the moments tried.
 * @param exposure of each; where it is 0 nothing is known @param level chance of an onset in a series that has none
 */
export function onsetOfCounts(
  counts: readonly number[],
  exposure: readonly number[],
  level: number,
): Onset | null {
  const known = exposure.flatMap((one, at) => (one > 0 ? [at] : []));
  const own = known.map((at) => counts[at] as number);
  const exposed = known.map((at) => exposure[at] as number);
  const most = level / Math.max(1, own.length) / WINDOWS.length;
  let band: CountBand | null = null;
  for (let at = LEAST_BEFORE + GAP; at < own.length; at++) {
    if (band === null || at % EVERY === 0) band = bandOfCounts(own, exposed, at - GAP);
    for (const [index, length] of WINDOWS.entries()) {
      const first = at - length + 1;
      const seen = sum(own, first, at + 1);
      const there = sum(exposed, first, at + 1);
      const mean = band.level * there;
      if (seen < LEAST_COUNT || seen < LEAST_TIMES * mean) continue;
      if (seen < TIMES_MOST * (band.highest[index] as number) * there) continue;
      if (tailOf(seen, mean, band, length) > most) continue;
      const found = changeBefore(at, (from, to) => poissonCost(own, exposed, from, to), {
        scale: band.variance * band.dependence,
      });
      return moved(found, known);
    }
  }
  return null;
}

/** P(X >= x) of a negative binomial: I(mean / (mean + size); x, size). Source: NIST DLMF 8.17.24. */
export function negativeBinomialTail(x: number, mean: number, size: number): number {
  return x <= 0 ? 1 : incompleteBeta(mean / (mean + size), x, size);
}

function tailOf(seen: number, mean: number, band: Band, length: number): number {
  const { variance, dependence, made } = band;
  const together = length > 1 ? dependence : 1;
  const unsure = (mean * mean * variance * dependence) / made;
  const beyond = mean * (variance * together - 1) + unsure;
  return negativeBinomialTail(seen, mean, (mean * mean) / beyond);
}

function bandOfCounts(
  counts: readonly number[],
  exposed: readonly number[],
  end: number,
): CountBand {
  const all = sum(counts, 0, end);
  // Half of one more: none so far does not mean never.
  const made = all + 0.5;
  const level = made / sum(exposed, 0, end);
  const residuals: number[] = [];
  for (let at = 0; at < end; at++) {
    const expected = level * (exposed[at] as number);
    residuals.push(((counts[at] as number) - expected) / Math.sqrt(expected));
  }
  const pearson = residuals.reduce((total, one) => total + one * one, 0) / (end - 1);
  const variance = Math.max(1, pearson);
  const highest = WINDOWS.map((length) => highestRate(counts, exposed, { length, end }));
  return { level, made, variance, dependence: dependenceOf(residuals), highest };
}

function highestRate(
  counts: readonly number[],
  exposed: readonly number[],
  { length, end }: { readonly length: number; readonly end: number },
): number {
  let highest = 0;
  for (let at = 0; at + length <= end; at++) {
    const rate = sum(counts, at, at + length) / sum(exposed, at, at + length);
    highest = Math.max(highest, rate);
  }
  return highest;
}

/**
 * Of levels (logarithms of times; NaN: not known): Student's t of the mean of ROW in a row against those before, as if it were one value,
 * with as many degrees of freedom as independent values would have.
 */
export function onsetOfLevel(values: readonly number[], level: number): Onset | null {
  const known = values.flatMap((one, at) => (Number.isNaN(one) ? [] : [at]));
  const own = known.map((at) => values[at] as number);
  const most = level / Math.max(1, own.length);
  let band: Band | null = null;
  for (let at = LEAST_BEFORE + GAP; at < own.length; at++) {
    if (band === null || at % EVERY === 0) band = bandOfLevel(own.slice(0, at - GAP));
    const { level: usual, variance, dependence, made } = band;
    const row = own.slice(at - ROW + 1, at + 1);
    const rise = row.reduce((total, one) => total + one, 0) / ROW - usual;
    if (rise < Math.log(LEAST_RATIO) || row.some((one) => one < usual)) continue;
    const worth = made / dependence;
    const t = rise / Math.sqrt(variance * (1 + 1 / worth));
    if (worth < 2 || 1 - studentCdf(t, worth - 1) > most) continue;
    const found = changeBefore(at, (from, to) => squareCost(own, from, to), {
      scale: variance * dependence,
    });
    return moved(found, known);
  }
  return null;
}

function bandOfLevel(before: readonly number[]): Band {
  const made = before.length;
  const level = sum(before, 0, made) / made;
  const squares = before.reduce((total, one) => total + (one - level) ** 2, 0);
  const dependence = dependenceOf(before);
  // Neighbours that depend on each other differ less from their own mean than from the true one.
  const degrees = Math.max(1, made - dependence);
  return { level, made, dependence, variance: Math.max(1e-12, squares / degrees) };
}

/** With one standard error of r on top: too little would make onsets of chance. */
function dependenceOf(series: readonly number[]): number {
  const r = Math.max(0, lagOneCorrelation(series));
  const sure = Math.min(0.95, r + Math.sqrt((1 - r * r) / series.length));
  return (1 + sure) / (1 - sure);
}

/** Where one change best divides what lies before the end, and where it may lie as well. */
function changeBefore(
  end: number,
  cost: (from: number, to: number) => number,
  { scale }: { readonly scale: number },
): Onset {
  const first = Math.max(0, end - LOOK_BACK);
  const costs: number[] = [];
  for (let at = first + 1; at <= end; at++) costs.push(cost(first, at) + cost(at, end + 1));
  const least = costs.reduce((a, b) => Math.min(a, b));
  const isIn = costs.map((one) => (one - least) / scale <= RATIO_95);
  const place = (index: number) => first + 1 + index;
  return {
    at: place(costs.indexOf(least)),
    from: place(isIn.indexOf(true)),
    to: place(isIn.lastIndexOf(true)),
  };
}

/** -2 log likelihood of one rate, less what all divisions have in common. */
function poissonCost(
  counts: readonly number[],
  exposed: readonly number[],
  from: number,
  to: number,
): number {
  const seen = sum(counts, from, to);
  return seen === 0 ? 0 : -2 * seen * Math.log(seen / sum(exposed, from, to));
}

function squareCost(values: readonly number[], from: number, to: number): number {
  const mean = sum(values, from, to) / (to - from);
  let squares = 0;
  for (let at = from; at < to; at++) squares += ((values[at] as number) - mean) ** 2;
  return squares;
}

function moved({ at, from, to }: Onset, places: readonly number[]): Onset {
  const place = (index: number) => places[index] as number;
  return { at: place(at), from: place(from), to: place(to) };
}

function sum(values: readonly number[], from: number, to: number): number {
  let total = 0;
  for (let at = from; at < to; at++) total += values[at] as number;
  return total;
}
