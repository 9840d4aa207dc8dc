/** `onrush explain`: prints a scenario with every default filled in, as a scenario file. Called by program.ts. */
import { Command } from "commander";
import { ExitCode } from "../../../shared/errors.ts";
import { writeWhole } from "../../../shared/log.ts";
import type { CliContext, Finish } from "../context.ts";
import { addScenarioOptions, type ScenarioOptions } from "../options/scenario-options.ts";

export function explainCommand(context: CliContext, finish: Finish): Command {
  const command = new Command("explain")
    .description("print a scenario with every default filled in, as a scenario")
    .argument("<scenario>", "scenario file, or - for standard input")
    .addHelpText(
      "after",
      "\nExample:\n  onrush explain scenario.yaml --set load.0.to=500 > full.yaml",
    );
  return addScenarioOptions(command).action(async (file: string, options: ScenarioOptions) => {
    const { readScenario } = await import("../scenario.ts");
    const parsed = await readScenario(file, options, context);
    if (parsed === null) return finish(ExitCode.invalidScenario);
    const { explain } = await import("../../launch/scenario/explain.ts");
    writeWhole(context.stdout, explain(parsed));
    finish(ExitCode.passed);
  });
}
