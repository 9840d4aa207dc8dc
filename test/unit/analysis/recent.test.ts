/**
 * Goal: what conditions of checkpoints read is what thresholds are judged on, of fewer seconds. Method: over all seconds of the stored runs
 * both are the same; over parts of them counts add up.
 */
import { afterAll, describe, expect, test } from "vitest";
import { observe } from "../../../coordinator/analysis/observe.ts";
import { recentMeasure } from "../../../coordinator/analysis/recent.ts";
import { readFacts } from "../../../coordinator/merge/facts.ts";
import { RunFold } from "../../../coordinator/merge/run-fold.ts";
import { compileMeasured } from "../../../shared/scenario/expression/measured-expression.ts";
import type { ThresholdMeasure } from "../../../shared/scenario/strict.ts";
import { recordsOf, storedDirectories, storedRuns } from "../../support/stored-journals.ts";
import { threshold } from "../merge/synthetic-run.ts";

const directories = storedDirectories();
afterAll(() => directories[Symbol.dispose]());

const RUNS = storedRuns.filter((run) =>
  ["passed", "thresholds-failed", "faults", "several-targets", "few-replies", "dropped"].includes(
    run,
  ),
);

async function foldOf(run: string): Promise<RunFold> {
  const [header, ...records] = await recordsOf(directories.of(run));
  const fold = new RunFold(readFacts(header?.type === "header" ? header.header : null));
  for (const record of records) if (record.type !== "header") fold.apply(record);
  return fold;
}

const SAME: readonly [ThresholdMeasure, string, "us" | "share"][] = [
  ["latency", "p50", "us"],
  ["latency", "p99.9", "us"],
  ["connect", "max", "us"],
  ["connect", "failed", "share"],
  ["connections", "reconnects", "share"],
  ["messages", "matched", "share"],
  ["messages", "skipped", "share"],
  ["delivery", "timedOut", "share"],
];

describe.each(RUNS)("of the run %s", (run) => {
  test("all seconds are the whole run", async () => {
    const fold = await foldOf(run);
    const window = { from: 0, to: fold.merge.timeline.length };
    const compared = SAME.flatMap(([measure, statistic, unit]) => {
      const whole = observe(fold, threshold({ measure, statistic, unit, limit: 0 }));
      const recent = recentMeasure(fold, { measure, statistic, key: statistic }, window);
      if ("missing" in whole) return [];
      const value = unit === "us" ? Math.round(whole.value) / 1000 : whole.value;
      return [[`${measure} ${statistic}`, recent, value] as const];
    });
    expect(compared.length).toBeGreaterThan(2);
    for (const [what, recent, whole] of compared) expect(recent, what).toBe(whole);
  });

  test("counts of parts add up, and nothing is measured in no time", async () => {
    const fold = await foldOf(run);
    const one = { measure: "messages", statistic: "received", key: "received" } as const;
    const { length } = fold.merge.timeline;
    const of = (from: number, to: number) => recentMeasure(fold, one, { from, to }) ?? 0;
    const half = Math.floor(length / 2);
    expect(of(0, half) + of(half, length)).toBe(of(0, length));
    const beyond = { from: length + 10, to: length + 20 };
    const p99 = { measure: "latency", statistic: "p99", key: "p99" } as const;
    expect(recentMeasure(fold, p99, beyond)).toBeNull();
  });
});

describe("a condition over measures", () => {
  const holds = (source: string, figures: Readonly<Record<string, number>>) =>
    compileMeasured(source).test({
      ...{ phase: "steady", elapsed: 12 },
      read: ({ measure, key }) => figures[`${measure}.${key}`] ?? null,
    });

  test.each([
    ["connect.failed > 0.05", { "connect.failed": 0.06 }, true],
    ["connect.failed > 0.05", { "connect.failed": 0.05 }, false],
    ["connect.failed > 0.05", {}, false],
    ["connections.open >= 1000", { "connections.open": 1000 }, true],
    ["latency.p99 > 250", { "latency.p99": 250.5 }, true],
    ["latency.p999 > 250.0 || connect.failed > 0.5", { "connect.failed": 0.6 }, true],
    ["phase == 'steady' && elapsed > 10.0 && messages.rate < 5.0", { "messages.rate": 4 }, true],
    ["phase == 'grow' && messages.rate < 5.0", { "messages.rate": 4 }, false],
    ['latency["p99"] * 2.0 > connect.p50', { "latency.p99": 3, "connect.p50": 5 }, true],
  ] as const)("%s of %j is %s", (source, figures, expected) => {
    expect(holds(source, figures)).toBe(expected);
  });

  test("names what it reads", () => {
    const { reads } = compileMeasured("latency.p999 > 1.0 && connect.failed > 0.1");
    expect(reads.map(({ measure, statistic }) => `${measure} ${statistic}`)).toEqual([
      ...["latency p99.9", "connect failed"],
    ]);
  });
});
