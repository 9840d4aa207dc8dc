/**
 * How a command hands out the result of a run. Called by `run` and `report`. Invariant: with --json stdout
 * holds summary.json and nothing else.
 */
import type { Facts } from "../report/outline/section.ts";
import type { Summary } from "../report/summary-schema.ts";
import type { CliContext } from "./context.ts";
import type { ResultOptions } from "./options/result-options.ts";
import { escapeForTerminal } from "./terminal/escape.ts";
import { summaryText } from "./terminal/report-text.ts";
import { LABEL } from "./terminal/table.ts";
import { wrapLine } from "./terminal/wrap.ts";

const MAX_LINE = 2000;
/** Narrower than this, breaking lines helps nobody. */
const MIN_COLUMNS = 40;

/** A line under the result: its label, and the text. */
export type Labelled = readonly [label: string, text: string];

/** @param facts the report; of a run elsewhere its summary. @param more lines at the end: where the report is */
export function showSummary(
  facts: Facts,
  options: ResultOptions,
  context: CliContext,
  more: readonly Labelled[] = [],
): void {
  const { stdout, outStyle } = context;
  const { summary } = facts;
  if (options.json === true) {
    stdout.write(`${JSON.stringify(summary, null, 2)}\n`);
    return;
  }
  if (options.summary === "none") return;
  const look = { style: outStyle, columns: stdout.columns };
  const text = summaryText(facts, options.summary, look);
  const rows = [...adviceOf(summary), ...more].map(
    ([label, line]) => `  ${label.padEnd(LABEL)}${escapeForTerminal(line, MAX_LINE)}`,
  );
  const gap = options.summary === "full" && rows.length > 0 ? "\n" : "";
  const last = rows.flatMap((line) => fitted(line, stdout)).map((line) => `${line}\n`);
  stdout.write(`${text}${gap}${last.join("")}`);
}

/** What to do next about a result that cannot be trusted; the evidence is in the report. */
function adviceOf({ verdict, findings }: Summary): Labelled[] {
  if (verdict !== "invalid") return [];
  const [first] = findings.filter(({ locus }) => locus === "generator");
  return first?.nextProbe ? [["fix", first.nextProbe]] : [];
}

/** Within the columns of a terminal; a pipe gets lines as they are. */
function fitted(line: string, { columns }: NodeJS.WriteStream): string[] {
  if (columns === undefined || columns < MIN_COLUMNS) return [line];
  return wrapLine(line, columns, LABEL + 2);
}
