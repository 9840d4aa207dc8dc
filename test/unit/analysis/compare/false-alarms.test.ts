/**
 * Goal: the comparison of a thing with itself hardly ever alarms, and a real change is found. Method: seeded pairs of
 * simulated runs for each way of comparing, with everything that makes real runs hard to compare (simulated-run.ts). An
 * alarm is a comparison in which any row says REGRESSED or IMPROVED. The same check on real runs: npm run compare:check.
 */
import { describe, expect, test } from "vitest";
import type { Comparison } from "../../../../coordinator/analysis/compare/comparison.ts";
import type { FailRule } from "../../../../coordinator/analysis/compare/fail-rule.ts";
import { parseFailRule } from "../../../../coordinator/analysis/compare/fail-rule.ts";
import { compareSamples } from "../../../../coordinator/analysis/compare.ts";
import { type SimulatedRun, simulatedRun } from "./simulated-run.ts";

const PAIRS = 20;
const MOST = 0.05;
/** Runs long enough to tell 10 %: their level wanders, too. */
const LONG = { seconds: 300, perSecond: 50, runSpread: 0.01, calm: true };
const RULES = ["p99>5%", "p99>0%"].map((rule) => parseFailRule(rule) as FailRule);

const alarms = ({ rows }: Comparison) =>
  rows.filter(({ verdict }) => verdict === "REGRESSED" || verdict === "IMPROVED");
const rowOf = ({ rows }: Comparison, measure: string) =>
  rows.find((row) => row.measure === measure)!;

/** Compares `runs` with `runs` runs, `pairs` times, with the sides taken in turns. */
function compared(pairs: number, runs: number, of: Partial<SimulatedRun>): Comparison[] {
  const { slower = 1, ...plain } = of;
  const base = { seed: 11, seconds: 60, perSecond: 20, runSpread: 0.02, ...plain };
  return Array.from({ length: pairs }, (_, pair) => {
    const side = (which: number) =>
      Array.from({ length: runs }, (_, at) =>
        simulatedRun({
          ...base,
          run: pair * 2 * runs + 2 * at + which,
          ...(which === 1 ? { slower } : {}),
        }),
      );
    const options = { rules: RULES, strict: false, seed: pair, despite: [] };
    return compareSamples({ a: side(0), b: side(1) }, options);
  });
}

function share(comparisons: readonly Comparison[], holds: (comparison: Comparison) => boolean) {
  return comparisons.filter(holds).length / comparisons.length;
}

function covered(comparisons: readonly Comparison[], truth: number) {
  return share(comparisons, (comparison) => {
    const { low, high } = rowOf(comparison, "latency.p99");
    return low! <= truth && high! >= truth;
  });
}

const failed = (rule: string) => (comparison: Comparison) =>
  comparison.rules.find((judged) => judged.rule === rule)?.outcome === "failed";

describe("one run a side", () => {
  test("A/A: at most 5 % of 20 pairs alarm, in any row", () => {
    const pairs = compared(PAIRS, 1, { seconds: 240, runSpread: 0.01 });
    expect(pairs[0]?.method.unit).toBe("block");
    expect(share(pairs, (pair) => alarms(pair).length > 0)).toBeLessThanOrEqual(MOST);
    expect(share(pairs, failed("p99>5%"))).toBeLessThanOrEqual(MOST);
    expect(covered(pairs, 0)).toBeGreaterThan(0.88);
  });

  test("10 % more in everything is found in a long, calm pair", () => {
    const pairs = compared(3, 1, {
      seconds: 600,
      perSecond: 50,
      runSpread: 0.005,
      correlation: 0.5,
      calm: true,
      slower: 1.1,
    });
    expect(share(pairs, (c) => alarms(c).length > 0)).toBeGreaterThanOrEqual(0.8);
    for (const { verdict } of pairs.flatMap(alarms)) expect(verdict).toBe("REGRESSED");
  });
});

describe("several runs a side", () => {
  test.each([
    [3, 0.02],
    [5, 0.05],
  ])(
    "A/A: %i and as many runs that differ by themselves by %d: at most 5 % of 20 alarm",
    (runs, runSpread) => {
      const groups = compared(PAIRS, runs, { runSpread });
      expect(groups[0]?.method.unit).toBe("run");
      expect(share(groups, (group) => alarms(group).length > 0)).toBeLessThanOrEqual(MOST);
      expect(covered(groups, 0)).toBeGreaterThanOrEqual(0.8);
    },
  );

  test("a p99 that is 10 % higher is found by 5 and 5 runs, 3 times of 4 at least", () => {
    const groups = compared(8, 5, { ...LONG, slower: 1.1 });
    const found = (group: Comparison) => rowOf(group, "latency.p99").verdict === "REGRESSED";
    expect(share(groups, found)).toBeGreaterThanOrEqual(0.75);
    expect(share(groups, failed("p99>5%"))).toBe(share(groups, found));
    expect(share(groups, failed("p99>0%"))).toBeGreaterThanOrEqual(0.95);
    expect(covered(groups, 0.1)).toBeGreaterThanOrEqual(0.8);
  });

  test("what is a fifth faster is an improvement, and fails no rule", () => {
    const groups = compared(3, 5, { ...LONG, seconds: 120, slower: 1 / 1.25 });
    expect(share(groups, (group) => group.failed)).toBe(0);
    for (const group of groups) {
      expect(rowOf(group, "latency.p50").verdict).toBe("IMPROVED");
      expect(alarms(group).some(({ verdict }) => verdict === "REGRESSED")).toBe(false);
    }
  });
});

test("the same runs and seed give the same comparison", () => {
  const once = () => compared(1, 1, { seconds: 180, runSpread: 0.01 });
  expect(once()).toEqual(once());
});
