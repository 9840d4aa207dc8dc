/**
 * Goal: fast forms of a statistic are what their definitions say. Method: the definition written out, slowly, on short series: every
 * segmentation, every window, every order of the values; the formula of Spearman without ties.
 */
import { describe, expect, test } from "vitest";
import { changePoints } from "../../../../coordinator/analysis/stats/change-points.ts";
import { energyChangePoints } from "../../../../coordinator/analysis/stats/energy-change-points.ts";
import { rankCorrelation } from "../../../../coordinator/analysis/stats/rank-correlation.ts";
import { scanWindow } from "../../../../coordinator/analysis/stats/scan.ts";
import { drawUnit, Stream } from "../../../../shared/time/random.ts";
import { dependent, normal } from "./noise.ts";

const sum = (values: readonly number[]) => values.reduce((total, one) => total + one, 0);
const mean = (values: readonly number[]) => sum(values) / values.length;
const squares = (values: readonly number[]) =>
  sum(values.map((value) => (value - mean(values)) ** 2));

describe("PELT", () => {
  /** All ways to cut a series of this length into segments of so many values or more, by where they begin. */
  function segmentations(length: number, least: number, from = 0): number[][] {
    const whole = [[from]];
    for (let at = from + least; at + least <= length; at++) {
      for (const rest of segmentations(length, least, at)) whole.push([from, ...rest]);
    }
    return whole;
  }

  /** Sum of squares over the noise, and the penalty a change, as the source has them. */
  function costs(series: readonly number[]) {
    const n = series.length;
    const [one, two] = [1, 2].map((apart) => {
      const all = series.slice(apart).map((value, at) => (value - (series[at] ?? 0)) ** 2);
      const out = Math.max(2 * apart, Math.floor(0.1 * all.length));
      const kept = all.sort((a, b) => a - b).slice(0, all.length - out);
      return mean(kept) / wholeness(kept.length / all.length);
    }) as [number, number];
    const guess = Math.min(0.95, Math.max(0, two / one - 1));
    const r = Math.min(0.95, guess + Math.sqrt((1 - guess * guess) / n));
    return { noise: one / 2 / (1 - r), penalty: (4 * Math.log(n) * (1 + r)) / (1 - r) };
  }

  /** Of squares of a standard normal the mean of the smallest, this share of them: by adding up. */
  function wholeness(share: number): number {
    const step = 1e-4;
    let [mass, moment] = [0, 0];
    for (let x = step / 2; mass < share; x += step) {
      const part = (2 * Math.exp((-x * x) / 2) * step) / Math.sqrt(2 * Math.PI);
      mass += part;
      moment += x * x * part;
    }
    return moment / share;
  }

  test.each([1, 2, 3, 4, 5, 6, 7, 8])("is the cheapest of all segmentations, series %i", (seed) => {
    const height = 3 * seed;
    const series = dependent(seed, 0, { length: 18, correlation: 0.3 }).map(
      (value, at) => value + (at >= 6 && at < 12 ? height : 0),
    );
    const { noise, penalty } = costs(series);
    const priced = segmentations(series.length, 3).map((starts) => {
      const parts = starts.map((from, at) => series.slice(from, starts[at + 1]));
      return { starts, cost: sum(parts.map(squares)) / noise + penalty * (parts.length - 1) };
    });
    const best = priced.reduce((least, one) => (one.cost < least.cost ? one : least));
    expect(changePoints(series, 3)).toEqual(best.starts.slice(1));
  });
});

test("a scan finds the window with the greatest ratio of likelihoods of all", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const bins = Array.from({ length: 24 }, (_, at) => at);
    const exposure = bins.map((at) => 1 + Math.floor(9 * drawUnit(seed, Stream.slot, 0, at)));
    const events = bins.map((at) => Math.floor(4 * drawUnit(seed, Stream.slot, 1, at)));
    const all = sum(events);
    const windows = bins.flatMap((from) =>
      bins.filter((at) => at > from && at - from <= 6).map((to) => [from, to] as const),
    );
    const ratios = windows.flatMap(([from, to]) => {
      const inside = sum(events.slice(from, to));
      const expected = (all * sum(exposure.slice(from, to))) / sum(exposure);
      if (inside <= expected) return [];
      const outside = all - inside;
      const rest = outside === 0 ? 0 : outside * Math.log(outside / (all - expected));
      return [inside * Math.log(inside / expected) + rest];
    });
    expect(scanWindow(events, exposure, seed)?.llr).toBeCloseTo(Math.max(...ratios), 9);
  }
});

test("Spearman's formula of differences of ranks", () => {
  const a = dependent(1, 0, { length: 140, correlation: 0.2 });
  const b = a.map((value, at) => value + normal(2, 0, at));
  const rank = (series: readonly number[], value: number) =>
    series.filter((other) => other < value).length;
  const squared = a.map((value, at) => (rank(a, value) - rank(b, b[at] ?? 0)) ** 2);
  const rho = 1 - (6 * sum(squared)) / (140 * (140 * 140 - 1));
  expect(rankCorrelation(a, b, 1)?.rho).toBeCloseTo(rho, 10);
});

describe("E-divisive means", () => {
  const distance = (a: readonly number[], b: readonly number[]) =>
    mean(a.flatMap((x) => b.map((y) => Math.abs(x - y))));
  const within = (side: readonly number[]) =>
    mean(side.flatMap((x, i) => side.slice(i + 1).map((y) => Math.abs(x - y))));

  /** The greatest Q of any first side and any second side behind it, of three values or more each. */
  function greatest(series: readonly number[]): number {
    let most = 0;
    for (let at = 3; at <= series.length - 3; at++) {
      for (let to = at + 3; to <= series.length; to++) {
        const [a, b] = [series.slice(0, at), series.slice(at, to)];
        const q = 2 * distance(a, b) - within(a) - within(b);
        most = Math.max(most, ((a.length * b.length) / to) * q);
      }
    }
    return most;
  }

  /** All orders of so many zeros and ones. */
  function orders(zeros: number, ones: number): number[][] {
    if (zeros + ones === 0) return [[]];
    return [
      ...(zeros > 0 ? orders(zeros - 1, ones).map((rest) => [0, ...rest]) : []),
      ...(ones > 0 ? orders(zeros, ones - 1).map((rest) => [1, ...rest]) : []),
    ];
  }

  test("P is the share of all orders that are as clear", () => {
    const series = [0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1];
    const own = greatest(series);
    const all = orders(6, 6);
    const exact = all.filter((order) => greatest(order) >= own - 1e-9).length / all.length;
    const error = Math.sqrt((exact * (1 - exact)) / 999);
    for (const seed of [1, 2, 3]) {
      const [found] = energyChangePoints(series, seed);
      expect(found?.at).toBe(6);
      expect(Math.abs((found?.p ?? 1) - exact)).toBeLessThan(0.001 + 4 * error);
    }
  });
});
