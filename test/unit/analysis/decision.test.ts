/**
 * Goal: go takes limits that hold surely; a run near its limit, too short, without limits or not to be trusted is undecided, a broken limit
 * is no-go, and what was not tried is named. Method: synthetic runs whose latency is known second by second.
 */
import { describe, expect, test } from "vitest";
import { decide } from "../../../coordinator/analysis/decision/decision.ts";
import { flipOf } from "../../../coordinator/analysis/decision/flip.ts";
import { judgeRun } from "../../../coordinator/analysis/judge-run.ts";
import type { Judgement } from "../../../coordinator/analysis/judgement.ts";
import type { Verdict } from "../../../coordinator/analysis/verdict.ts";
import { RunFold } from "../../../coordinator/merge/run-fold.ts";
import type { StrictScenario, StrictThreshold } from "../../../shared/scenario/strict.ts";
import {
  begun,
  ended,
  facts,
  merge,
  SyntheticEngine,
  tell,
  threshold,
} from "../merge/synthetic-run.ts";

interface Made {
  readonly seconds?: number;
  readonly rules?: readonly StrictThreshold[];
  readonly change?: Partial<StrictScenario>;
}

/** Ten replies a second. @param latencyUs of those of a second */
function run(
  latencyUs: (second: number) => number,
  { seconds = 240, rules = [threshold({})], change = {} }: Made = {},
): RunFold {
  const hold = { phase: "hold", ramp: "burst", to: 4, exclude: false, messageFactor: 1 } as const;
  const phases = [{ ...hold, durationUs: seconds * 1_000_000 }];
  const fold = new RunFold(facts({ phases, thresholds: rules, ...change }));
  const engine = new SyntheticEngine();
  begun(fold);
  const bodies = Array.from({ length: seconds }, (_, second) =>
    engine.frame({
      second,
      final: second === seconds - 1,
      phases: { 0: { planned: 10, sent: 10, expected: 10, matched: 10, received: 10 } },
      values: [{ metric: "latency", phase: 0, us: Array(10).fill(latencyUs(second)) }],
      ticks: { open: Array(10).fill(4) },
    }),
  );
  merge(fold, 1, bodies);
  ended(fold, { 1: bodies.length - 1 });
  return fold;
}

/** Of these runs the thresholds are what is looked at. */
const decided = (fold: RunFold, verdict: Verdict = "pass") =>
  decide(fold, { ...judgeRun(fold), verdict });

/** In a minute and a half of four: half of the blocks that are drawn, more or less, decide it. */
const slowIn = (share: number, seconds: number) => (second: number) =>
  second < share * seconds ? 300_000 : 20_000;

describe("a run that passed", () => {
  test("far from its limit is go, and says of how many drawn runs that is", () => {
    const { word, chance, reason } = decided(run(() => 20_000));
    expect(word).toBe("go");
    expect(chance).toEqual({
      ...{ share: 1, blocks: 12, blockSeconds: 20, resamples: 1000 },
      ...{ rules: 1, rulesTakenAsTheyAre: 0 },
    });
    expect(reason).toContain("in all 1,000 runs drawn from seconds like these");
  });

  test("that hangs on which of its minutes come is undecided, by the binomial law", () => {
    // p75 holds while at most 3 of 12 drawn blocks are slow; 3 of them were: P(Bin(12, 1/4) <= 3) = 0.649.
    const rule = threshold({ statistic: "p75", rule: "p75 < 200ms" });
    const { word, chance } = decided(run(slowIn(0.25, 240), { rules: [rule] }));
    expect(word).toBe("undecided");
    expect(chance?.share).toBeGreaterThan(0.58);
    expect(chance?.share).toBeLessThan(0.72);
  });

  test("that is too short says how long it takes", () => {
    const { word, reason, chance } = decided(run(() => 20_000, { seconds: 70 }));
    expect({ word, share: chance?.share }).toEqual({ word: "undecided", share: null });
    expect(reason).toContain("60 s count in whole blocks of 20 s, and it takes 120 s");
  });

  test("without thresholds is undecided", () => {
    expect(decided(run(() => 20_000, { rules: [] })).reason).toContain("sets no thresholds");
  });

  test("but is worse than its baseline is undecided", () => {
    const fold = run(() => 20_000);
    tell(fold, {
      type: "compared",
      comparison: { verdict: "REGRESSED", rules: [], rows: [] },
    } as never);
    expect(decided(fold)).toMatchObject({ word: "undecided" });
  });

  test("but has a finding about the service is undecided, unless that is only possible", () => {
    const fold = run(() => 20_000);
    const judged = judgeRun(fold);
    const word = (locus: string, confidence: string) => {
      const finding = { locus, confidence, cause: "corruption" } as never;
      const one = { ...judged.judgements[0], kind: "finding", outcome: "fail", finding } as never;
      return decide(fold, { ...judged, verdict: "pass", judgements: [...judged.judgements, one] })
        .word;
    };
    expect([word("server", "likely"), word("server", "possible")]).toEqual(["undecided", "go"]);
    expect(word("generator", "certain")).toBe("go");
  });

  test("shares are drawn with what they are shares of; rules on a part are taken as they are", () => {
    const matched: Partial<StrictThreshold> = {
      ...{ metric: "messages", measure: "messages", statistic: "matched", rule: "matched > 99%" },
      ...{ operator: ">", limit: 0.99, unit: "share" },
    };
    const part = threshold({ selector: { phase: "hold", name: null } });
    const { chance } = decided(run(() => 20_000, { rules: [threshold(matched), part] }));
    expect(chance).toMatchObject({ share: 1, rules: 1, rulesTakenAsTheyAre: 1 });
  });
});

test("a broken threshold is no-go, and what is furthest off is named", () => {
  const rules = [
    threshold({}),
    threshold({ statistic: "p50", rule: "p50 < 100ms", limit: 100_000 }),
    threshold({ statistic: "max", rule: "max < 900ms", limit: 900_000 }),
  ];
  const fold = run(() => 400_000, { rules });
  const { word, flip, chance, reason } = decided(fold, "fail");
  expect({ word, chance }).toEqual({ word: "no-go", chance: null });
  expect(reason).toMatch(/\d+ more do not hold/);
  expect(flip).toMatchObject({ rule: "p50 < 100ms", holds: false });
  expect(flip?.by).toBeCloseTo(-0.75, 2);
});

test("nothing where something was wanted is furthest off, by no multiple", () => {
  const received = threshold({
    ...{ metric: "messages", measure: "messages", statistic: "received", rule: "received > 100/s" },
    ...{ operator: ">", limit: 100, unit: "perSec" },
  });
  const { judgements } = judgeRun(run(() => 20_000, { rules: [threshold({}), received] }));
  const none = judgements.map((one) =>
    one.rule?.statistic === "received"
      ? ({ ...one, observed: { ...one.observed, value: 0 }, outcome: "fail" } as Judgement)
      : one,
  );
  expect(flipOf(none)).toMatchObject({ rule: "received > 100/s", holds: false, by: null });
});

test.each(["invalid", "interrupted", "stopped"] as const)("%s decides nothing", (verdict) => {
  const decision = decided(
    run(() => 20_000),
    verdict,
  );
  expect(decision).toMatchObject({ word: "undecided", chance: null });
});

test("of thresholds that hold the nearest to its limit would turn it around", () => {
  const rules = [threshold({}), threshold({ statistic: "p50", rule: "p50 < 30ms", limit: 30_000 })];
  const { flip } = decided(run(() => 20_000, { rules }));
  expect(flip).toMatchObject({ rule: "p50 < 30ms", holds: true, limit: 30 });
  expect(flip?.by).toBeCloseTo(0.5, 2);
});

describe("what was not tried", () => {
  const untried = (fold: RunFold) => decided(fold).risks.map(({ id }) => id);

  test("by a short run without faults, TLS and reconnects, from one host to one", () => {
    const { risks } = decided(run(() => 20_000));
    expect(risks.map(({ id }) => id)).toEqual(
      "more-connections no-search no-faults no-reconnects short one-target local-target no-tls one-host".split(
        " ",
      ),
    );
    expect(risks[0]?.sentence).toBe("Never more than 4 connections were open at once.");
  });

  test("other plans try other things", () => {
    const targets = ["wss://a.example/", "ws://b.example/"].map((url) => ({
      ...{ url, weight: 1, label: "" },
    }));
    const ids = untried(run(() => 20_000, { change: { targets }, rules: [] }));
    expect(ids).not.toContain("no-tls");
    expect(ids).not.toContain("one-target");
    expect(ids).not.toContain("local-target");
    expect(ids).toContain("no-latency-limit");
  });
});
