/**
 * Goal: a comparison in the terminal starts with the verdict, shows every measure, draws both curves where they lie, and
 * lets no text of a run directory through. Method: comparisons of simulated runs; a chart of known points.
 */
import { describe, expect, test } from "vitest";
import type { CompareOutcome } from "../../../coordinator/analysis/compare/comparison.ts";
import { compareSamples } from "../../../coordinator/analysis/compare.ts";
import { curveChart } from "../../../coordinator/cli/terminal/curve-chart.ts";
import { blocksText } from "../../../coordinator/cli/terminal/report-text.ts";
import { makeStyle } from "../../../coordinator/cli/terminal/style.ts";
import { comparisonReport } from "../../../coordinator/report/outline/comparison.ts";
import type { CurvePlot } from "../../../coordinator/report/outline/plot.ts";
import { simulatedRun } from "../analysis/compare/simulated-run.ts";

const plain = makeStyle(false);
const options = { rules: [], strict: false, seed: 1, despite: [] };
const one = (run: number, slower = 1) =>
  simulatedRun({ seed: 5, run, seconds: 200, perSecond: 50, runSpread: 0.001, calm: true, slower });

const compareText = (outcome: CompareOutcome) =>
  blocksText(comparisonReport(outcome), { style: plain });

describe("a comparison as text", () => {
  const outcome = compareSamples({ a: [one(0)], b: [one(1, 1.5)] }, options);
  const text = compareText(outcome);

  test("verdict first, then why, how, and what is not covered", () => {
    const lines = text.split("\n");
    expect(lines[0]).toMatch(/^✗ REGRESSED {2}baseline run run-0, candidate run run-1$/);
    expect(lines[1]).toMatch(/^ {2}Measures: \d+ regressed/);
    expect(lines[2]).toMatch(/^ {2}because {7}latency\.p50 \+/);
    expect(text).toMatch(/method +One run a side: 10 blocks of 20 s/);
    expect(text).toMatch(/note +One run a side: what differs from run to run by itself/);
  });

  test("a row for each measure, and the curves", () => {
    for (const { measure, verdict } of outcome.rows) {
      expect(text).toMatch(new RegExp(`^ {2}${measure.replace(".", "\\.")} .*${verdict}`, "m"));
    }
    expect(text).toContain("Latency at every percentile, before and now");
    expect(text).toContain("○ baseline   ● candidate   ◉ both");
  });

  test("too short a run says so, and how long would do", () => {
    const short = [simulatedRun({ seed: 5, run: 0, seconds: 30, perSecond: 50, runSpread: 0 })];
    const also = [simulatedRun({ seed: 5, run: 1, seconds: 30, perSecond: 50, runSpread: 0 })];
    const said = compareText(compareSamples({ a: short, b: also }, options));
    expect(said).toMatch(/^\? INCONCLUSIVE/);
    expect(said).toContain("30 s are too short for one run a side; 3 min or more, or several runs");
  });

  test("a refusal names what differs, escaped, and the way around it", () => {
    const hostile = "a\u001b[2Jb\nc";
    const runs = [{ run: "r", name: "n" }];
    const differences = [{ kind: "target" as const, what: "targets.0.url", a: hostile, b: "x" }];
    const refused = {
      schema: 1,
      verdict: "REFUSED",
      failed: false,
      a: runs,
      b: runs,
      differences,
    } as const;
    const said = compareText(refused);
    expect(said).toMatch(/^✗ NOT COMPARED/);
    expect(said).toMatch(/target +targets\.0\.url +a\\u\{1b\}\[2Jb\\u\{a\}c +x/);
    expect(said).toContain("--despite target");
    expect(said).not.toContain("\u001b");
  });
});

describe("curveChart", () => {
  const curve = (label: string, ...times: number[]): CurvePlot["curves"][number] => ({
    ...{ id: label, label, colour: "c1" },
    points: times.map((ms, at) => ({ percentile: [0.01, 0.9, 0.99, 0.999][at] ?? 0, ms })),
  });
  const curves = [curve("candidate", 10, 20, 60, 80), curve("baseline", 10, 20, 30, 40)];
  const lines = curveChart(curves, plain);
  const grid = lines.slice(0, 12).map((line) => line.slice(line.indexOf("┤") + 1).padEnd(64));
  const columnOf = (percentile: number) => Math.round((-Math.log10(1 - percentile / 100) / 3) * 63);

  test("one mark a column and side; both on one place where they are the same", () => {
    for (let column = 2; column < 64; column++) {
      const marks = grid
        .map((line) => line[column])
        .join("")
        .trim()
        .replaceAll(" ", "");
      expect(["◉", "●○"]).toContain(marks);
    }
  });

  test("the slower side is above, and only where it is slower", () => {
    const rowOf = (mark: RegExp, column: number) =>
      grid.findIndex((line) => mark.test(line[column] ?? ""));
    expect(rowOf(/◉/, columnOf(50))).toBeGreaterThan(0);
    expect(rowOf(/●/, 63)).toBe(0);
    expect(rowOf(/○/, 63)).toBeGreaterThan(4);
  });

  test("percentiles stand under their columns", () => {
    const ticks = lines[13]?.slice((lines[0]?.indexOf("┤") ?? 0) + 1) ?? "";
    for (const percentile of [50, 90, 99]) {
      expect(
        Math.abs(ticks.indexOf(`p${percentile}`) + 1 - columnOf(percentile)),
      ).toBeLessThanOrEqual(1);
    }
  });

  test("a side without values is not drawn; nothing is drawn of nothing", () => {
    const alone = curveChart([curve("candidate"), curve("baseline", 10, 20, 30, 40)], plain);
    expect(alone.slice(0, 12).join("")).not.toMatch(/●|◉/);
    expect(curveChart([], plain)).toEqual([]);
    expect(curveChart([curve("candidate", 1), curve("baseline", 1)], plain)).toEqual([]);
  });
});
