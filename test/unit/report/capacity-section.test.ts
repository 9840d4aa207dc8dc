/**
 * Goal: latency by load says which latency it is, of each search on its own. Method: the section alone, over the levels of two searches
 * with a rule each.
 */
import { expect, test } from "vitest";
import type { ModelLevel } from "../../../coordinator/report/model/capacity.ts";
import { buildReportModel } from "../../../coordinator/report/model/model.ts";
import { capacity } from "../../../coordinator/report/outline/sections/capacity.ts";
import { goodRun } from "../merge/synthetic-run.ts";

const model = buildReportModel(goodRun(), { scenarioText: null, notes: [] });
const found = { tested: 300, knee: null, limit: 300, sustainable: 200, basis: "by plan" };

function tablesOf(levels: readonly ModelLevel[]) {
  const summary = { ...model.summary, capacity: found };
  const blocks = capacity.build({ ...model, summary, levels });
  return blocks.filter((block) => block.kind === "table");
}

const levelsOf = (phase: string, latencyOf: string, ...latenciesMs: readonly number[]) =>
  latenciesMs.map((latencyMs, at): ModelLevel => {
    const level = { connections: 100 * (at + 1), purpose: "climb", verdict: "held" } as const;
    return { ...level, phase, reason: "", latencyOf, latencyMs, at };
  });

test("a table for each phase, its column called by the rule", () => {
  const tables = tablesOf([
    ...levelsOf("first", "latency p99", 10, 20, 40),
    ...levelsOf("second", "service{name=say} p50", 1, 2, 3),
  ]);
  expect(tables.map(({ columns }) => columns[2]?.title)).toMatchObject([
    { foreign: "latency p99" },
    { foreign: "service{name=say} p50" },
  ]);
  expect(tables.map(({ rows }) => rows.map((row) => row[2]))).toEqual([
    [10, 20, 40],
    [1, 2, 3],
  ]);
});

test("a search with too few levels has none", () => {
  const levels = [...levelsOf("a", "latency p99", 1, 2), ...levelsOf("b", "latency p50", 3)];
  expect(tablesOf(levels)).toEqual([]);
});
