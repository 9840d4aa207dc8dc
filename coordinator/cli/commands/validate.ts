/**
 * `onrush validate`: says of each file whether it is a scenario, and if not, everything that is wrong.
 * Called by program.ts. Invariant: all files are looked at, whatever is wrong with the first.
 */
import { Command } from "commander";
import { ExitCode, OnrushError } from "../../../shared/errors.ts";
import type { CliContext, Finish } from "../context.ts";
import { addScenarioOptions, type ScenarioOptions } from "../options/scenario-options.ts";

export function validateCommand(context: CliContext, finish: Finish): Command {
  const command = new Command("validate")
    .description("check scenario files: every problem with its line and column")
    .argument("<files...>", "scenario files; - is standard input")
    .addHelpText("after", "\nExample:\n  onrush validate examples/*.yaml");
  return addScenarioOptions(command).action(async (files: string[], options: ScenarioOptions) => {
    let valid = true;
    for (const file of files) valid = (await validate(file, options, context)) && valid;
    finish(valid ? ExitCode.passed : ExitCode.invalidScenario);
  });
}

async function validate(
  file: string,
  options: ScenarioOptions,
  context: CliContext,
): Promise<boolean> {
  const { outStyle, errStyle, stdout, stderr } = context;
  try {
    const { readScenario } = await import("../scenario.ts");
    const checked = await readScenario(file, { ...options, withSize: true }, context);
    if (!checked?.size) return false;
    const { countOf, formatSeconds } = await import("../../report/text/format.ts");
    const { peakConnections, durationSeconds, blindSpots } = checked.size;
    const size = `${countOf(peakConnections, "connection")} at the peak, ${formatSeconds(durationSeconds)}`;
    const { STANDARD_INPUT, STANDARD_INPUT_NAME } = await import(
      "../../launch/scenario/standard-input.ts"
    );
    const name = file === STANDARD_INPUT ? STANDARD_INPUT_NAME : file;
    stdout.write(`${outStyle.green("✓")} ${name}: valid (${size})\n`);
    for (const { what, remedy } of blindSpots) {
      stdout.write(`  ${outStyle.yellow("note:")} ${what} (${remedy})\n`);
    }
    return true;
  } catch (error) {
    if (!(error instanceof OnrushError) || error.code === "ONRUSH_USAGE") throw error;
    const { describeError } = await import("../terminal/error-text.ts");
    stderr.write(describeError(error, errStyle, context.config.debug).text);
    return false;
  }
}
