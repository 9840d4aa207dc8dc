/**
 * Goal: an onset and a period are found where they are, and in series that have none as rarely as they say, however much neighbours depend on
 * each other. Method: golden vectors of SciPy 1.17 (nbinom) and of Fisher's formula in whole numbers; seeded autoregressions.
 */
import { describe, expect, test } from "vitest";
import {
  negativeBinomialTail,
  onsetOfCounts,
  onsetOfLevel,
} from "../../../../coordinator/analysis/stats/onset.ts";
import { fisherP, periodOf } from "../../../../coordinator/analysis/stats/periodicity.ts";
import { drawUnit, Stream } from "../../../../shared/time/random.ts";
import { dependent } from "./noise.ts";

const LENGTH = 240;
const RUNS = 60;
/** Nominal and 2 points are 4.2 of 60; nine or more come once in 300 tries at 7 %. */
const MOST = 8;

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

test.each([
  [0.2, 40, 0.0066444022076205915],
  [0.1, 100, 0.0029500062017709058],
  [0.05, 300, 6.55349613555448e-5],
])("Fisher: a share of %d in %d", (share, m, p) => {
  const ordinates = Array<number>(m).fill((1 - share) / (m - 1));
  ordinates[7] = share;
  expect(fisherP(ordinates)).toBeCloseTo(p, 9);
});

test("what is constant has neither", () => {
  expect(fisherP([0, 0, 0])).toBeNull();
  expect(periodOf(all)).toBeNull();
  expect(onsetOfCounts(Array<number>(LENGTH).fill(0), all, 0.05)).toBeNull();
  expect(onsetOfLevel(all, 0.05)).toBeNull();
});

describe.each([0, 0.5, 0.8])("neighbours that depend by %d", (correlation) => {
  test("make neither onset nor period", () => {
    let [few, many, level, period] = [0, 0, 0, 0];
    for (let run = 0; run < RUNS; run++) {
      const often = counts(run, correlation, () => 2);
      if (
        onsetOfCounts(
          counts(run, correlation, () => 0.1),
          all,
          0.05,
        )
      )
        few++;
      if (onsetOfCounts(often, all, 0.05)) many++;
      const values = dependent(12, run, { length: LENGTH, correlation });
      if (onsetOfLevel(values, 0.05)) level++;
      if ((periodOf(often)?.p ?? 1) < 0.05) period++;
    }
    for (const alarms of [few, many, level, period]) expect(alarms).toBeLessThanOrEqual(MOST);
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
    expect(periodOf(bursts)?.p).toBeLessThan(0.001);
  });
});
