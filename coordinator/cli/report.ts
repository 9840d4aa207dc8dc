/**
 * `onrush report`: makes the results of a run again from its directory, also when its process was killed.
 * Called by program.ts. Invariant: what is printed and what is written come from the journal alone; a run that
 * another process is still writing is looked at, and its own files are left as they are.
 */
import { existsSync } from "node:fs";
import { Command, Option } from "commander";
import { OnrushError } from "../../shared/errors.ts";
import type { OutputKind } from "../../shared/scenario/output.ts";
import type { FileOutput } from "../../shared/scenario/strict.ts";
import { render } from "../report/outputs.ts";
import { type RebuiltRun, rebuildRun } from "../report/rebuild.ts";
import { intoDirectory, writeOutputs, writeResults } from "../report/results.ts";
import { lockHolder } from "../store/lock.ts";
import { removeLeftovers, runPath } from "../store/run-directory.ts";
import type { CliContext } from "./context.ts";
import { addFileOutOption, parseKind } from "./outputs.ts";
import type { Finish } from "./program.ts";
import { addResultOptions, type ResultOptions, showSummary } from "./result.ts";
import { writtenFiles } from "./written.ts";

interface ReportOptions extends ResultOptions {
  readonly out?: readonly FileOutput[];
  readonly format?: OutputKind;
}

const EXAMPLES = `
Examples:
  onrush report runs/<id> --summary full
  onrush report runs/<id> --out pdf,junit=reports/junit.xml
  onrush report runs/<id> --format md >> "$GITHUB_STEP_SUMMARY"`;

export function reportCommand(context: CliContext, finish: Finish): Command {
  const command = new Command("report")
    .description("rebuild the results of a run from its directory, show or write them")
    .argument("<run-dir>", "run directory, e.g. runs/<id>")
    .addHelpText("after", EXAMPLES);
  return addResultOptions(addFileOutOption(command))
    .addOption(
      new Option("--format <FORMAT>", "print the report in this format and nothing else")
        .argParser(parseKind)
        .conflicts(["json", "summary"]),
    )
    .action(async (directory: string, options: ReportOptions) =>
      finish(await report(directory, options, context)),
    );
}

/** @returns the exit code of the run */
async function report(
  directory: string,
  options: ReportOptions,
  context: CliContext,
): Promise<number> {
  if (!existsSync(runPath.journal(directory))) throw noRun(directory);
  const { summary, notes, fold, model } = await rebuildRun(directory);
  // What the disk refuses is said after what was asked for is shown.
  const refusal = await writeAll(directory, options.out ?? [], { fold, model }).catch(
    (error: unknown) => {
      if (!(error instanceof OnrushError)) throw error;
      return error;
    },
  );
  for (const note of notes) context.stderr.write(`${context.errStyle.yellow("note:")} ${note}\n`);
  if (options.format === undefined) {
    showSummary(summary, options, context, writtenFiles(directory, options.out ?? [], context));
  } else context.stdout.write(await render(options.format, model));
  if (refusal !== undefined) throw refusal;
  return summary.exitCode;
}

/** @throws OnrushError ONRUSH_RUN_DIRECTORY, ONRUSH_PDF_UNAVAILABLE */
async function writeAll(
  directory: string,
  outputs: readonly FileOutput[],
  { fold, model }: Pick<RebuiltRun, "fold" | "model">,
): Promise<void> {
  const held = (await lockHolder(directory)) !== null;
  const write = intoDirectory(directory);
  if (!held) {
    await removeLeftovers(directory);
    await writeResults(write, fold, model);
  }
  await writeOutputs(write, outputs, model);
}

function noRun(directory: string): OnrushError {
  return new OnrushError({
    code: "ONRUSH_RUN_DIRECTORY",
    message: `there is no run in ${directory}: it has no journal`,
    remedy: "give the directory of a run, e.g. runs/<id>",
  });
}
