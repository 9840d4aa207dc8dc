/**
 * Goal: the chart of how long connections lasted is the Kaplan-Meier curve: steps down from 1 with their 95 % band, of a bounded number of
 * points, and no band where there is none. Method: ends by age as the analysis has them, as the section and both renderers show them.
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

/** As many ends, one a second. */
function endsOf(count: number, hasIntervals: boolean): Survival {
  return {
    ...{ connections: count, ended: count, known: count, hasIntervals },
    moments: hasIntervals ? count : 2.5,
    steps: Array.from({ length: count }, (_, at) => {
      const share = 1 - (at + 1) / count;
      return { age: (at + 1) * 1e6, share, low: share / 2, high: (1 + share) / 2 };
    }),
    ...{ hazard: [], targets: [] },
  };
}

const fold = goodRun();
const model = buildReportModel(fold, { scenarioText: null, notes: [] });

function chartOf(seen: Survival) {
  const blocks = survival.build({
    ...model,
    summary: { ...model.summary, ...survivalSection(fold, seen) },
    survivalCurve: survivalCurve(seen),
  });
  const [plot] = blocks.flatMap((block) =>
    block.kind === "plot" && block.shape === "xy" ? [block] : [],
  );
  if (plot === undefined) throw new Error("the section has no chart");
  return { blocks, plot };
}

test("steps down from 1 at age 0, one step an end", () => {
  const { plot } = chartOf(endsOf(10, true));
  const left = plot.curves.find(({ id }) => id === "left");
  expect(left?.look).toBe("step");
  expect(left?.points.map(([ms]) => ms)).toEqual(
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((s) => s * 1000),
  );
  expect(left?.points.map(([, share]) => Math.round(10 * share))).toEqual([
    10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0,
  ]);
  expect(survivalCurve(null)).toEqual([]);
});

test("the band is drawn between its bounds, corner by corner, around the curve", () => {
  const { plot } = chartOf(endsOf(10, true));
  expect(plot.areas.map(([lower, upper]) => [lower, upper])).toEqual([["from", "to"]]);
  const [from, to] = ["from", "to"].map(
    (id) => plot.curves.find((curve) => curve.id === id)?.points ?? [],
  );
  // At 3 s from what it was to what it is: 0.8 and 0.7 left.
  expect(from?.filter(([ms]) => ms === 3000).map(([, share]) => share)).toEqual([
    expect.closeTo(0.4, 9),
    expect.closeTo(0.35, 9),
  ]);
  expect(from?.map(([ms]) => ms)).toEqual(to?.map(([ms]) => ms));
  expect(from?.every(([, low], at) => low <= (to?.[at]?.[1] ?? 0))).toBe(true);
});

test("is of a bounded number of points, the last end among them", () => {
  const { plot } = chartOf(endsOf(5000, true));
  const points = plot.curves[0]?.points ?? [];
  expect(points.length).toBeLessThanOrEqual(302);
  expect(points.at(-1)).toEqual([5_000_000, 0]);
});

test("both renderers say in the legend what is left at the end", () => {
  const { plot } = chartOf(endsOf(10, true));
  for (const drawn of [blockHtml(plot).markup, chartSvg(plot, "here", "Sans")]) {
    expect(drawn).toContain("0% at 10 s");
    expect(drawn).toContain("95% from");
  }
});

test("too few moments are said to be so, and have no band", () => {
  const { blocks, plot } = chartOf(endsOf(10, false));
  expect(plot.areas).toEqual([]);
  expect(plot.curves.map(({ id }) => id)).toEqual(["left"]);
  expect(JSON.stringify(blocks)).toContain(
    "The ends cluster into about 2.5 independent 20 s blocks: too few for an interval",
  );
});
