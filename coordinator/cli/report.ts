/**
 * `onrush report`: makes the results of a run again from its directory, also when its process was killed.
 * Called by program.ts. Invariant: what is printed and what is written come from the journal alone; a run that
 * another process is still writing is looked at and left as it is.
 */
import { existsSync } from "node:fs";
import { Command } from "commander";
import { OnrushError } from "../../shared/errors.ts";
import { rebuildRun } from "../report/rebuild.ts";
import { writeResults } from "../report/results.ts";
import { lockHolder } from "../store/lock.ts";
import { runPath } from "../store/run-directory.ts";
import type { CliContext } from "./context.ts";
import type { Finish } from "./program.ts";
import { addResultOptions, type ResultOptions, showSummary } from "./result.ts";

export function reportCommand(context: CliContext, finish: Finish): Command {
  const command = new Command("report")
    .description("rebuild the results of a run from its directory and show them")
    .argument("<run-dir>", "run directory, e.g. runs/<id>")
    .addHelpText("after", "\nExample:\n  onrush report runs/<id> --summary full");
  return addResultOptions(command).action(async (directory: string, options: ResultOptions) => {
    if (!existsSync(runPath.journal(directory))) throw noRun(directory);
    const { summary, notes, fold } = await rebuildRun(directory);
    if ((await lockHolder(directory)) === null) await writeResults(directory, fold, summary);
    for (const note of notes) context.stderr.write(`${context.errStyle.yellow("note:")} ${note}\n`);
    showSummary(summary, options, context);
    finish(summary.exitCode);
  });
}

function noRun(directory: string): OnrushError {
  return new OnrushError({
    code: "ONRUSH_RUN_DIRECTORY",
    message: `there is no run in ${directory}: it has no journal`,
    remedy: "give the directory of a run, e.g. runs/<id>",
  });
}
