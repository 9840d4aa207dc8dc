/**
 * Goal: intervals of mean times are the textbook's, also without a failure, and a share of time that depends on itself gets a wide
 * one. Method: golden vectors of SciPy 1.17.1 (scipy.stats.chi2, scipy.special.gammainc), which agree with the table of the NIST/SEMATECH
 * e-Handbook, 1.3.6.7.4, where that has them; closed forms; a worked example of MIL-HDBK-338B's formula.
 */
import { describe, expect, test } from "vitest";
import {
  chiSquaredCdf,
  chiSquaredQuantile,
  incompleteGamma,
} from "../../../../coordinator/analysis/stats/chi-squared.ts";
import { clusteredShare } from "../../../../coordinator/analysis/stats/clustered-share.ts";
import {
  clopperPearson,
  wilsonInterval,
} from "../../../../coordinator/analysis/stats/proportion.ts";
import {
  meanTimeBetween,
  meanTimeToRepair,
} from "../../../../coordinator/analysis/stats/reliability.ts";

const near = (seen: number, wanted: number) =>
  expect(Math.abs(seen / wanted - 1), `${seen} is not ${wanted}`).toBeLessThan(1e-9);

describe("chi-squared", () => {
  test.each([
    [0.025, 2, 0.05063561596857975],
    [0.95, 2, 5.991464547107979],
    [0.975, 2, 7.377758908227871],
    [0.025, 1, 0.0009820691171752555],
    [0.975, 1, 5.023886187314888],
    [0.975, 4, 11.143286781877796],
    [0.025, 10, 3.2469727802368413],
    [0.975, 12, 23.33666415864534],
    [0.5, 7, 6.345811195521515],
    [0.99, 100, 135.80672317102676],
    [0.01, 100, 70.06489492539978],
    [0.975, 2000, 2125.8423024497756],
    [0.025, 1e5, 99125.37330064735],
  ])("quantile %f with %i degrees of freedom is %f", (probability, df, x) => {
    near(chiSquaredQuantile(probability, df), x);
  });

  test.each([
    [0.5, 1, 0.5204998778130466],
    [3, 2, 0.7768698398515702],
    [10, 5, 0.9247647538534878],
    [0.001, 3, 8.40791905804616e-6],
    [100, 80, 0.935429631078867],
    [300, 200, 0.9999940754596646],
  ])("P(X <= %f), %i degrees of freedom, is %f", (x, df, probability) => {
    near(chiSquaredCdf(x, df), probability);
  });

  test("has its closed form for 2 degrees of freedom", () => {
    for (const p of [0.001, 0.025, 0.5, 0.975, 0.999]) {
      near(chiSquaredQuantile(p, 2), -2 * Math.log(1 - p));
    }
  });

  test.each([
    [0.5, 0.25, 0.5204998778130466],
    [5, 4.9, 0.5417881317722049],
    [100, 130, 0.9972495916326934],
    [3, 0.01, 1.6542165280748778e-7],
  ])("the incomplete gamma function of %f, %f is %f", (a, x, value) => {
    near(incompleteGamma(a, x), value);
  });
});

describe("mean times", () => {
  test("an hour without an outage supports a mean of 20 minutes, and no estimate", () => {
    const time = meanTimeBetween(3600, 0, 0.95);
    expect(time).toMatchObject({ estimate: null, high: null });
    near(time?.low ?? 0, 3600 / -Math.log(0.05));
  });

  test("five failures in 1000 s: 200 s, 85.7 s to 616 s", () => {
    const time = meanTimeBetween(1000, 5, 0.95);
    expect(time?.estimate).toBe(200);
    near(time?.low ?? 0, 2000 / 23.33666415864534);
    near(time?.high ?? 0, 2000 / 3.2469727802368413);
  });

  test("two repairs of 30 s in all: 15 s, 5.4 s to 124 s", () => {
    const time = meanTimeToRepair(30, 2, 0.95);
    expect(time?.estimate).toBe(15);
    near(time?.low ?? 0, 60 / 11.143286781877796);
    near(time?.high ?? 0, 60 / chiSquaredQuantile(0.025, 4));
  });

  test("nothing seen is nothing said", () => {
    expect(meanTimeBetween(0, 0, 0.95)).toBeNull();
    expect(meanTimeToRepair(0, 0, 0.95)).toBeNull();
  });
});

describe("Clopper and Pearson", () => {
  // scipy.stats.beta.ppf
  test.each([
    [0, 30, 0, 0.11570330822202778],
    [5, 40, 0.04185962613861671, 0.2680329173617204],
    [2.5, 77.3, 0.005414721160389749, 0.09994696750354853],
    [40, 40, 0.9119026971211976, 1],
    [1, 1000, 2.531748749129404e-5, 0.005558924279826672],
  ])("%f of %f: %f to %f", (count, of, low, high) => {
    const interval = clopperPearson({ count, of }, 0.95);
    expect(interval.low).toBeCloseTo(low, 12);
    expect(interval.high).toBeCloseTo(high, 12);
  });
});

describe("a share of time", () => {
  const seconds = (share: (at: number) => number) =>
    Array.from({ length: 3600 }, (_, at) => ({ of: 100, count: 100 * share(at) }));

  test("that is lost in one piece is known far worse than that of as many independent trials", () => {
    const one = clusteredShare(
      seconds((at) => (at >= 1200 && at < 1560 ? 1 : 0)),
      0.95,
    );
    const independent = wilsonInterval({ count: 36_000, of: 360_000 }, 0.95);
    expect(one?.estimate).toBeCloseTo(0.1, 10);
    expect((one?.high ?? 0) - (one?.low ?? 0)).toBeGreaterThan(
      20 * (independent.high - independent.low),
    );
  });

  test("of which nothing was lost may be lost by a part of its blocks all the same", () => {
    const none = clusteredShare(
      seconds(() => 0),
      0.95,
    );
    expect(none).toMatchObject({ estimate: 0, low: 0, block: 20 });
    // 180 blocks.
    expect(none?.effective).toBeGreaterThan(175);
    expect(none?.effective).toBeLessThan(180);
    expect(none?.high).toBeGreaterThan(clopperPearson({ count: 0, of: 180 }, 0.95).high);
  });

  test("has no interval in less than half an hour", () => {
    expect(clusteredShare(seconds(() => 0).slice(0, 1799), 0.95)).toBeNull();
    expect(clusteredShare(seconds(() => 0).slice(0, 1800), 0.95)).not.toBeNull();
  });
});
