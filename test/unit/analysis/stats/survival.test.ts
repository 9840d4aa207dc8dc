/**
 * Goal: shares left and the log-rank test are those of their sources, and a test that ends come together says nothing more than it can.
 * Method: golden vectors of SciPy 1.17 (ecdf, logrank) for the trial of Freireich (1963), the example of every textbook; laws.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { kaplanMeier, logRank } from "../../../../coordinator/analysis/stats/survival.ts";

// Weeks of remission under 6-MP, those after + censored, and under placebo.
const TREATED = [6, 6, 6, 7, 10, 13, 16, 22, 23];
const CENSORED = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35];
const PLACEBO = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23];

const from = (times: readonly number[], age: number) => times.filter((time) => time >= age).length;
const at = (times: readonly number[], age: number) => times.filter((time) => time === age).length;

const treated = [...new Set(TREATED)].map((age) => {
  const ended = at(TREATED, age);
  return { age, ended, squares: ended, atRisk: from([...TREATED, ...CENSORED], age) };
});

test("Kaplan-Meier with limits on the scale log(-log S)", () => {
  const golden = [
    [6, 0.8571428571428571, 0.6197179552659838, 0.951551747646997],
    [7, 0.8067226890756302, 0.5631465646222333, 0.9228090192028804],
    [10, 0.7529411764705881, 0.5031995107999564, 0.8893618351692655],
    [13, 0.6901960784313724, 0.43161022248618397, 0.8490659633494507],
    [16, 0.6274509803921567, 0.36751085598750194, 0.8049121894718412],
    [22, 0.53781512605042, 0.267778936767135, 0.7467907176353944],
    [23, 0.4481792717086834, 0.18805200595923235, 0.6801426284952414],
  ];
  const steps = kaplanMeier(treated, 0.95);
  expect(steps).toHaveLength(golden.length);
  for (const [index, [age = 0, share = 0, low = 0, high = 0]] of golden.entries()) {
    expect(steps[index]?.age).toBe(age);
    expect(steps[index]?.share).toBeCloseTo(share, 10);
    expect(steps[index]?.low).toBeCloseTo(low, 7);
    expect(steps[index]?.high).toBeCloseTo(high, 7);
  }
});

test("log-rank", () => {
  const ages = [...new Set([...TREATED, ...PLACEBO])].sort((a, b) => a - b);
  const whole = [...TREATED, ...CENSORED];
  const strata = ages.map((age) => ({
    ended: at(TREATED, age) + at(PLACEBO, age),
    atRisk: from(whole, age) + from(PLACEBO, age),
    endedInGroup: at(TREATED, age),
    atRiskInGroup: from(whole, age),
    draws: Number.POSITIVE_INFINITY,
  }));
  const result = logRank(strata);
  expect(result?.z).toBeCloseTo(-4.097919104767264, 9);
  expect(result?.p).toBeCloseTo(4.168809109334529e-5, 9);
  // What is known less well, or came together, says less.
  const sampled = logRank(strata.map((one) => ({ ...one, draws: 10 })));
  expect(Math.abs(sampled?.z ?? 9)).toBeLessThan(4.09);
  const together = logRank(strata, [-9, 1, 0, -8, 2, 3]);
  expect(Math.abs(together?.z ?? 9)).toBeLessThan(1.1);
  expect(together?.p).toBeGreaterThan(0.3);
  expect(logRank([])).toBeNull();
});

test("shares never rise, limits hold them, and dependence widens the limits", () => {
  const rows = fc.array(
    fc.record({ ended: fc.integer({ min: 0, max: 5 }), gone: fc.integer({ min: 0, max: 5 }) }),
    { minLength: 1, maxLength: 20 },
  );
  fc.assert(
    fc.property(rows, (all) => {
      let left = all.reduce((sum, { ended, gone }) => sum + ended + gone, 0) + 1;
      const table = all.map(({ ended, gone }, age) => {
        const row = { age, atRisk: left, ended, squares: ended };
        left -= ended + gone;
        return row;
      });
      const steps = kaplanMeier(table, 0.95);
      const wide = kaplanMeier(table, 0.95, 4);
      let before = 1;
      for (const [index, { share, low, high }] of steps.entries()) {
        expect(share).toBeLessThanOrEqual(before);
        expect(low).toBeLessThanOrEqual(share);
        expect(high).toBeGreaterThanOrEqual(share);
        expect(wide[index]?.low).toBeLessThanOrEqual(low);
        expect(wide[index]?.high).toBeGreaterThanOrEqual(high);
        before = share;
      }
    }),
  );
});
