/**
 * `onrush report`: shows the results of a run, made again from its directory. Called by program.ts. Invariant: what the disk
 * refuses is said after what was asked for is shown.
 */
import { Command, Option } from "commander";
import { writeWhole } from "../../../shared/log.ts";
import type { OutputKind } from "../../../shared/scenario/output.ts";
import type { ReportOutput } from "../../launch/outputs.ts";
import type { CliContext, Finish } from "../context.ts";
import { addFileOutOption, parseKind } from "../options/out-option.ts";
import { addResultOptions, type ResultOptions } from "../options/result-options.ts";

interface ReportOptions extends ResultOptions {
  readonly out?: readonly ReportOutput[];
  readonly format?: OutputKind;
}

const EXAMPLES = `
Examples:
  onrush report runs/<id> --summary full
  onrush report runs/<id> --out pdf,junit=reports/junit.xml
  onrush report runs/<id> --out png
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
  { out = [], format, ...options }: ReportOptions,
  context: CliContext,
): Promise<number> {
  const { stdout, stderr, errStyle } = context;
  const { remakeResults } = await import("../../launch/remake.ts");
  const { rebuilt, refusal } = await remakeResults(directory, out);
  const { summary, notes, model } = rebuilt;
  for (const note of notes) stderr.write(`${errStyle.yellow("note:")} ${note}\n`);
  if (format === undefined) {
    const { showSummary } = await import("../result.ts");
    const { writtenFiles } = await import("../written.ts");
    showSummary(model, options, context, writtenFiles(directory, out, context));
  } else {
    const { render } = await import("../../report/outputs.ts");
    writeWhole(stdout, await render(format, model));
  }
  if (refusal !== null) throw refusal;
  return summary.exitCode;
}
