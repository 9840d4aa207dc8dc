/**
 * Goal: the markdown of a comparison says what the comparison says, is a table GitHub draws, and hostile names in it are
 * inert. Method: comparisons of simulated runs, and a refused one with text that wants to be more than text.
 */
import { describe, expect, test } from "vitest";
import type {
  CompareOutcome,
  Comparison,
} from "../../../coordinator/analysis/compare/comparison.ts";
import { type FailRule, parseFailRule } from "../../../coordinator/analysis/compare/fail-rule.ts";
import { compareSamples } from "../../../coordinator/analysis/compare.ts";
import { reportMarkdown } from "../../../coordinator/report/formats/markdown.ts";
import { comparisonReport } from "../../../coordinator/report/outline/comparison.ts";
import { simulatedRun } from "../analysis/compare/simulated-run.ts";

const HOSTILE = "<script>alert(1)</script> | `x` @team [a](http://b) \u001b[31m\u202e\n# h";

const comparisonMarkdown = (outcome: CompareOutcome) =>
  reportMarkdown([{ id: "comparison", title: "Comparison", blocks: comparisonReport(outcome) }]);

function slower(name = "simulated"): Comparison {
  const side = (which: number) =>
    [0, 1, 2, 3].map((at) => ({
      ...simulatedRun({
        ...{ seed: 3, run: 2 * at + which, seconds: 60, perSecond: 50, runSpread: 0.01 },
        ...{ calm: true, slower: which === 1 ? 1.5 : 1 },
      }),
      ...{ name, run: `${name}-${2 * at + which}` },
    }));
  const rules = [parseFailRule("p99>5%") as FailRule];
  return compareSamples({ a: side(0), b: side(1) }, { rules, strict: false, seed: 1, despite: [] });
}

/** Cells of a line as GitHub splits it. */
const cellsOf = (line: string) => line.split(/(?<!\\)\|/).length - 2;

describe("a comparison", () => {
  test("verdict, rule and one row for each measure", () => {
    const comparison = slower();
    const text = comparisonMarkdown(comparison);
    expect(text).toMatch(/^## ❌ Regressed: `baseline /);
    expect(text).toContain("❌ `p99>5%`  failed: the change lies between +");
    for (const { measure, verdict } of comparison.rows) {
      expect(text).toMatch(new RegExp(`\\| ${measure.replace(".", "\\.")} \\|.* \\| ${verdict}`));
    }
    expect(text).toContain("| p99 | ");
    expect(text).toContain("Hodges-Lehmann");
    expect(text.length).toBeLessThan(10_000);
  });

  test("every table has as many cells in each line as in its head", () => {
    const lines = comparisonMarkdown(slower(HOSTILE)).split("\n");
    let cells = 0;
    for (const [at, line] of lines.entries()) {
      if (!line.startsWith("|")) continue;
      if (!lines[at - 1]?.startsWith("|")) cells = cellsOf(line);
      expect(cellsOf(line), line).toBe(cells);
    }
    expect(cells).toBeGreaterThan(0);
  });

  test("names that want to be more are only text", () => {
    expectInert(comparisonMarkdown(slower(HOSTILE)));
  });
});

test("a refusal names each difference; its values are only text", () => {
  const runs = [{ run: HOSTILE, name: HOSTILE }];
  const differences = [{ kind: "target" as const, what: HOSTILE, a: HOSTILE, b: "x".repeat(5000) }];
  const refused = {
    schema: 1,
    verdict: "REFUSED",
    failed: true,
    a: runs,
    b: runs,
    differences,
  } as const;
  const text = comparisonMarkdown(refused);
  expect(text).toMatch(/^## ❌ Not compared/);
  expect(text).toContain("| target |");
  expectInert(text);
  expect(text.length).toBeLessThan(3000);
});

/** Outside of code nothing of it is left that markdown or HTML would act on. */
function expectInert(text: string): void {
  for (const character of text) expect(character >= " " || character === "\n").toBe(true);
  expect(text).not.toContain("\u202e");
  const outside = text.replace(/(?<![`\\])(`+)(?!`).*?(?<!`)\1(?!`)/g, "");
  expect(outside).not.toMatch(/<script|@team|\[a\]\(|^# h/m);
}
