/**
 * Goal: every format says the same of a run, and says it the same tomorrow. Method: golden files of two small runs, one
 * in which much went wrong and one whose target let nobody in; the files are opened by readers that are not ours.
 * `npx vitest run --project fast test/unit/report -u` writes the golden files anew.
 */
import { parse as parseCsv } from "csv-parse/sync";
import { parse as parseJunit } from "junit2json";
import { describe, expect, test } from "vitest";
import type { RESULT_COLUMNS } from "../../../coordinator/report/formats/csv.ts";
import { MAX_MARKDOWN_CHARS } from "../../../coordinator/report/formats/markdown.ts";
import { buildReportModel } from "../../../coordinator/report/model/model.ts";
import { renderText, type TextKind } from "../../../coordinator/report/outputs.ts";
import type { Summary } from "../../../coordinator/report/summary-schema.ts";
import { goodRun } from "../merge/synthetic-run.ts";
import { everywhere, refusedRun, troubledRun } from "./sample-runs.ts";

const around = { scenarioText: "version: 1\nname: lobby chat\n", notes: [] };
const troubled = buildReportModel(troubledRun(), around);
const refused = buildReportModel(refusedRun(), around);

/** Style and script are held to in their own files; here they would only hide what changed. */
function withoutCode(html: string): string {
  return html
    .replace(/<style>.*?<\/style>/s, "<style></style>")
    .replace(/<script>.*?<\/script>/s, "<script></script>")
    .replace(/sha256-[\w+/=]+/g, "sha256-…");
}

const ENDING = { html: "html", json: "json", md: "md", csv: "csv", junit: "xml" } as const;

describe("golden files", () => {
  const kinds: readonly TextKind[] = ["html", "json", "md", "csv", "junit"];
  test.each(kinds)("%s of a run in which much went wrong", async (kind) => {
    const text = withoutCode(renderText(kind, troubled));
    await expect(text).toMatchFileSnapshot(`golden/troubled.${ENDING[kind]}`);
  });
  test.each(kinds)("%s of a run nobody got into", async (kind) => {
    const text = withoutCode(renderText(kind, refused));
    await expect(text).toMatchFileSnapshot(`golden/refused.${ENDING[kind]}`);
  });
});

type Records = Record<(typeof RESULT_COLUMNS)[number], string>[];

describe("results.csv", () => {
  const rows = (text: string) => parseCsv(text, { columns: true }) as Records;

  test("is tidy: one number a row, no two rows of one name", () => {
    const all = rows(renderText("csv", troubled));
    const keys = all.map(({ value: _, unit: __, ...key }) => JSON.stringify(key));
    expect(keys.filter((key, at) => keys.indexOf(key) !== at)).toEqual([]);
    for (const { value } of all) if (value !== "") expect(Number(value)).not.toBeNaN();
  });

  test("holds what summary.json holds", () => {
    const summary = JSON.parse(renderText("json", troubled)) as Summary;
    const all = rows(renderText("csv", troubled));
    const one = (wanted: Partial<Records[number]>) => {
      const found = all.filter((row) =>
        Object.entries(wanted).every(
          ([column, value]) => row[column as keyof typeof row] === value,
        ),
      );
      expect(found, JSON.stringify(wanted)).toHaveLength(1);
      return Number(found[0]?.value);
    };
    const run = { scope: "run", phase: "" };
    expect(one({ ...run, measure: "connections_failed" })).toBe(summary.connections.failed);
    expect(one({ ...run, measure: "messages_sent" })).toBe(summary.messages.sent);
    expect(one({ ...run, measure: "latency", statistic: "p99" })).toBe(
      summary.messages.latencyMs?.p99,
    );
    expect(
      one({
        scope: "message",
        phase: "steady",
        name: "say",
        measure: "latency",
        statistic: "count",
      }),
    ).toBe(8); // Of the two seconds in which nothing was amiss.
    expect(one({ scope: "failure", measure: "upgrade-status", statistic: "count" })).toBe(3);
    expect(one({ scope: "threshold", name: "latency p50 < 50ms", statistic: "passed" })).toBe(1);
  });
});

describe("junit.xml, read by junit2json", () => {
  test("a threshold is a test case; what did not hold is a failure with what was observed", async () => {
    const suites = await parseJunit(renderText("junit", troubled));
    if (!suites || !("testsuite" in suites)) throw new Error("no test suites were read");
    const cases = (suites.testsuite ?? []).flatMap(({ testcase }) => testcase ?? []);
    const failed = cases.filter(({ failure }) => failure !== undefined);
    expect(suites).toMatchObject({ tests: cases.length, failures: failed.length });
    const ofThresholds = cases.filter(({ classname }) => !/validity|verdict/.test(classname ?? ""));
    expect(ofThresholds.map(({ name }) => name)).toEqual([
      "latency p99 < 10ms",
      "latency p50 < 50ms",
      "connect failed < 1%",
    ]);
    expect(ofThresholds.map(({ failure }) => failure !== undefined)).toEqual([true, false, true]);
    expect(ofThresholds[0]?.failure?.[0]?.message).toContain("observed 20.0 ms");
    expect(failed.map(({ name }) => name)).toContain("the run came to a verdict");
  });

  test("a run that passed has no failure, and one without thresholds has test cases", async () => {
    const suites = await parseJunit(renderText("junit", buildReportModel(goodRun(), around)));
    if (!suites || !("testsuite" in suites)) throw new Error("no test suites were read");
    expect(suites).toMatchObject({ failures: 0, errors: 0 });
    expect(suites.tests).toBeGreaterThan(5);
  });
});

describe("report.md", () => {
  test("fits a comment, whatever the run is called and however much failed", () => {
    const fold = troubledRun(everywhere("`|<x>\u202e".repeat(5000)));
    const model = buildReportModel(fold, { ...around, notes: Array(1000).fill("x".repeat(5000)) });
    const text = renderText("md", {
      ...model,
      summary: {
        ...model.summary,
        warnings: Array(1000).fill("y_".repeat(5000)),
        thresholds: Array(500).fill(model.summary.thresholds[0]),
        failures: Array(500).fill(model.summary.failures[0]),
      },
    });
    expect(text.length).toBeLessThanOrEqual(MAX_MARKDOWN_CHARS);
    expect(text).toMatch(/and \d+ more/);
  });
});
