/**
 * Goal: the words of a comparison follow from the interval and the margin alone, and rules of --fail-on mean what they say.
 * Method: intervals on each side of each bound; laws over random intervals.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Change } from "../../../../coordinator/analysis/compare/change.ts";
import type { ComparedRow } from "../../../../coordinator/analysis/compare/comparison.ts";
import {
  type FailRule,
  judgeRule,
  parseFailRule,
} from "../../../../coordinator/analysis/compare/fail-rule.ts";
import { findMeasure, type Measure } from "../../../../coordinator/analysis/compare/measure.ts";
import { judgeRow } from "../../../../coordinator/analysis/compare/verdict.ts";

const measure = (name: string) => findMeasure(name) as Measure;

function change(low: number, high: number, a = 100): Change {
  const estimate = (low + high) / 2;
  return {
    ...{ a, b: a * (1 + estimate), countA: 1000, countB: 1000, change: estimate },
    interval: { estimate, low, high },
    missing: null,
  };
}

const row = (name: string, low: number, high: number, a?: number): ComparedRow =>
  judgeRow(measure(name), change(low, high, a), 5);

describe("a row", () => {
  test.each([
    ["p99", 0.06, 0.2, "REGRESSED"],
    ["p99", 0.04, 0.2, "INCONCLUSIVE"],
    ["p99", -0.04, 0.04, "SAME"],
    ["p99", -0.05, 0.05, "SAME"],
    ["p99", -0.2, 0.2, "INCONCLUSIVE"],
    ["p99", -0.2, -0.06, "IMPROVED"],
    ["messages.received", 0.03, 0.1, "IMPROVED"],
    ["messages.received", -0.1, -0.03, "REGRESSED"],
    ["connect.failed", 0.002, 0.01, "REGRESSED"],
    ["connect.failed", 0, 0.0005, "SAME"],
  ])("%s from %d to %d is %s", (name, low, high, verdict) => {
    expect(row(name, low, high).verdict).toBe(verdict);
  });

  test("the margin of a short time is half a millisecond", () => {
    const short = row("p50", 0.1, 0.3, 1);
    expect(short).toMatchObject({ margin: 0.5, marginMs: 0.5, verdict: "SAME" });
    expect(row("p50", 0.1, 0.3, 100)).toMatchObject({ margin: 0.05, marginMs: null });
  });

  test("without an interval it is inconclusive, and says why", () => {
    const missing = { ...change(0, 0), interval: null, missing: "too short" };
    expect(judgeRow(measure("p99"), missing, 1)).toMatchObject({
      ...{ verdict: "INCONCLUSIVE", reason: "too short", low: null, runsNeeded: null },
    });
  });

  test("an undecided one says about how many runs would decide", () => {
    // 10 % +- 8 %: the interval clears 5 % when it is 1.6 times as narrow, which 2.56 times the runs make it.
    expect(row("p99", 0.02, 0.18).runsNeeded).toBe(13);
    expect(row("p99", 0.049, 0.0515).runsNeeded).toBeNull();
  });

  test("law: the direction of better swaps the words, and nothing else", () => {
    const ends = fc.tuple(
      fc.double({ min: -0.9, max: 3, noNaN: true }),
      fc.double({ min: 0, max: 1, noNaN: true }),
    );
    const mirror = {
      REGRESSED: "IMPROVED",
      IMPROVED: "REGRESSED",
      SAME: "SAME",
      INCONCLUSIVE: "INCONCLUSIVE",
    };
    fc.assert(
      fc.property(ends, ([low, width]) => {
        const base = measure("p99");
        const found = change(low, low + width);
        const lower = judgeRow(base, found, 5);
        const higher = judgeRow({ ...base, better: "higher" }, found, 5);
        expect(higher.verdict).toBe(mirror[lower.verdict]);
        const surely =
          lower.verdict === "REGRESSED" ? low : lower.verdict === "IMPROVED" ? -low - width : 1;
        expect(surely).toBeGreaterThan(0);
      }),
    );
  });
});

describe("rules of --fail-on", () => {
  const rule = (text: string) => parseFailRule(text) as FailRule;
  const outcome = (text: string, ...rows: ComparedRow[]) => judgeRule(rule(text), rows).outcome;

  test.each([
    ["p99>5%", 0.06, 0.2, "failed"],
    ["p99 > 5 %", 0.04, 0.2, "inconclusive"],
    ["p99>5%", -0.1, 0.05, "passed"],
    ["latency.p99>0%", 0.001, 0.02, "failed"],
    ["latency p99>0%", -0.001, 0.02, "inconclusive"],
    ["p99>20ms", 0.21, 0.3, "failed"],
    ["p99>20ms", 0.1, 0.2, "passed"],
    ["p99<-10%", -0.3, -0.2, "failed"],
  ])("%s with %d to %d: %s", (text, low, high, expected) => {
    expect(outcome(text, row("p99", low, high))).toBe(expected);
  });

  test("shares in percentage points, rates in per cent", () => {
    expect(outcome("failed>0.1pp", row("connect.failed", 0.002, 0.004))).toBe("failed");
    expect(outcome("received<-2%", row("messages.received", -0.1, -0.03))).toBe("failed");
  });

  test("what was not measured fails; what nobody can tell is inconclusive", () => {
    expect(outcome("p99>5%")).toBe("failed");
    const figures = { ...change(0, 0), interval: null, change: null, missing: "too few" };
    const few = judgeRow(measure("p99"), figures, 5);
    expect(outcome("p99>5%", few)).toBe("inconclusive");
    expect(outcome("p99>5%", judgeRow(measure("p99"), { ...figures, b: null }, 5))).toBe("failed");
  });

  test("regressed: any row by its own margin", () => {
    expect(outcome("regressed", row("p99", 0.06, 0.1), row("p50", 0, 0.01))).toBe("failed");
    expect(outcome("regressed", row("p99", -0.06, 0.1))).toBe("inconclusive");
    expect(outcome("regressed", row("p99", -0.01, 0.01))).toBe("passed");
    expect(outcome("regressed")).toBe("failed");
  });

  test.each([
    ["p99", "not a rule"],
    ["p99>=5%", "not a rule"],
    ["p99>5", "not a rule"],
    ["p0>5%", "no measure"],
    ["jitter>5%", "no measure"],
    ["p99>5pp", "does not fit"],
    ["connect.failed>5%", "does not fit"],
    ["messages.sent>5ms", "does not fit"],
    ["", "not a rule"],
  ])("%j is refused: %s", (text, what) => {
    const found = parseFailRule(text);
    expect("what" in found ? found.what : found).toContain(what);
  });

  test.each([
    ["p999>1%", "latency.p99.9"],
    ["p9999>1%", "latency.p99.99"],
    ["p95>1%", "latency.p95"],
    ["p97.5>1%", "latency.p97.5"],
    ["connect.p99>1%", "connect.p99"],
    ["timedOut>1pp", "delivery.timedOut"],
  ])("%s is about %s", (text, id) => {
    expect(rule(text).change?.measure.id).toBe(id);
  });
});
