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

function blocksOf(levels: readonly ModelLevel[]) {
  const summary = { ...model.summary, capacity: found };
  return capacity.build({ ...model, summary, levels });
}

const tablesOf = (levels: readonly ModelLevel[]) =>
  blocksOf(levels).filter((block) => block.kind === "table");
const chartsOf = (levels: readonly ModelLevel[]) =>
  blocksOf(levels).flatMap((block) =>
    block.kind === "plot" && block.shape === "xy" ? [block] : [],
  );

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

test("a chart for each phase has every level where it was judged", () => {
  const levels = levelsOf("first", "latency p99", 10, 20, 40).map((level, at) =>
    at === 2 ? { ...level, verdict: "broken" as const } : level,
  );
  const [chart, ...others] = chartsOf(levels);
  expect(others).toEqual([]);
  expect(chart?.curves.map(({ id, points }) => [id, points])).toEqual([
    [
      "held",
      [
        [100, 10],
        [200, 20],
      ],
    ],
    ["broken", [[300, 40]]],
    [
      "levels",
      [
        [100, 10],
        [200, 20],
        [300, 40],
      ],
    ],
  ]);
  const two = chartsOf([...levels, ...levelsOf("second", "latency p50", 1, 2, 3)]);
  expect(two.map(({ id }) => id)).toEqual(["capacity-1", "capacity-2"]);
});

test("a search with too few levels has none", () => {
  const levels = [...levelsOf("a", "latency p99", 1, 2), ...levelsOf("b", "latency p50", 3)];
  expect([...tablesOf(levels), ...chartsOf(levels)]).toEqual([]);
});
