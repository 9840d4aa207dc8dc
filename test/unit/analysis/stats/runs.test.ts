/**
 * Goal: the intervals over runs and shares are those of their sources, and cover as often as they say.
 * Method: golden vectors from the papers and textbooks named in the sources, brute force over all orders, and a
 * seeded simulation of coverage.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { median } from "../../../../coordinator/analysis/stats/interval.ts";
import {
  newcombeInterval,
  wilsonInterval,
} from "../../../../coordinator/analysis/stats/proportion.ts";
import { hodgesLehmann, rankSumCounts } from "../../../../coordinator/analysis/stats/rank-sum.ts";
import { studentInterval } from "../../../../coordinator/analysis/stats/student.ts";
import { normal } from "./noise.ts";

describe("rank sum", () => {
  test("counts every order of both samples, by brute force", () => {
    for (const [n, m] of [
      [1, 1],
      [2, 3],
      [3, 3],
      [4, 3],
      [4, 5],
    ] as const) {
      const counts = Array<number>(n * m + 1).fill(0);
      for (let order = 0; order < 1 << (n + m); order++) {
        const isA = Array.from({ length: n + m }, (_, place) => (order >> place) & 1);
        if (isA.filter(Boolean).length !== n) continue;
        let u = 0;
        isA.forEach((a, place) => {
          if (a) u += isA.slice(0, place).filter((earlier) => !earlier).length;
        });
        counts[u]!++;
      }
      expect(rankSumCounts(n, m)).toEqual(counts);
    }
  });

  test("sums to the number of orders for many runs", () => {
    const all = rankSumCounts(20, 20).reduce((sum, count) => sum + count, 0);
    expect(all).toBeCloseTo(137846528820, 0);
  });

  // Permeability of membranes at term and before: Hollander and Wolfe (1973), p. 69.
  const term = [0.8, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46];
  const before = [1.15, 0.88, 0.9, 0.74, 1.21];

  test("gives the published shift of a textbook example", () => {
    const shift = hodgesLehmann(before, term, 0.95);
    expect(shift?.estimate).toBeCloseTo(0.305, 10);
    expect(shift?.low).toBeCloseTo(-0.15, 10);
    expect(shift?.high).toBeCloseTo(0.76, 10);
  });

  test.each([
    [3, 3, false],
    [3, 4, false],
    [4, 4, true],
    [3, 5, true],
    [2, 7, false],
    [2, 8, true],
    [1, 38, false],
    [1, 39, true],
  ])("%i and %i runs: an interval of 95 %% exists: %s", (n, m, exists) => {
    const values = (count: number) => Array.from({ length: count }, (_, i) => i * 1.37);
    expect(hodgesLehmann(values(n), values(m), 0.95) !== null).toBe(exists);
  });

  test("moves with a shift, and turns around with the sides", () => {
    const sample = fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 4, maxLength: 8 });
    fc.assert(
      fc.property(sample, sample, fc.integer({ min: -500, max: 500 }), (a, b, shift) => {
        const plain = hodgesLehmann(a, b, 0.95)!;
        const moved = hodgesLehmann(
          a,
          b.map((value) => value + shift),
          0.95,
        )!;
        expect(moved).toEqual({
          estimate: plain.estimate + shift,
          low: plain.low + shift,
          high: plain.high + shift,
        });
        const turned = hodgesLehmann(b, a, 0.95)!;
        expect(turned.low + plain.high).toBe(0);
        expect(turned.estimate + plain.estimate).toBe(0);
      }),
    );
  });
});

describe("pooled t", () => {
  test("is worked out by hand", () => {
    // Means 2 and 5, both with squares 2: s^2 = 4 / 4, reach = 2.7764451 * sqrt(2 / 3).
    const interval = studentInterval([1, 2, 3], [4, 5, 6], 0.95);
    expect(interval?.estimate).toBe(3);
    expect(interval?.high).toBeCloseTo(3 + 2.7764451051977934 * Math.sqrt(2 / 3), 10);
    expect(interval?.low).toBeCloseTo(3 - 2.7764451051977934 * Math.sqrt(2 / 3), 10);
  });

  test("takes one run against several, and nothing less", () => {
    // s^2 = 2 / 1, df 1: reach = 12.706 * sqrt(2 * 1.5).
    const interval = studentInterval([1, 3], [4], 0.95);
    expect(interval?.high).toBeCloseTo(2 + 12.706204736174694 * Math.sqrt(3), 8);
    expect(studentInterval([1], [4], 0.95)).toBeNull();
    expect(studentInterval([], [4, 5, 6], 0.95)).toBeNull();
  });
});

test("intervals over runs cover as often as they say", () => {
  const pairs = 2000;
  let exact = 0;
  let pooled = 0;
  for (let pair = 0; pair < pairs; pair++) {
    const draw = (side: number, count: number) =>
      Array.from({ length: count }, (_, i) => normal(7, pair, side * 100 + i));
    const rank = hodgesLehmann(draw(0, 5), draw(1, 5), 0.95)!;
    const t = studentInterval(draw(2, 3), draw(3, 3), 0.95)!;
    if (rank.low <= 0 && rank.high >= 0) exact++;
    if (t.low <= 0 && t.high >= 0) pooled++;
  }
  // 5 and 5: 1 - 2 * 4 / 252 = 96.8 %. Four standard errors of 2,000 draws are 1.6 and 2 points.
  expect(exact / pairs).toBeGreaterThan(0.952);
  expect(exact / pairs).toBeLessThan(0.985);
  expect(pooled / pairs).toBeGreaterThan(0.93);
  expect(pooled / pairs).toBeLessThan(0.97);
});

describe("shares", () => {
  // Newcombe, Statistics in Medicine 17 (1998) 857-872, table I, method 3.
  test.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])("Wilson: %i of %i", (count, of, low, high) => {
    const interval = wilsonInterval({ count, of }, 0.95);
    expect(interval.low).toBeCloseTo(low, 4);
    expect(interval.high).toBeCloseTo(high, 4);
  });

  // Newcombe, Statistics in Medicine 17 (1998) 873-890, table II, method 10; his difference is first minus second.
  test.each([
    [[56, 70], [48, 80], 0.0524, 0.3339],
    [[9, 10], [3, 10], 0.1705, 0.809],
    [[6, 7], [2, 7], 0.0582, 0.8062],
    [[5, 56], [0, 29], -0.0381, 0.1926],
    [[0, 10], [0, 20], -0.1611, 0.2775],
    [[0, 10], [0, 10], -0.2775, 0.2775],
    [[10, 10], [0, 20], 0.6791, 1],
  ])("Newcombe: %j and %j", (first, second, low, high) => {
    const [b, a] = [first, second].map(([count, of]) => ({ count: count!, of: of! }));
    const interval = newcombeInterval(a!, b!, 0.95);
    expect(interval.low).toBeCloseTo(low, 4);
    expect(interval.high).toBeCloseTo(high, 4);
  });
});

test("the median of an even number lies between the middle two", () => {
  expect([median([3, 1, 2]), median([4, 1, 2, 3]), median([])]).toEqual([2, 2.5, Number.NaN]);
});
