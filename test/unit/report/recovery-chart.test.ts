/**
 * Goal: the chart of recovery goes up to those who came back, as far as the slowest fault, and no further; the chart itself, its data and
 * its picture agree. Method: two curves, as the section, the page and the PNG renderer draw them.
 */
import { expect, test } from "vitest";
import { blockHtml } from "../../../coordinator/report/html/blocks.ts";
import type { XyPlot } from "../../../coordinator/report/outline/plot.ts";
import { recoveryChart } from "../../../coordinator/report/outline/recovery-chart.ts";
import { chartSvg } from "../../../coordinator/report/png/chart-svg.ts";

const nobody = { id: "nobody came back", affected: 9, points: [{ ms: 0, share: 0 }] };
const all = {
  ...{ id: "cut", affected: 4 },
  points: [0, 100, 200, 300, 400].map((ms) => ({ ms, share: ms / 400 })),
};
const half = {
  ...{ id: "</svg>black hole", affected: 4 },
  points: [
    { ms: 0, share: 0 },
    { ms: 700, share: 0.25 },
    { ms: 1000, share: 0.5 },
  ],
};

function chartOf(...recovery: Parameters<typeof recoveryChart>[0]): XyPlot {
  const [chart] = recoveryChart(recovery);
  if (chart?.kind !== "plot" || chart.shape !== "xy") throw new Error("no chart");
  return chart;
}

test("a curve ends at the share that was restored, and goes as far as the slowest", () => {
  const { curves, marks, about } = chartOf(all, half, nobody);
  expect(curves.map(({ label, rest }) => `${label}: ${rest}`)).toEqual([
    "cut: 95% in 400 ms",
    "</svg>black hole: 50% restored",
  ]);
  expect(curves.map(({ points }) => points.at(-1))).toEqual([
    [1000, 1],
    [1000, 0.5],
  ]);
  expect(marks).toEqual([0.5, 0.95, 0.99]);
  expect(about).toContain("1 more fault in the table");
});

test("there is none where nobody came back", () => {
  expect(recoveryChart([nobody])).toEqual([]);
  expect(recoveryChart([])).toEqual([]);
});

test("page and picture draw it, with what is not ours escaped", () => {
  const chart = chartOf(all, half);
  const page = blockHtml(chart).markup;
  const svg = chartSvg(chart, "here", "Sans");
  for (const drawn of [page, svg]) {
    expect(drawn).toContain("cut");
    expect(drawn).toContain("95% in 400 ms");
    expect(drawn).toContain("&lt;/svg&gt;black hole");
    expect(drawn).not.toContain("</svg>black");
  }
  // 0 to 1 s are 1,000 units; a step goes across first, then up.
  expect(page).toContain('d="M0 200H100V150H200V100H300V50H400V0H1000V0"');
});

test("seven faults are six curves, and one in the table", () => {
  const { curves, about } = chartOf(...Array.from({ length: 7 }, () => all));
  expect(curves).toHaveLength(6);
  expect(about).toContain("1 more fault in the table");
});
