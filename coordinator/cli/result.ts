/**
 * How a command hands out the result of a run. Called by `run` and `report`. Invariant: with --json stdout
 * holds summary.json and nothing else.
 */
import { type Command, Option } from "commander";
import type { Summary } from "../report/summary-schema.ts";
import type { CliContext } from "./context.ts";
import { summaryText } from "./terminal/summary-text.ts";
import { LABEL } from "./terminal/table.ts";

export interface ResultOptions {
  readonly json?: boolean;
  readonly summary: "compact" | "full" | "none";
}

export function addResultOptions(command: Command): Command {
  return command
    .addOption(new Option("--json", "print summary.json and nothing else on stdout"))
    .addOption(
      new Option("--summary <DETAIL>", "how much of the result is printed")
        .choices(["compact", "full", "none"])
        .default("compact"),
    );
}

/** @param next the command that shows more, for a line at the end; "" for none */
export function showSummary(
  summary: Summary,
  options: ResultOptions,
  context: CliContext,
  next = "",
): void {
  if (options.json === true) {
    context.stdout.write(`${JSON.stringify(summary, null, 2)}\n`);
    return;
  }
  if (options.summary === "none") return;
  context.stdout.write(summaryText(summary, options.summary, context.outStyle));
  if (next !== "") context.stdout.write(`  ${"next".padEnd(LABEL)}${next}\n`);
}
