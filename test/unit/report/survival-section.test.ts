/**
 * Goal: the chart of how long connections lasted goes no further than its ends can tell, and its legend speaks of ages. Method: ten
 * connections that all ended, as the section and both renderers show them.
 */
import { expect, test } from "vitest";
import type { Survival } from "../../../coordinator/analysis/survival/survival.ts";
import { blockHtml } from "../../../coordinator/report/html/blocks.ts";
import { buildReportModel } from "../../../coordinator/report/model/model.ts";
import { survival } from "../../../coordinator/report/outline/sections/survival.ts";
import { chartSvg } from "../../../coordinator/report/png/chart-svg.ts";
import {
  survivalCurve,
  survivalSection,
} from "../../../coordinator/report/survival/survival-summary.ts";
import { goodRun } from "../merge/synthetic-run.ts";

const TEN: Survival = {
  ...{ connections: 10, ended: 10, known: 10, moments: 2.5, hasIntervals: false },
  steps: Array.from({ length: 10 }, (_, at) => {
    return { age: (at + 1) * 1e6, share: 1 - (at + 1) / 10, low: 0, high: 1 };
  }),
  ...{ hazard: [], targets: [] },
};

const fold = goodRun();
const model = buildReportModel(fold, { scenarioText: null, notes: [] });
const blocks = survival.build({
  ...model,
  summary: { ...model.summary, ...survivalSection(fold, TEN) },
  survivalCurve: survivalCurve(TEN),
});

test("ten ends are drawn to the percentile that ten can tell", () => {
  const points = survivalCurve(TEN);
  expect(points.map(({ ms }) => ms)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((s) => s * 1000));
  expect(points.at(-1)?.percentile).toBe(0.95);
  expect(survivalCurve(null)).toEqual([]);
});

test("both renderers say in the legend when the last one ended", () => {
  const [plot] = blocks.filter((block) => block.kind === "plot");
  expect(plot).toBeDefined();
  if (plot === undefined) return;
  for (const drawn of [blockHtml(plot).markup, chartSvg(plot, "here", "Sans")]) {
    expect(drawn).toContain("last at 10 s");
    expect(drawn).not.toContain("max 10");
  }
});

test("too few moments are said to be so", () => {
  expect(JSON.stringify(blocks)).toContain(
    "The ends cluster into about 2.5 independent 10 s blocks: too few for an interval",
  );
});
