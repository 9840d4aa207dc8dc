/** Goal: the test of evenness gives published values. Method: a die thrown 60 times (chi-squared 13.4, 5 degrees of freedom), and limits. */
import { expect, test } from "vitest";
import { evennessP } from "../../../../coordinator/analysis/stats/chi-squared.ts";

test.each<[readonly number[], number]>([
  [[5, 8, 9, 8, 10, 20], 0.0199],
  [[25, 25, 25, 25], 1],
  [[7], 1],
  [[], 1],
  [[0, 0], 1],
])("%j", (counts, p) => {
  expect(evennessP(counts)).toBeCloseTo(p, 4);
});

test("most connections at one of four are no chance", () => {
  expect(evennessP([70, 10, 10, 10])).toBeLessThan(1e-12);
});
