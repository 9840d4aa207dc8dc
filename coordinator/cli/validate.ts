/**
 * `onrush validate`: says of each file whether it is a scenario, and if not, everything that is wrong.
 * Called by program.ts. Invariant: all files are looked at, whatever is wrong with the first.
 */
import { Command } from "commander";
import { ExitCode, OnrushError } from "../../shared/errors.ts";
import { buildPopulation } from "../../shared/load/arrivals.ts";
import { refuseEmptyPlan } from "../plan/empty-plan.ts";
import { countOf, formatSeconds } from "../report/format.ts";
import type { CliContext } from "./context.ts";
import type { Finish } from "./program.ts";
import { addScenarioOptions, readScenario, type ScenarioOptions } from "./scenario-file.ts";
import { STANDARD_INPUT, STANDARD_INPUT_NAME } from "./standard-input.ts";
import { describeError } from "./terminal/error-text.ts";

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
    const parsed = await readScenario(file, options, context);
    if (parsed === null) return false;
    const population = buildPopulation(parsed.scenario);
    refuseEmptyPlan(parsed.scenario, population);
    const { peakPlanned, profile } = population;
    const size = `${countOf(peakPlanned, "connection")} at the peak, ${formatSeconds(profile.durationUs / 1e6)}`;
    const name = file === STANDARD_INPUT ? STANDARD_INPUT_NAME : file;
    stdout.write(`${outStyle.green("✓")} ${name}: valid (${size})\n`);
    return true;
  } catch (error) {
    if (!(error instanceof OnrushError) || error.code === "ONRUSH_USAGE") throw error;
    stderr.write(describeError(error, errStyle, context.config.debug).text);
    return false;
  }
}
