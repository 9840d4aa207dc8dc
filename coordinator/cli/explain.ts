/**
 * `onrush explain`: the scenario as it is understood, every default filled in, as a scenario file. Called by program.ts.
 * Invariant: `validate` accepts what is printed, and it means the same; no secret is in it, for secrets, files and the
 * environment stay references.
 */
import { Command } from "commander";
import { stringify } from "yaml";
import { ExitCode } from "../../shared/errors.ts";
import { writtenForm } from "../../shared/scenario/written.ts";
import type { CliContext } from "./context.ts";
import type { Finish } from "./program.ts";
import {
  addScenarioOptions,
  readScenario,
  type ScenarioOptions,
  type ValidScenario,
} from "./scenario-file.ts";

const HEAD = "# Every default filled in. Files are named as before, relative to the scenario.\n";

export function explainCommand(context: CliContext, finish: Finish): Command {
  const command = new Command("explain")
    .description("print a scenario with every default filled in, as a scenario")
    .argument("<scenario>", "scenario file, or - for standard input")
    .addHelpText(
      "after",
      "\nExample:\n  onrush explain scenario.yaml --set load.0.to=500 > full.yaml",
    );
  return addScenarioOptions(command).action(async (file: string, options: ScenarioOptions) => {
    const parsed = await readScenario(file, options, context);
    if (parsed !== null) context.stdout.write(explain(parsed));
    finish(parsed === null ? ExitCode.invalidScenario : ExitCode.passed);
  });
}

/** The scenario as YAML text. */
export function explain({ scenario, given }: Pick<ValidScenario, "scenario" | "given">): string {
  const written = writtenForm(scenario, given);
  return HEAD + stringify(written, { lineWidth: 0, aliasDuplicateObjects: false });
}
