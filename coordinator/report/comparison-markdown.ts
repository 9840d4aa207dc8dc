/**
 * A comparison as markdown for a comment on a pull request: verdict first, then why, then the table; the rest is folded.
 * Called by `onrush compare --markdown`. Pure. Invariants: text from scenarios and run directories is inert (no link, no
 * mention, no HTML, no table cell of its own); it fits a comment.
 */
import { escapeControls } from "../../shared/scenario/issue.ts";
import type {
  CompareOutcome,
  Comparison,
  Difference,
  RefusedComparison,
} from "../analysis/compare/comparison.ts";
import {
  COMPARISON_HEAD,
  comparisonRows,
  curveTable,
  decisiveRows,
  sideText,
  tallyText,
} from "./comparison-rows.ts";

const MARK = {
  REGRESSED: "❌",
  IMPROVED: "✅",
  SAME: "✅",
  INCONCLUSIVE: "⚠️",
  REFUSED: "⛔",
} as const;
const OUTCOME = { passed: "✅", failed: "❌", inconclusive: "⚠️" } as const;
const MAX_TEXT = 300;
const MAX_DIFFERENCES = 20;

export function comparisonMarkdown(outcome: CompareOutcome): string {
  const lines = outcome.verdict === "REFUSED" ? refusedLines(outcome) : comparedLines(outcome);
  return `${lines.join("\n")}\n`;
}

function refusedLines(outcome: RefusedComparison): string[] {
  return [
    `### ${MARK.REFUSED} Not compared: the runs differ in what a comparison takes for granted`,
    "",
    ...sideLines(outcome),
    "",
    ...differenceTable(outcome.differences),
  ];
}

function comparedLines(outcome: Comparison): string[] {
  const { verdict, method, comparedSeconds } = outcome;
  return [
    `### ${MARK[verdict]} ${verdict}`,
    "",
    ...sideLines(outcome),
    "",
    ...bullets([tallyText(outcome)]),
    ...bullets(decisiveRows(outcome, "REGRESSED").map((text) => `regressed: ${text}`)),
    ...bullets(
      outcome.rules.map(
        ({ rule, outcome: came, reason }) =>
          `${OUTCOME[came]} ${code(rule)} ${came}: ${plain(reason)}`,
      ),
    ),
    "",
    ...table(
      COMPARISON_HEAD,
      comparisonRows(outcome).map(({ cells }) => cells),
      1,
    ),
    "",
    ...folded("Percentiles", curveLines(outcome)),
    ...folded("Method and caveats", [
      ...bullets([
        `${plain(method.text)} ${comparedSeconds} s compared.`,
        ...outcome.caveats.map(plain),
      ]),
      "",
      ...(outcome.despite.length > 0
        ? ["Let through:", "", ...differenceTable(outcome.despite)]
        : []),
    ]),
  ];
}

function sideLines({ a, b }: CompareOutcome): string[] {
  return [`Baseline ${code(sideText(a))}, candidate ${code(sideText(b))}.`];
}

function curveLines(outcome: Comparison): string[] {
  const curve = curveTable(outcome);
  if (!curve) return ["Nothing was timed."];
  return table([`${curve.metric}`, "baseline", "candidate", "change"], curve.rows, 1);
}

function differenceTable(differences: readonly Difference[]): string[] {
  const rows = differences
    .slice(0, MAX_DIFFERENCES)
    .map(({ kind, what, a, b }) => [kind, code(what), codeOrNone(a), codeOrNone(b)]);
  return rawTable(["kind", "what", "baseline", "candidate"], rows, 4);
}

function folded(title: string, content: readonly string[]): string[] {
  return ["<details><summary>", title, "</summary>", "", ...content, "", "</details>"];
}

function bullets(texts: readonly string[]): string[] {
  return texts.map((text) => `- ${text}`);
}

function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  textColumns: number,
): string[] {
  return rawTable(
    head,
    rows.map((cells) => cells.map(plain)),
    textColumns,
  );
}

/** @param rows cells that are markdown already */
function rawTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  textColumns: number,
): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const rule = head.map((_, at) => (at < textColumns ? ":--" : "--:"));
  return [line(head), line(rule), ...rows.map(line)];
}

/** Text that means itself: every character markdown or HTML might take for its own is escaped. */
function plain(text: string): string {
  return escapeControls(cut(text))
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replace(/[\\`*_{}[\]#|~]/g, "\\$&");
}

/** As code, where mentions and references do nothing. */
function code(text: string): string {
  return `\`${escapeControls(cut(text)).replaceAll("`", "'").replaceAll("|", "\\|")}\``;
}

function codeOrNone(text: string): string {
  return text === "" ? "" : code(text);
}

function cut(text: string): string {
  return text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT - 1)}…`;
}
