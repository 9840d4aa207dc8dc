/** Goal: each rule is judged on the right numbers, and one on something that was not measured never passes. */

import { describe, expect, test } from "vitest";
import { judgeLive } from "../../../coordinator/analysis/judge-run.ts";
import type { Judgement } from "../../../coordinator/analysis/judgement.ts";
import { abortingRule } from "../../../coordinator/analysis/rules/thresholds.ts";
import { RunFold } from "../../../coordinator/merge/run-fold.ts";
import { NO_AUDIT } from "../../../shared/scenario/defaults.ts";
import type { StrictScenario, StrictThreshold } from "../../../shared/scenario/strict.ts";
import {
  begun,
  ended,
  facts,
  goodRun,
  merge,
  SyntheticEngine,
  scenario,
  threshold,
} from "../merge/synthetic-run.ts";

function judged(change: Partial<StrictThreshold>, of: Partial<StrictScenario> = {}) {
  const [result] = judgeLive(goodRun({ thresholds: [threshold(change)], ...of }));
  return result && seen(result);
}

/** Times in microseconds. */
function seen({ observed: { unit, value }, outcome, evidence }: Judgement) {
  return {
    observed: typeof value === "number" && unit === "ms" ? value * 1000 : value,
    passed: outcome === "pass",
    reason: evidence[0]?.sentence ?? null,
  };
}

describe("distributions", () => {
  test.each([
    ["p99", 20_000],
    ["p99.9", 20_000],
    ["p50", 1000],
    ["max", 20_000],
    ["min", 500],
    ["mean", 5750],
  ])("latency %s", (statistic, expected) => {
    const observed = Number(judged({ statistic })?.observed);
    expect(Math.abs(observed - expected) / expected).toBeLessThan(0.002);
  });

  test("of a phase, excluded or not, and of one message", () => {
    expect(judged({ measure: "connect", selector: { phase: "warmup", name: null } })).toMatchObject(
      {
        passed: true,
        reason: null,
      },
    );
    expect(judged({ selector: { phase: "steady", name: "ask" } })?.observed).toBeGreaterThan(0);
  });

  test.each(["service", "sendLag"] as const)("of %s", (measure) => {
    expect(judged({ measure })?.observed).toBeGreaterThan(0);
  });

  test.each([
    ["no values", { measure: "ping" } as const, "no ping was measured"],
    [
      "excluded phases only",
      { measure: "connect" } as const,
      "no connect was measured outside excluded phases; select one of them with {phase=…}",
    ],
    ["an unknown phase", { selector: { phase: "x", name: null } }, 'there is no phase "x"'],
    ["an unknown message", { selector: { phase: null, name: "x" } }, 'there is no message "x"'],
    ["an unknown statistic", { statistic: "p101" }, '"p101" is not measured for latency'],
  ])("%s: nothing observed, not passed, and why", (_, change, reason) => {
    expect(judged(change)).toMatchObject({ observed: null, passed: false, reason });
  });
});

describe("operators", () => {
  const count = { measure: "messages", statistic: "sent", unit: "count", limit: 32 } as const;
  test.each([
    ["<", false],
    ["<=", true],
    [">", false],
    [">=", true],
    ["==", true],
    ["!=", false],
  ] as const)("%s at the limit", (operator, passed) => {
    expect(judged({ ...count, operator })).toMatchObject({ observed: 32, passed });
  });
});

describe("counts, shares and rates", () => {
  const share = { unit: "share", operator: ">=", limit: 0 } as const;

  test("per second over the time of the phases looked at", () => {
    const rate = { measure: "messages", statistic: "rate", unit: "perSec" } as const;
    expect(judged(rate)?.observed).toBe(8);
    expect(judged({ ...rate, selector: { phase: "warmup", name: null } })?.observed).toBe(4);
  });

  test("as shares of what could have been", () => {
    expect(judged({ ...share, measure: "messages", statistic: "sent" })?.observed).toBe(1);
    expect(judged({ ...share, measure: "delivery", statistic: "lost" })?.observed).toBe(0);
    expect(judged({ ...share, measure: "connect", statistic: "failed" })).toMatchObject({
      observed: null,
      reason: "nothing happened to take a share of",
    });
  });

  test("per message, where that is counted", () => {
    const named = {
      measure: "messages",
      unit: "count",
      selector: { phase: null, name: "say" },
    } as const;
    expect(judged({ ...named, statistic: "matched" })?.observed).toBe(16);
    expect(judged({ ...named, statistic: "received" })).toMatchObject({
      observed: null,
      reason: '"received" is not counted per message',
    });
  });

  test("without a stamp, that nothing was found proves nothing", () => {
    const rule = {
      measure: "delivery",
      statistic: "duplicated",
      unit: "count",
      operator: "==",
      limit: 0,
    } as const;
    expect(judged(rule)).toMatchObject({ observed: 0, passed: true });
    expect(judged(rule, { integrity: { ...NO_AUDIT, stamp: false } })).toMatchObject({
      observed: null,
      passed: false,
      reason: '"duplicated" is not measured without integrity.stamp or integrity.order',
    });
  });

  test("without replies, nothing can be lost", () => {
    const { messages } = scenario();
    const mix = messages?.mix.map((message) => ({ ...message, reply: { match: "none" } as const }));
    const rule = {
      measure: "delivery",
      statistic: "lost",
      unit: "count",
      operator: "==",
      limit: 0,
    } as const;
    expect(judged(rule, { messages: messages && { ...messages, mix: mix ?? [] } })).toMatchObject({
      passed: false,
      reason: "no message expects a reply",
    });
  });

  test("attempts the generator itself failed are not held against the target", () => {
    const rule = {
      measure: "connect",
      statistic: "failed",
      unit: "count",
      operator: "==",
      limit: 2,
    } as const;
    const fold = new RunFold(facts({ thresholds: [threshold(rule)] }));
    begun(fold);
    merge(fold, 1, [
      new SyntheticEngine().frame({
        phases: { 1: { attempted: 5, failed: 5 } },
        shards: { 0: { attempted: 5, failed: 5 } },
        failures: [
          { kind: "generator-stopped", signature: "", phase: 1, target: 0, count: 3, sample: null },
          { kind: "tcp-refused", signature: "", phase: 1, target: 0, count: 2, sample: null },
        ],
      }),
    ]);
    ended(fold, { 1: 0 });
    const rules = judgeLive(fold).filter(({ kind }) => kind === "threshold");
    expect(rules.map(seen)).toMatchObject([{ observed: 2, passed: true }]);
  });
});

describe("abort", () => {
  const broken = threshold({ rule: "p99 < 1ms", limit: 1000, abort: true, afterUs: 2_000_000 });
  const at = (rule: StrictThreshold, elapsedUs: number) =>
    abortingRule(judgeLive(goodRun({ thresholds: [rule] })), elapsedUs);

  test("only after its time, only when it asks for it, only on what was seen", () => {
    expect(at(broken, 1_999_999)).toBeNull();
    expect(at(broken, 2_000_000)).toEqual(broken);
    expect(at({ ...broken, abort: false }, 9e9)).toBeNull();
    expect(at({ ...broken, measure: "ping" }, 9e9)).toBeNull();
    expect(at({ ...broken, limit: 1e9 }, 9e9)).toBeNull();
  });
});
