/**
 * How a command hands out the result of a run. Called by `run` and `report`. Invariant: with --json stdout
 * holds summary.json and nothing else.
 */
import { writeWhole } from "../../shared/log.ts";
import { facts, prose } from "../report/outline/block.ts";
import type { Facts } from "../report/outline/section.ts";
import type { CliContext } from "./context.ts";
import type { ResultOptions } from "./options/result-options.ts";
import { blocksText, summaryText } from "./terminal/report-text.ts";

const MAX_LINE = 2000;

/** A line under the result: its label, and the text. */
export type Labelled = readonly [label: string, text: string];

/** @param report the report; of a run elsewhere its summary. @param more lines at the end: where the report is */
export function showSummary(
  report: Facts,
  options: ResultOptions,
  context: CliContext,
  more: readonly Labelled[] = [],
): void {
  const { stdout, outStyle } = context;
  const { summary } = report;
  if (options.json === true) {
    writeWhole(stdout, `${JSON.stringify(summary, null, 2)}\n`);
    return;
  }
  if (options.summary === "none") return;
  const look = { style: outStyle, columns: stdout.columns };
  const text = summaryText(report, options.summary, look);
  const rows = more.map(([label, line]) => ({ label, text: prose(line, MAX_LINE) }));
  const gap = options.summary === "full" && rows.length > 0 ? "\n" : "";
  const last = rows.length === 0 ? "" : blocksText([facts(...rows)], look);
  stdout.write(`${text}${gap}${last}`);
}
