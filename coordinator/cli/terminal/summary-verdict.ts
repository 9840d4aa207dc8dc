/**
 * The head of the summary text: the verdict with its reasons, and what a reader must not miss. Called by summary-text.ts.
 * Invariant: the first line says it all to who reads no further; no line depends on colour.
 */
import { formatSeconds } from "../../report/format.ts";
import type { Summary } from "../../report/summary-schema.ts";
import { didNotStart, hasRegressed, verdictReasons } from "../../report/verdict-text.ts";
import { escapeForTerminal } from "./escape.ts";
import type { Style } from "./style.ts";
import { block, row } from "./table.ts";

export type SummaryDetail = "compact" | "full";

const COMPACT_WARNINGS = 2;

export function verdictLines(summary: Summary, detail: SummaryDetail, style: Style): string[] {
  const where = `${escapeForTerminal(summary.name)}, ${formatSeconds(summary.durationSeconds)}, run ${summary.run}`;
  const lines = [`${headline(summary, style)}  ${where} (exit code ${summary.exitCode})`];
  const reasons = verdictReasons(summary).map((reason) => escapeForTerminal(reason, 600));
  if (detail === "full") lines.push(...block("because", reasons));
  else if (reasons.length > 0) lines.push(row("because", oneAndMore(reasons)));
  return lines;
}

function headline(summary: Summary, style: Style): string {
  if (didNotStart(summary)) return style.bold(style.red("✗ DID NOT START"));
  switch (summary.verdict) {
    case "pass":
      return hasRegressed(summary)
        ? style.bold(style.yellow("✓ PASSED, but regressed against its baseline"))
        : style.bold(style.green("✓ PASSED"));
    case "fail":
      return style.bold(style.red("✗ FAILED"));
    case "invalid":
      return style.bold(style.red("✗ INVALID, the result cannot be trusted"));
    case "interrupted":
      return style.bold(style.yellow("■ INTERRUPTED"));
    case "stopped":
      return style.bold(style.yellow("■ STOPPED"));
  }
}

/** The run got little of what it wanted. */
export function warningLines(summary: Summary, detail: SummaryDetail, style: Style): string[] {
  const { warnings } = summary;
  const shown = detail === "full" ? warnings : warnings.slice(0, COMPACT_WARNINGS);
  const texts = shown.map((text) => style.yellow(`! ${escapeForTerminal(text, 300)}`));
  const more = warnings.length - shown.length;
  if (more > 0) texts.push(`… and ${more} more`);
  return block("warning", texts);
}

function oneAndMore(texts: readonly string[]): string {
  return texts.length <= 1 ? texts.join("") : `${texts[0]} (and ${texts.length - 1} more)`;
}
