/**
 * Goal: a report of a run that was held against a baseline shows what came of it, in the page and in markdown, and hostile
 * names in it are inert; any other report has no such section. Method: a small run with a comparison of simulated ones.
 */
import { describe, expect, test } from "vitest";
import type { CompareOutcome } from "../../../coordinator/analysis/compare/comparison.ts";
import { type FailRule, parseFailRule } from "../../../coordinator/analysis/compare/fail-rule.ts";
import { compareSamples } from "../../../coordinator/analysis/compare.ts";
import { buildReportModel, type ReportModel } from "../../../coordinator/report/model/model.ts";
import { renderText } from "../../../coordinator/report/outputs.ts";
import { simulatedRun } from "../analysis/compare/simulated-run.ts";
import { goodRun } from "../merge/synthetic-run.ts";

const HOSTILE = "<script>alert(1)</script> @team [a](http://b) \u001b[31m\u202e";
const TITLE = "Against the baseline";

function modelWith(baseline: CompareOutcome | null): ReportModel {
  const model = buildReportModel(goodRun(), { scenarioText: null, notes: [] });
  return { ...model, summary: { ...model.summary, baseline: baseline && { ...baseline } } };
}

function slower(): CompareOutcome {
  const side = (which: number) => [
    simulatedRun({
      ...{ seed: 3, run: which, seconds: 240, perSecond: 50, runSpread: 0.01 },
      ...{ calm: true, slower: which === 1 ? 2 : 1 },
    }),
  ];
  const rules = [parseFailRule("p99>5%") as FailRule];
  return compareSamples({ a: side(0), b: side(1) }, { rules, strict: false, seed: 1, despite: [] });
}

describe("a run held against a baseline", () => {
  test("shows verdict, rules, every measure and both curves", () => {
    const comparison = slower();
    if (comparison.verdict === "REFUSED") throw new Error("they can be compared");
    const model = modelWith(comparison);
    const [page, markdown] = [renderText("html", model), renderText("md", model)];
    for (const text of [page, markdown]) {
      expect(text).toContain(TITLE);
      expect(text).toContain(comparison.verdict);
      for (const { measure } of comparison.rows) expect(text).toContain(measure);
    }
    expect(page).toContain("Latency at every percentile, before and now");
    expect(page).toContain("p99&gt;5%</code>  failed: ");
    // The run's own, and both sides over one another.
    expect(page.match(/class="x curve"/g)).toHaveLength(2);
  });

  test("shows why it was refused, and nothing of that acts", () => {
    const runs = [{ run: HOSTILE, name: HOSTILE }];
    const differences = [{ kind: "plan" as const, what: HOSTILE, a: HOSTILE, b: HOSTILE }];
    const refused = { verdict: "REFUSED", failed: true, a: runs, b: runs, differences } as const;
    const model = modelWith({ schema: 1, ...refused });
    const [page, markdown] = [renderText("html", model), renderText("md", model)];
    for (const text of [page, markdown]) {
      expect(text).toContain("Not compared");
      for (const control of ["\u001b", "\u202e"]) expect(text).not.toContain(control);
    }
    expect(page).not.toContain("<script>alert");
    // In markdown it means nothing within code, and it is nowhere else.
    expect(markdown).toContain("alert(1)");
    expect(markdown.replaceAll(/`[^`\n]*`/g, "")).not.toMatch(/<script|@team|\[a\]\(/);
  });

  test("is the only one with such a section", () => {
    const model = modelWith(null);
    for (const kind of ["html", "md"] as const) {
      expect(renderText(kind, model)).not.toContain(TITLE);
    }
  });
});
