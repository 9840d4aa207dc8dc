/**
 * Goal: a comparison in the terminal starts with the verdict, shows every measure, draws both curves where they lie, and
 * lets no text of a run directory through. Method: comparisons of simulated runs; a chart of known points.
 */
import { describe, expect, test } from "vitest";
import { compareSamples } from "../../../coordinator/analysis/compare.ts";
import { compareText } from "../../../coordinator/cli/terminal/compare-text.ts";
import { percentileChart } from "../../../coordinator/cli/terminal/percentile-chart.ts";
import { makeStyle } from "../../../coordinator/cli/terminal/style.ts";
import { simulatedRun } from "../analysis/compare/simulated-run.ts";

const plain = makeStyle(false);
const options = { rules: [], strict: false, seed: 1, despite: [] };
const one = (run: number, slower = 1) =>
  simulatedRun({ seed: 5, run, seconds: 200, perSecond: 50, runSpread: 0.001, calm: true, slower });

describe("compareText", () => {
  const outcome = compareSamples({ a: [one(0)], b: [one(1, 1.5)] }, options);
  const text = compareText(outcome, "full", plain);

  test("verdict first, then why, how, and what is not covered", () => {
    const lines = text.split("\n");
    expect(lines[0]).toMatch(/^✗ REGRESSED {2}baseline run run-0, candidate run run-1$/);
    expect(lines[1]).toMatch(/^ {2}because {7}latency\.p50 \+/);
    expect(text).toMatch(/method +One run a side: 10 blocks of 20 s/);
    expect(text).toMatch(/note +One run a side: what differs from run to run by itself/);
  });

  test("a row for each measure, and the curves", () => {
    for (const { measure, verdict } of outcome.rows) {
      expect(text).toMatch(new RegExp(`^ {2}${measure.replace(".", "\\.")} .*${verdict}`, "m"));
    }
    expect(text).toContain("latency by percentile");
    expect(text).toContain("○ baseline   ● candidate   ◉ both");
  });

  test("compact: no table", () => {
    expect(compareText(outcome, "compact", plain)).not.toContain("95 % interval");
  });

  test("too short a run says so, and how long would do", () => {
    const short = [simulatedRun({ seed: 5, run: 0, seconds: 30, perSecond: 50, runSpread: 0 })];
    const also = [simulatedRun({ seed: 5, run: 1, seconds: 30, perSecond: 50, runSpread: 0 })];
    const said = compareText(compareSamples({ a: short, b: also }, options), "full", plain);
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
    const said = compareText(refused, "full", plain);
    expect(said).toMatch(/^✗ NOT COMPARED/);
    expect(said).toContain("target: targets.0.url: baseline a\\u{1b}[2Jb\\u{a}c, candidate x");
    expect(said).toContain("--despite target");
    expect(said).not.toContain("\u001b");
  });
});

describe("percentileChart", () => {
  const points = [
    { percentile: 1, aMs: 10, bMs: 10 },
    { percentile: 90, aMs: 20, bMs: 20 },
    { percentile: 99, aMs: 30, bMs: 60 },
    { percentile: 99.9, aMs: 40, bMs: 80 },
  ];
  const lines = percentileChart(points, plain);
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
    const alone = percentileChart(
      points.map((point) => ({ ...point, bMs: null })),
      plain,
    );
    expect(alone.slice(0, 12).join("")).not.toMatch(/●|◉/);
    expect(percentileChart([], plain)).toEqual([]);
    expect(percentileChart([{ percentile: 50, aMs: 1, bMs: 1 }], plain)).toEqual([]);
  });
});
