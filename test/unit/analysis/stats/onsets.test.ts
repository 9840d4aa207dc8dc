/**
 * Goal: an onset and a period are found where they are, and in series that have none as rarely as they say, however much neighbours depend on
 * each other. Method: golden vectors of SciPy 1.17 (nbinom), the H statistic by its definition; seeded autoregressions.
 */
import { describe, expect, test } from "vitest";
import {
  negativeBinomialTail,
  onsetOfCounts,
  onsetOfLevel,
} from "../../../../coordinator/analysis/stats/onset.ts";
import { clearest, periodOf } from "../../../../coordinator/analysis/stats/periodicity.ts";
import { drawExponential, drawUnit, Stream } from "../../../../shared/time/random.ts";
import { dependent } from "./noise.ts";

const LENGTH = 240;
/** Of 20; without its harmonics such a period was found in 2 to 4. */
const LEAST_FOUND = 16;

function poisson(mean: number, index: number, second: number): number {
  let product = 1;
  for (let count = 0; ; count++) {
    product *= drawUnit(3, Stream.slot, index, second * 1000 + count);
    if (product <= Math.exp(-mean)) return count;
  }
}

function counts(index: number, correlation: number, rate: (second: number) => number): number[] {
  const level = dependent(11, index, { length: LENGTH, correlation });
  return level.map((one, at) => poisson(rate(at) * Math.exp(0.4 * one), index, at));
}

const all = Array<number>(LENGTH).fill(1);

test.each([
  [3, 0.1, 0.5, 0.001547421214540938],
  [9, 2, 4, 0.003855554991052632],
  [6, 1.2, 30.5, 0.001999483567674942],
])("negative binomial: P(X >= %d)", (x, mean, size, p) => {
  expect(negativeBinomialTail(x, mean, size)).toBeCloseTo(p, 10);
});

const flat = (m: number) => Array<number>(m).fill(1);

/** max over m of Z^2(m) - 4 m + 4, Z^2 twice the sum of the first m harmonics over the mean, for whole frequencies. */
function byDefinition(ordinates: readonly number[]) {
  const mean = ordinates.reduce((sum, one) => sum + one, 0) / ordinates.length;
  const heights = ordinates.flatMap((_, index) => {
    const k = index + 1;
    const most = k < 5 ? 0 : Math.min(20, Math.floor(ordinates.length / k));
    return Array.from({ length: most }, (_none, at) => {
      const harmonics = Array.from(
        { length: at + 1 },
        (_one, j) => ordinates[(j + 1) * k - 1] ?? 0,
      );
      const z2 = (2 * harmonics.reduce((sum, one) => sum + one, 0)) / mean;
      return { cycles: k, height: z2 - 4 * (at + 1) + 4 };
    });
  });
  return heights.reduce((best, one) => (one.height > best.height ? one : best));
}

test("the H statistic is that of its definition", () => {
  // Four harmonics of 6 cycles stand out: 2 * 4 * 9 / (56 / 24) - 12.
  const comb = flat(24).map((one, at) => ((at + 1) % 6 === 0 ? 9 : one));
  expect(clearest(comb, flat(24))).toEqual({ cycles: 6, height: expect.closeTo(18.857142857, 8) });
  for (let run = 0; run < 20; run++) {
    const drawn = flat(60).map((_, at) => drawExponential(run, Stream.resample, 0, at));
    const { height } = byDefinition(drawn);
    const found = clearest(drawn, flat(60));
    // Frequencies beside the whole ones may be higher.
    expect(found.height).toBeGreaterThanOrEqual(height - 1e-9);
    if (Number.isInteger(found.cycles)) expect(found.height).toBeCloseTo(height, 9);
  }
});

test("what is constant has neither", () => {
  expect(periodOf(all)).toBeNull();
  expect(onsetOfCounts(Array<number>(LENGTH).fill(0), all, 0.05)).toBeNull();
  expect(onsetOfLevel(all, 0.05)).toBeNull();
});

describe.each([0, 0.5, 0.8])("neighbours that depend by %d", (correlation) => {
  test("hide no period of a lock that is taken every 30 s", () => {
    let found = 0;
    for (let run = 0; run < 20; run++) {
      // For 400 ms of it 10 messages a second come too late.
      const late = counts(run, correlation, () => 1).map(
        (one, at) => one + (at % 30 === 4 ? 4 : 0),
      );
      const period = periodOf(late);
      if (period !== null && period.p < 0.01 && Math.abs(period.length - 30) < 1) found++;
    }
    expect(found).toBeGreaterThanOrEqual(LEAST_FOUND);
  });

  test("hide no real one", () => {
    for (let run = 0; run < 5; run++) {
      const rising = counts(run, correlation, (second) => (second < 150 ? 0.2 : 8));
      const onset = onsetOfCounts(rising, all, 0.01);
      expect(Math.abs((onset?.at ?? 0) - 150)).toBeLessThanOrEqual(8);
      expect(onset?.from).toBeLessThanOrEqual(150);
      expect(onset?.to).toBeGreaterThanOrEqual(150);
    }
    const level = dependent(13, 1, { length: LENGTH, correlation });
    const step = onsetOfLevel(
      level.map((one, at) => 0.1 * one + (at < 150 ? 0 : 1.5)),
      0.01,
    );
    expect(Math.abs((step?.at ?? 0) - 150)).toBeLessThanOrEqual(2);
    const bursts = counts(1, correlation, () => 0.3).map(
      (one, at) => one + (at % 20 === 7 ? 40 : 0),
    );
    expect(periodOf(bursts)?.length).toBeCloseTo(20, 5);
    expect(periodOf(bursts)?.p).toBeLessThanOrEqual(0.001);
  });
});
