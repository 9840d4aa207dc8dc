/**
 * Goal: tests of association, of trend, of changes and of concentration are the textbook's, and cry wolf no more often than they say, also
 * where neighbours depend on each other. Method: golden vectors of SciPy 1.17.1 (scipy.stats.chi2_contingency with
 * lambda_="log-likelihood", fisher_exact, false_discovery_control, theilslopes), statsmodels 0.15.0 (StratifiedTable) and
 * pymannkendall 1.4.3 (original_test); seeded null series with autocorrelation 0, 0.5 and 0.8.
 */
import { describe, expect, test } from "vitest";
import { changePoints } from "../../../../coordinator/analysis/stats/change-points.ts";
import {
  blockSeconds,
  lagOneCorrelation,
} from "../../../../coordinator/analysis/stats/dependence.ts";
import { median } from "../../../../coordinator/analysis/stats/interval.ts";
import { scanWindow } from "../../../../coordinator/analysis/stats/scan.ts";
import { mannKendallP, theilSenSlope } from "../../../../coordinator/analysis/stats/trend.ts";
import {
  associationP,
  dispersionOf,
  falseDiscoveryRates,
  fisherP,
  mantelHaenszel,
  riskRatio,
} from "../../../../coordinator/analysis/stats/two-by-two.ts";
import { drawUnit, Stream } from "../../../../shared/time/random.ts";
import { dependent } from "./noise.ts";

const near = (seen: number, wanted: number) =>
  expect(Math.abs(seen / wanted - 1), `${seen} is not ${wanted}`).toBeLessThan(1e-6);

const table = (failed: number, exposed: number, otherFailed: number, otherExposed: number) => {
  return { failed, exposed, otherFailed, otherExposed };
};

describe("two by two", () => {
  test("G", () => {
    near(associationP(table(30, 1000, 30, 3000), 1), 2.7742814868409253e-5);
  });

  test.each([
    [table(12, 100, 5, 300), 6.760450856152949e-5],
    [table(3, 20, 1, 60), 0.0463112836530558],
    [table(30, 1000, 30, 3000), 2.9192954272108112e-5],
    [table(250, 5000, 100, 5000), 1.8362402387430765e-16],
    [table(0, 50, 9, 40), 0.00038716870937144984],
    [table(1, 8, 5, 8), 0.11888111888111888],
  ])("Fisher's exact %#", (of, p) => {
    near(fisherP(of), p);
  });

  test("over strata", () => {
    const strata = [table(12, 100, 5, 300), table(30, 1000, 30, 3000), table(3, 20, 1, 60)];
    const found = mantelHaenszel(strata, 1);
    near(found.oddsRatio, 3.8820960698689952);
    near(found.p, 1.368777313714986e-10);
    // Bursts of twice the variance are half of the evidence.
    expect(mantelHaenszel(strata, 2).p).toBeGreaterThan(1000 * found.p);
    expect(mantelHaenszel([table(0, 0, 5, 30)], 1)).toEqual({ oddsRatio: Number.NaN, p: 1 });
  });

  test("of many", () => {
    const rates = falseDiscoveryRates([0.01, 0.02, 0.03, 0.005, 0.8, 0.2]);
    for (const [at, wanted] of [0.03, 0.04, 0.045, 0.03, 0.8, 0.24].entries())
      near(rates[at]!, wanted);
  });

  test("a ratio of risks has a value also where nobody else failed", () => {
    expect(riskRatio(table(10, 100, 5, 500))).toBeCloseTo(10);
    expect(riskRatio(table(10, 100, 0, 500))).toBeGreaterThan(40);
    expect(riskRatio(table(1, 0, 1, 5))).toBeNaN();
  });

  test("bursts are paid for: doubling each failure does not make it surer", () => {
    const once = associationP(table(60, 1000, 100, 3000), 1);
    expect(associationP(table(120, 2000, 200, 6000), 2)).toBeCloseTo(once, 6);
    expect(dispersionOf([0, 8, 0, 8])).toBeGreaterThan(4);
    expect(dispersionOf([1, 1, 1, 1])).toBe(1);
  });
});

describe("trend", () => {
  test.each([
    [[1, 3, 2, 5, 4, 7, 6, 9, 8, 10], 1, 0.0012821837418053317],
    [[5, 4, 4, 3, 3, 2, 2, 1], -0.5, 0.0023670198842251633],
    [[1.5, 1.2, 1.9, 1.1, 1.7, 1.3, 1.6, 1.0, 2.0, 1.4, 1.8], 0.025, 0.640428787412791],
  ])("%#", (series, slope, p) => {
    near(theilSenSlope(series), slope);
    near(mannKendallP(series), p);
  });

  test.each([0, 0.5, 0.8])("blocks of a series that goes nowhere have none (%f)", (correlation) => {
    let alarms = 0;
    for (let seed = 1; seed <= 200; seed++) {
      const series = dependent(seed, 0, { length: 900, correlation });
      const long = blockSeconds(lagOneCorrelation(series));
      const blocks = Array.from({ length: Math.floor(900 / long) }, (_, at) =>
        median(series.slice(at * long, (at + 1) * long)),
      );
      if (mannKendallP(blocks) < 0.05) alarms++;
    }
    expect(alarms / 200).toBeLessThanOrEqual(0.05 + 0.04);
  });
});

describe("changes of level", () => {
  const stepped = (correlation: number, seed: number) =>
    dependent(seed, 0, { length: 120, correlation }).map((value, at) => value + (at >= 70 ? 6 : 0));

  test.each([0, 0.5, 0.8])("none in a series that only wanders (%f)", (correlation) => {
    let alarms = 0;
    for (let seed = 1; seed <= 200; seed++) {
      alarms +=
        changePoints(dependent(seed, 0, { length: 200, correlation }), 5).length > 0 ? 1 : 0;
    }
    expect(alarms / 200).toBeLessThanOrEqual(0.05);
  });

  test.each([0, 0.5])("one where there is one, about there (%f)", (correlation) => {
    const found = Array.from({ length: 20 }, (_, at) =>
      changePoints(stepped(correlation, at + 1), 5),
    );
    const right = found.filter((changes) => changes.some((at) => Math.abs(at - 70) <= 2));
    expect(right.length).toBeGreaterThanOrEqual(18);
  });

  test("a shift in time or in size moves nothing else", () => {
    const series = stepped(0, 7);
    const found = changePoints(series, 5);
    expect(
      changePoints(
        series.map((value) => 10 * value - 4),
        5,
      ),
    ).toEqual(found);
    expect(changePoints([], 5)).toEqual([]);
    expect(changePoints(Array(40).fill(3), 5)).toEqual([]);
  });
});

describe("concentration on a clock", () => {
  const even = Array<number>(60).fill(10);
  const thrown = (seed: number, extra: number) => {
    const bins = Array<number>(60).fill(0);
    for (let at = 0; at < 60; at++) bins[Math.floor(drawUnit(seed, Stream.slot, 0, at) * 60)]! += 1;
    bins[20]! += extra;
    return bins;
  };

  test("is found where it is", () => {
    expect(scanWindow(thrown(1, 30), even, 1)).toMatchObject({ from: 20, to: 21, p: 0.005 });
  });

  test("is seldom found where there is none", () => {
    let alarms = 0;
    for (let seed = 1; seed <= 100; seed++)
      if (scanWindow(thrown(seed, 0), even, seed)!.p <= 0.05) alarms++;
    expect(alarms).toBeLessThanOrEqual(11);
  });

  test("takes part only where something was exposed", () => {
    expect(scanWindow([0, 5, 0], [1, 0, 1], 1)).toBeNull();
  });
});
