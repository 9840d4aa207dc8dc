/**
 * Goal: bands and moments of a forecast hold as often as they say, whatever neighbouring values have to do with one another; what does
 * not grow is forecast nothing; and a forecast goes where its data go. Method: 200 first-order autoregressions each about a rising line
 * and about a level, of which the rest is known; a series whose line was computed by another program.
 */
import { describe, expect, test } from "vitest";
import {
  CONFIDENCE,
  type Forecast,
  forecastOf,
  MOST_HORIZON,
  type Reading,
  type TrendLine,
} from "../../coordinator/analysis/stats/forecast.ts";
import { median } from "../../coordinator/analysis/stats/interval.ts";
import { dependent } from "../unit/analysis/stats/noise.ts";

const SERIES = 200;
const LENGTH = 500;
/** Of the noise's standard deviations, over the length. */
const RISE = 4;
const START = 100;
/** Of the confidence: three standard errors of a share of some 140 forecasts. */
const TOLERANCE = 0.07;
const LEAST_TOLD = 0.5;
const HORIZONS = [0.25, 0.5, 0.9];
/** Of series without a rise. */
const MOST_FALSE = 0.05;

const readingsOf = (values: readonly number[]): Reading[] =>
  values.map((value, at) => ({ at, value }));

/** A series about a line, and what comes after it. */
function about(rise: number, seed: number, correlation: number) {
  const noise = dependent(17, seed, { length: 2 * LENGTH, correlation });
  const all = noise.map((one, at) => START + (rise * at) / LENGTH + one);
  return { known: readingsOf(all.slice(0, LENGTH)), all };
}

function lineOf(found: Forecast): TrendLine | null {
  return found.kind === "rises" ? found.line : null;
}

describe.each([0, 0.5, 0.8])("with neighbours that correlate by %d", (correlation) => {
  test("the band covers what comes, and the interval the moment of the limit", () => {
    const limitAt = 1.5 * LENGTH;
    const limit = START + (RISE * limitAt) / LENGTH;
    let [told, covered, inTime] = [0, 0, 0];
    for (let seed = 0; seed < SERIES; seed++) {
      const { known, all } = about(RISE, seed, correlation);
      const found = forecastOf(known, seed);
      const line = lineOf(found);
      if (line === null) continue;
      told++;
      const half = Math.floor(LENGTH / found.blocks / 2);
      for (const horizon of HORIZONS) {
        const at = Math.round(LENGTH * (1 + horizon));
        const block = median(all.slice(at - half, at + half + 1));
        const { low, high } = line.at(at);
        if (block >= low && block <= high) covered++;
      }
      const { earliest, latest } = line.reach(limit);
      if ((earliest ?? limitAt) <= limitAt && limitAt <= (latest ?? limitAt)) inTime++;
    }
    expect(told).toBeGreaterThan(LEAST_TOLD * SERIES);
    expect(covered / (told * HORIZONS.length)).toBeGreaterThan(CONFIDENCE - TOLERANCE);
    expect(inTime / told).toBeGreaterThan(CONFIDENCE - TOLERANCE);
  });

  test("a level is forecast nothing", () => {
    let told = 0;
    for (let seed = 0; seed < SERIES; seed++) {
      if (forecastOf(about(0, seed, correlation).known, seed).kind === "rises") told++;
    }
    expect(told).toBeLessThanOrEqual(MOST_FALSE * SERIES);
  });
});

/** Rises by a half a step, about which it goes up and down. */
const zigzag = Array.from(
  { length: 240 },
  (_, at) => 100 + 0.5 * at + (5 * (((at * at * 31) % 29) - 14)) / 14 + (3 * ((at * 7) % 45)) / 45,
);
/** By Python's statistics.median over all pairs of the same blocks. */
const GOLDEN = {
  ...{ blocks: 24, origin: 234.5, slope: 0.4983412698412697, level: 218.98003968253965 },
  reach300: 397.0792709146216,
};

test("a line is that of another program", () => {
  const found = forecastOf(readingsOf(zigzag), 1);
  const line = lineOf(found);
  expect(found.blocks).toBe(GOLDEN.blocks);
  expect(line?.slope.estimate).toBeCloseTo(GOLDEN.slope, 9);
  expect(line?.at(GOLDEN.origin).estimate).toBeCloseTo(GOLDEN.level, 9);
  expect(line?.reach(300).estimate).toBeCloseTo(GOLDEN.reach300, 6);
});

test("the same series and seed give the same band", () => {
  const [one, two] = [0, 0].map(() => lineOf(forecastOf(readingsOf(zigzag), 5))?.at(400));
  expect(one).toBeDefined();
  expect(one).toEqual(two);
});

test("a higher limit is reached later, and higher values reach it sooner", () => {
  const line = lineOf(forecastOf(readingsOf(zigzag), 1));
  const moments = [230, 260, 300, 400].map((limit) => line?.reach(limit));
  for (const part of ["estimate", "earliest", "latest"] as const) {
    const rising = moments.map((reach) => reach?.[part] ?? Number.NaN);
    expect(rising, part).toEqual([...rising].sort((a, b) => a - b));
    expect(rising.some(Number.isNaN), part).toBe(false);
  }
  for (const more of [5, 20]) {
    const higher = lineOf(forecastOf(readingsOf(zigzag.map((value) => value + more)), 1));
    expect(higher?.reach(300 + more).estimate).toBeCloseTo(line?.reach(300).estimate ?? 0, 5);
    expect(higher?.reach(300).estimate).toBeLessThan(line?.reach(300).estimate ?? 0);
  }
});

test("units and the beginning of time change nothing", () => {
  const line = lineOf(forecastOf(readingsOf(zigzag), 1));
  const scaled = lineOf(forecastOf(readingsOf(zigzag.map((value) => value * 1024)), 1));
  const moved = readingsOf(zigzag).map(({ at, value }) => ({ at: at + 50, value }));
  const later = lineOf(forecastOf(moved, 1));
  for (const part of ["estimate", "earliest", "latest"] as const) {
    const moment = line?.reach(300)[part] ?? Number.NaN;
    expect(scaled?.reach(300 * 1024)[part]).toBeCloseTo(moment, 4);
    expect(later?.reach(300)[part]).toBeCloseTo(moment + 50, 4);
  }
});

test("nothing is told beyond three times what was observed", () => {
  const line = lineOf(forecastOf(readingsOf(zigzag), 1));
  expect(line?.until).toBe(239 + MOST_HORIZON * 239);
  expect(line?.reach(1e6)).toEqual({ estimate: null, earliest: null, latest: null });
});

test("growth that ends is not foretold to go on", () => {
  let told = 0;
  for (let seed = 0; seed < 40; seed++) {
    const noise = dependent(23, seed, { length: LENGTH, correlation: 0 });
    const values = noise.map((one, at) => one + (8 * Math.min(at, LENGTH / 2)) / LENGTH);
    const found = forecastOf(readingsOf(values), seed);
    if (found.kind === "rises") told++;
    else expect(["untested", "short"]).toContain(found.why);
  }
  expect(told).toBeLessThanOrEqual(2);
});
