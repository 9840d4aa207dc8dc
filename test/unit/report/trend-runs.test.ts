/**
 * Goal: a trend reads run directories and summaries alike, refuses what is neither, and its text names the first run that regressed.
 * Method: stored journals, and summaries of one of them with another start and latency each.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { blocksText } from "../../../coordinator/cli/terminal/report-text.ts";
import { makeStyle } from "../../../coordinator/cli/terminal/style.ts";
import { reportMarkdown } from "../../../coordinator/report/formats/markdown.ts";
import { trendReport } from "../../../coordinator/report/outline/trend.ts";
import type { Summary } from "../../../coordinator/report/summary-schema.ts";
import { trendRuns } from "../../../coordinator/report/trend-runs.ts";
import { nightlySummaries } from "../../support/nightly-summaries.ts";
import { STORED, storedDirectories } from "../../support/stored-journals.ts";

const directories = storedDirectories();
afterAll(() => directories[Symbol.dispose]());

const folder = join(directories.of("baseline"), "..", "nightly");
mkdirSync(folder);
const files = nightlySummaries(folder, { runs: 14, slowerFrom: 9 });

test("of summaries: which run was the first to be slower", async () => {
  const trend = await trendRuns(files, { failOnRegressed: true });
  expect(trend).toMatchObject({ verdict: "REGRESSED", failed: true, leftOut: [] });
  const row = trend.groups[0]!.rows.find(({ measure }) => measure === "latency.p99");
  expect(row).toMatchObject({ verdict: "REGRESSED", since: 9 });
  const text = blocksText(trendReport(trend), { style: makeStyle(false) });
  expect(text).toContain("✗ REGRESSED");
  expect(text).toMatch(/latency\.p99 \+\d+\.\d % at once, first in run nightly-09/);
  expect(text).toMatch(/latency\.p99 +[▁▂▃▄▅▆▇█]{14}/);
  expect(
    Math.max(
      ...text
        .split("\n")
        .filter((line) => /[▁█]/.test(line))
        .map((line) => line.length),
    ),
  ).toBeLessThanOrEqual(80);
  const markdown = reportMarkdown([{ id: "trend", title: "Trend", blocks: trendReport(trend) }]);
  expect(markdown).toContain("| latency.p99 |");
});

test("of directories: the load is that of the journal, and other loads stand apart", async () => {
  const at = ["baseline", "good", "find-limit"].map((run) => directories.of(run));
  const trend = await trendRuns(at, { despite: ["validity"], measures: ["p99"] });
  expect(trend.groups.length).toBeGreaterThan(1);
  for (const { plan, rows } of trend.groups) {
    expect(plan).toMatch(/^[0-9a-f]{16}$/);
    for (const { verdict } of rows) expect(verdict).toBe("UNDECIDED");
  }
  const stored = JSON.parse(readFileSync(join(STORED, "good.summary.json"), "utf8")) as Summary;
  const good = trend.groups.find(({ runs }) => runs.some(({ run }) => run === stored.run));
  expect(good?.rows[0]?.values).toContain(stored.messages.latencyMs?.p99);
});

test.each([
  [["/nowhere"], {}, /there is no run in/],
  [[], {}, /there is no run to take/],
  [files, { measures: ["p12"] }, /no run has a measure "p12"/],
])("%j: refused", async (paths, options, message) => {
  await expect(trendRuns(paths as string[], options)).rejects.toThrow(message as RegExp);
});

test("what is no summary is refused with its place", async () => {
  const file = join(folder, "other.json");
  writeFileSync(file, JSON.stringify({ schema: 1, run: "x" }));
  await expect(trendRuns([file])).rejects.toThrow(/other\.json is not a summary .*: name/);
  writeFileSync(file, "{");
  await expect(trendRuns([file])).rejects.toThrow(/it is no JSON/);
});
