/**
 * `onrush plan`: what a scenario would do and what it takes on this machine. Called by program.ts. Invariant:
 * nothing is started, opened or written.
 */
import { Command } from "commander";
import { ExitCode } from "../../shared/errors.ts";
import type { CliContext } from "./context.ts";
import { planLocally } from "./local-plan.ts";
import { parseWorkers } from "./options.ts";
import type { Finish } from "./program.ts";
import { addScenarioOptions, readScenario, type ScenarioOptions } from "./scenario-file.ts";
import { planText } from "./terminal/plan-text.ts";

interface PlanOptions extends ScenarioOptions {
  readonly workers: number | "auto";
}

export function planCommand(context: CliContext, finish: Finish): Command {
  const command = new Command("plan")
    .description("show the load curve, the phases and what they take on this machine")
    .argument("<scenario>", "scenario file")
    .option("--workers <N>", "worker processes, or auto", parseWorkers, "auto" as const)
    .addHelpText("after", "\nExample:\n  onrush plan scenario.yaml --set load.0.to=50000");
  return addScenarioOptions(command).action((file: string, options: PlanOptions) => {
    const parsed = readScenario(file, options, context);
    if (parsed === null) return finish(ExitCode.invalidScenario);
    const { scenario } = parsed;
    const local = planLocally({
      run: "plan",
      scenario,
      allowTargets: [],
      workers: options.workers,
    });
    context.stdout.write(planText(scenario, local));
    finish(ExitCode.passed);
  });
}
