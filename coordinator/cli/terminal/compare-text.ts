/**
 * A comparison as text: verdict first, then why, the rules, the table and the curves. Called by `compare`, and for the
 * baseline of a run. Pure. Invariant: names and values from run directories are escaped, every number has its unit.
 */
import Table from "cli-table3";
import type {
  CompareOutcome,
  Comparison,
  Difference,
  RefusedComparison,
} from "../../analysis/compare/comparison.ts";
import {
  COMPARISON_HEAD,
  comparisonRows,
  decisiveRows,
  sideText,
  tallyText,
} from "../../report/comparison-rows.ts";
import { formatSeconds } from "../../report/format.ts";
import { escapeForTerminal } from "./escape.ts";
import { percentileChart } from "./percentile-chart.ts";
import type { Style } from "./style.ts";
import { LABEL, PLAIN_TABLE } from "./table.ts";

const MAX_TEXT = 300;
/** Reasons in full; the others are in the table. */
const MAX_REASONS = 4;

export type CompareDetail = "compact" | "full";

/** @returns whole lines, with a newline at the end */
export function compareText(outcome: CompareOutcome, detail: CompareDetail, style: Style): string {
  const lines =
    outcome.verdict === "REFUSED"
      ? refusedLines(outcome, style)
      : [
          ...verdictLines(outcome, style),
          ...(detail === "full"
            ? [...tableLines(outcome, style), ...chartLines(outcome, style)]
            : []),
        ];
  return `${lines.join("\n")}\n`;
}

function block(label: string, texts: readonly string[]): string[] {
  return texts.map((text, at) => `  ${(at === 0 ? label : "").padEnd(LABEL)}${escaped(text)}`);
}

function escaped(text: string): string {
  return escapeForTerminal(text, MAX_TEXT);
}

function refusedLines(outcome: RefusedComparison, style: Style): string[] {
  return [
    `${style.bold(style.red("✗ NOT COMPARED"))}  ${sidesText(outcome)}`,
    ...block("because", outcome.differences.map(differenceText)),
    ...block("fix", [fixFor(outcome.differences)]),
  ];
}

function fixFor(differences: readonly Difference[]): string {
  const kinds = [...new Set(differences.map(({ kind }) => kind))];
  return `compare runs that have these in common, or let them through with --despite ${kinds.join(",")}`;
}

export function differenceText({ kind, what, a, b }: Difference): string {
  const values = [a && `baseline ${a}`, b && `candidate ${b}`].filter((text) => text !== "");
  return `${kind}: ${what}${values.length > 0 ? `: ${values.join(", ")}` : ""}`;
}

function sidesText({ a, b }: CompareOutcome): string {
  return `baseline ${escaped(sideText(a))}, candidate ${escaped(sideText(b))}`;
}

function verdictLines(outcome: Comparison, style: Style): string[] {
  const { verdict, method, comparedSeconds } = outcome;
  const reasons = verdict === "SAME" ? [] : decisiveRows(outcome, verdict);
  const more = reasons.length - MAX_REASONS;
  const shown = more > 0 ? [...reasons.slice(0, MAX_REASONS), `… and ${more} more`] : reasons;
  return [
    `${verdictWord(verdict, style)}  ${sidesText(outcome)}`,
    ...block("because", shown),
    ...block("measures", [tallyText(outcome)]),
    ...ruleLines(outcome, style),
    ...block("method", [`${method.text} ${formatSeconds(comparedSeconds)} compared.`]),
    ...block("let through", outcome.despite.map(differenceText)),
    ...block("note", outcome.caveats),
  ];
}

function verdictWord(verdict: Comparison["verdict"], style: Style): string {
  switch (verdict) {
    case "REGRESSED":
      return style.bold(style.red("✗ REGRESSED"));
    case "IMPROVED":
      return style.bold(style.green("✓ IMPROVED"));
    case "SAME":
      return style.bold(style.green("✓ SAME"));
    case "INCONCLUSIVE":
      return style.bold(style.yellow("? INCONCLUSIVE"));
  }
}

function ruleLines({ rules }: Comparison, style: Style): string[] {
  const marks = {
    passed: style.green("✓"),
    failed: style.red("✗"),
    inconclusive: style.yellow("?"),
  } as const;
  return rules.map(({ rule, outcome, reason }, at) => {
    const label = (at === 0 ? "fail-on" : "").padEnd(LABEL);
    return `  ${label}${marks[outcome]} ${escaped(rule)}  ${outcome}: ${escaped(reason)}`;
  });
}

function tableLines(outcome: Comparison, style: Style): string[] {
  const rows = comparisonRows(outcome);
  if (rows.length === 0) return ["", "  nothing was measured on either side"];
  const table = new Table({
    ...PLAIN_TABLE,
    head: [...COMPARISON_HEAD],
    colAligns: COMPARISON_HEAD.map((_, at) =>
      at === 0 || at === COMPARISON_HEAD.length - 1 ? "left" : "right",
    ),
  });
  for (const { verdict, cells } of rows) {
    const word = cells.at(-1) ?? "";
    table.push([...cells.slice(0, -1), painted(verdict, word, style)]);
  }
  return [
    "",
    ...table
      .toString()
      .split("\n")
      .map((line) => `  ${line.trimEnd()}`),
  ];
}

function painted(verdict: Comparison["verdict"], word: string, style: Style): string {
  if (verdict === "REGRESSED") return style.red(word);
  if (verdict === "IMPROVED") return style.green(word);
  return verdict === "INCONCLUSIVE" ? style.yellow(word) : word;
}

function chartLines({ curves }: Comparison, style: Style): string[] {
  const [curve] = curves;
  if (!curve) return [];
  const chart = percentileChart(curve.points, style);
  return chart.length === 0 ? [] : ["", `  ${curve.metric} by percentile`, ...chart];
}
