/** Goal: series that move together are told from series that wander. Method: known values, and seeded autoregressions. */
import { expect, test } from "vitest";
import { rankCorrelation } from "../../../../coordinator/analysis/stats/rank-correlation.ts";
import { rankAbove } from "../../../../coordinator/analysis/stats/rank-sum.ts";
import { dependent } from "./noise.ts";

const wander = (index: number, correlation: number, length = 300) =>
  dependent(5, index, { length, correlation });

test("a series and a rising function of it have correlation 1, and the least P", () => {
  const a = wander(1, 0.5);
  const found = rankCorrelation(
    a,
    a.map((value) => Math.exp(value)),
    1,
  );
  expect(found?.rho).toBeCloseTo(1, 12);
  expect(found?.p).toBeLessThanOrEqual(0.002);
  expect(
    rankCorrelation(
      a,
      a.map((value) => -value),
      1,
    )?.rho,
  ).toBeCloseTo(-1, 12);
});

test("ties share their rank", () => {
  // Ranks 1.5, 1.5, 3.5, 3.5 against 1, 2, 3, 4: 4 / sqrt(4 * 5).
  const a = Array.from({ length: 120 }, (_, at) => Math.floor((at % 4) / 2));
  const b = Array.from({ length: 120 }, (_, at) => at % 4);
  expect(rankCorrelation(a, b, 1)?.rho).toBeCloseTo(4 / Math.sqrt(20), 9);
});

test.each([0, 0.5, 0.8])("of series that wander (%f) hardly any move together", (correlation) => {
  let found = 0;
  for (let index = 0; index < 40; index++) {
    const [a, b] = [wander(2 * index, correlation), wander(2 * index + 1, correlation)];
    if ((rankCorrelation(a, b, index)?.p ?? 1) <= 0.05) found++;
  }
  // 2 are expected; 7 or more have a chance of 0.4 %.
  expect(found).toBeLessThan(7);
});

test("too short, or constant: none", () => {
  expect(rankCorrelation(wander(1, 0.5, 100), wander(2, 0.5, 100), 1)).toBeNull();
  expect(rankCorrelation(wander(1, 0.5), Array(300).fill(2), 1)).toBeNull();
});

test("the share of pairs in which the first is higher", () => {
  expect(rankAbove([3, 4], [1, 2])).toBe(1);
  expect(rankAbove([1, 2], [1, 2])).toBe(0.5);
  expect(rankAbove([], [1])).toBeNaN();
});
