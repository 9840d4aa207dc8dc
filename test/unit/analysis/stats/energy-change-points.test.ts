/**
 * Goal: changes of a short series are found where the energy distance says, and chance makes one no more often than stated. Method: the
 * definition written out as a reference, exact probabilities of small cases, and seeded noise.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { energyChangePoints } from "../../../../coordinator/analysis/stats/energy-change-points.ts";
import { theilSenInterval } from "../../../../coordinator/analysis/stats/trend.ts";
import { normal } from "./noise.ts";

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
const within = (side: readonly number[]) =>
  mean(side.flatMap((x, i) => side.slice(i + 1).map((y) => Math.abs(x - y))));

/** Q of the paper for every split and every end of its second side, by its definition. */
function clearest(series: readonly number[]): number {
  let best = { at: 0, distance: Number.NEGATIVE_INFINITY };
  for (let at = 3; at <= series.length - 3; at++) {
    for (let to = at + 3; to <= series.length; to++) {
      const [a, b] = [series.slice(0, at), series.slice(at, to)];
      const between = mean(a.flatMap((x) => b.map((y) => Math.abs(x - y))));
      const distance = ((at * (to - at)) / to) * (2 * between - within(a) - within(b));
      if (distance > best.distance) best = { at, distance };
    }
  }
  return best.at;
}

const noise = (index: number, length: number) =>
  Array.from({ length }, (_, at) => normal(3, index, at));

describe("changes of independent values", () => {
  test("both sides apart: two of the C(12, 6) orders are as clear", () => {
    const series = [10.1, 9.8, 10.3, 9.9, 10, 10.2, 12.1, 11.9, 12.2, 12, 11.8, 12.3];
    const [found, ...more] = energyChangePoints(series, 1);
    expect(more).toEqual([]);
    expect(found?.at).toBe(6);
    // 2 / 924, and the order itself: of 999 draws 2.2 are expected, more than 9 once in 20,000 times.
    expect(found?.p).toBeLessThanOrEqual(0.01);
    expect(energyChangePoints(series, 1)).toEqual(energyChangePoints(series, 1));
  });

  test("several levels are all found", () => {
    const levels = [10, 20, 12].flatMap((level, part) => noise(part, 8).map((one) => level + one));
    expect(energyChangePoints(levels, 1).map(({ at }) => at)).toEqual([8, 16]);
  });

  test("none in a constant, and none in fewer values than can be significant", () => {
    expect(energyChangePoints(Array(20).fill(5), 1)).toEqual([]);
    expect(energyChangePoints([1, 1, 1, 1, 9, 9, 9, 9, 9], 1)).toEqual([]);
  });

  test("lie where the definition says", () => {
    const side = (low: number) =>
      fc.array(fc.double({ min: low, max: low + 1, noNaN: true }), { minLength: 5, maxLength: 9 });
    fc.assert(
      fc.property(side(0), side(8), (a, b) => {
        const series = [...a, ...b];
        expect(energyChangePoints(series, 1).some(({ at }) => at === clearest(series))).toBe(true);
      }),
      { numRuns: 20 },
    );
  });

  test("chance makes one in about 1 of 100 series", () => {
    const series = 300;
    let alarms = 0;
    for (let one = 0; one < series; one++) {
      if (energyChangePoints(noise(one, 16), 1).length > 0) alarms++;
    }
    // Four standard errors above.
    expect(alarms / series).toBeLessThan(0.033);
  });
});

test("the interval of Theil and Sen's slope: Gilbert's ranks for ten values", () => {
  // 45 slopes, variance 125: C = 1.96 * 11.18 = 21.9, ranks 11.5 and 34.5.
  const series = [1, 3, 2, 5, 4, 7, 6, 9, 8, 11];
  const slopes = series.flatMap((x, i) => series.slice(i + 1).map((y, j) => (y - x) / (j + 1)));
  slopes.sort((a, b) => a - b);
  expect(theilSenInterval(series, 0.95)).toEqual({
    estimate: slopes[22],
    low: slopes[10],
    high: slopes[34],
  });
  expect(theilSenInterval([1, 2, 3], 0.95)).toBeNull();
});
