/**
 * Goal: whatever a target, a scenario or a machine says of itself is shown as text and does nothing, in every format.
 * Method: a run in which every such text is hostile, rendered in each; what must not survive is looked for in the raw
 * output. The page itself is opened in a browser by test/integration/report-page.test.ts.
 */
import { parse as parseCsv } from "csv-parse/sync";
import { parse as parseJunit } from "junit2json";
import { describe, expect, test } from "vitest";
import { summaryText } from "../../../coordinator/cli/terminal/report-text.ts";
import { makeStyle } from "../../../coordinator/cli/terminal/style.ts";
import { buildReportModel } from "../../../coordinator/report/model/model.ts";
import { renderText, type TextKind } from "../../../coordinator/report/outputs.ts";
import { outlineDocument } from "../../../coordinator/report/pdf/plain-pdf.ts";
import { everywhere, troubledRun } from "./sample-runs.ts";

const HOSTILE = {
  script: "</title></script><script>alert(1)</script><img src=x onerror=alert(2)>",
  attribute: `" onmouseover="alert(1)" x='`,
  style: "</style><style>*{display:none}</style>",
  ansi: "\u001b[2J\u001b]0;owned\u0007\u009b31m\r\n\u0008",
  formula: "=cmd|' /c calc'!A1",
  bidirectional: "safe\u202egnp.exe\u2066\u200f\u061c",
  markdown:
    "](javascript:alert(1)) ![x](https://evil.example/p.png) **b** `c` <b> | x |\n# h\n- @everyone #1",
  xml: "]]><evil/><!-- \u0000\ufffe &amp; &lt;",
  megabyte: "m".repeat(1_000_000),
} as const;

/** Characters that move a cursor, hide or reorder text. */
const HIDDEN = /(?!\n)[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffe]/gu;
/** As numbers, because a failure prints them. */
function hiddenIn(text: string): number[] {
  return [...text.matchAll(HIDDEN)].map(([char]) => char.codePointAt(0) ?? 0).slice(0, 5);
}

/** Our own code is indented with tabs. */
function withoutCode(html: string): string {
  return html.replace(/<style>.*?<\/style>|<script>.*?<\/script>/gs, "");
}

const KINDS: readonly TextKind[] = ["html", "md", "csv", "junit"];

function modelOf(text: string) {
  return buildReportModel(troubledRun(everywhere(text)), {
    scenarioText: text.slice(0, 60_000),
    notes: [text],
  });
}

describe.each(Object.entries(HOSTILE))("%s", (kind, text) => {
  const model = modelOf(text);

  test.each(KINDS)("nothing hidden is left in %s, and its size is bounded", (format) => {
    const rendered = renderText(format, model);
    expect(hiddenIn(withoutCode(rendered))).toEqual([]);
    expect(rendered.length).toBeLessThan(300_000);
  });

  test("in the terminal", () => {
    const shown = summaryText(model, "full", { style: makeStyle(false) });
    expect(hiddenIn(shown)).toEqual([]);
    expect(shown.length).toBeLessThan(40_000);
  });

  test("in HTML it adds no element and no attribute", () => {
    const tags = (html: string) =>
      [...html.matchAll(/<[a-zA-Z!/][^>]*>/g)].map(([tag]) => tag.replace(/="[^"]*"/g, '=""'));
    const count = (html: string) => {
      const counts: Record<string, number> = {};
      for (const tag of tags(withoutCode(html))) counts[tag] = (counts[tag] ?? 0) + 1;
      return counts;
    };
    const plain = count(renderText("html", modelOf("harmless")));
    expect(count(renderText("html", model))).toEqual(plain);
  });

  test("in CSV every field is one field, and none starts a formula", () => {
    const rows = parseCsv(renderText("csv", model)) as string[][];
    expect(new Set(rows.map(({ length }) => length))).toEqual(new Set([7]));
    for (const field of rows.flat()) expect(field).not.toMatch(/^\s*[=+@]|^\s*-\D/);
  });

  test("in JUnit it is text of the test cases that were there anyway", async () => {
    const cases = async (xml: string) => {
      const suites = await parseJunit(xml);
      if (!suites || !("testsuite" in suites)) throw new Error("no test suites were read");
      return (suites.testsuite ?? []).map(({ testcase }) => testcase?.length);
    };
    const plain = await cases(renderText("junit", modelOf("harmless")));
    expect(await cases(renderText("junit", model))).toEqual(plain);
  });

  test("in Markdown it is never outside a code span or an escape", () => {
    const rendered = renderText("md", model);
    const lines = rendered.split("\n");
    const open = lines
      .filter((line) => !line.startsWith("<details>") && !line.startsWith("</details>"))
      .map((line) => outsideCode(line));
    for (const line of open) {
      expect(line).not.toMatch(/(?<!\\)<[a-zA-Z/!]/);
      expect(line).not.toMatch(/(?<!\\)\]\(|https?:|@everyone/);
    }
    // Tables keep their shape: every row as many cells as its head.
    for (const [at, line] of lines.entries()) {
      if (!/^\|( -+:? \|| -+ \|)+/.test(line)) continue;
      const width = cellsOf(lines[at - 1] ?? "");
      for (let row = at; lines[row]?.startsWith("|"); row++)
        expect(cellsOf(lines[row] ?? "")).toBe(width);
    }
    if (kind === "markdown") expect(rendered).not.toContain("\n# h");
  });

  test("in the PDF without a browser it is text of a node", () => {
    const document = outlineDocument(model);
    expect(JSON.stringify(document)).not.toMatch(/\\u00[019]|\u202e|\u2066/);
    const keys = new Set<string>();
    JSON.stringify(document, (key, value: unknown) => {
      if (!/^\d*$/.test(key)) keys.add(key);
      return value;
    });
    for (const key of ["image", "svg", "link", "attachments", "qr"])
      expect(keys).not.toContain(key);
  });
});

function cellsOf(row: string): number {
  return row.replaceAll("\\|", "").split("|").length;
}

/** What is left of a line when code spans, each closed by as many backticks as opened it, are gone. */
function outsideCode(line: string): string {
  return line.replace(/(?<![`\\])(`+)(?!`).*?(?<!`)\1(?!`)/g, "");
}
