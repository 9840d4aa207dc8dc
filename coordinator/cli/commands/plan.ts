/**
 * `onrush plan`: what a scenario would do and what it takes on this machine. Called by program.ts. Invariant:
 * nothing is started, opened or written.
 */
import { Command } from "commander";
import { ExitCode } from "../../../shared/errors.ts";
import type { CliContext, Finish } from "../context.ts";
import { addScenarioOptions, type ScenarioOptions } from "../options/scenario-options.ts";
import { parseWorkers } from "../options/values.ts";

interface PlanOptions extends ScenarioOptions {
  readonly workers: number | "auto";
}

const EXAMPLES = `
Examples:
  onrush plan scenario.yaml
  onrush plan scenario.yaml --set load.0.to=50000 --workers 4
  onrush run ws://127.0.0.1:9001/ -c 20000 --dry-run     the same for a URL

Starts nothing. Exit code 98: it does not fit on this machine.`;

export function planCommand(context: CliContext, finish: Finish): Command {
  const command = new Command("plan")
    .description("show the load curve, the phases and what they take on this machine")
    .argument("<scenario>", "scenario file, or - for standard input")
    .option("--workers <N>", "worker processes, or auto", parseWorkers, "auto" as const)
    .addHelpText("after", EXAMPLES);
  return addScenarioOptions(command).action(async (file: string, options: PlanOptions) => {
    const { readScenario } = await import("../scenario.ts");
    const parsed = await readScenario(file, options, context);
    if (parsed === null) return finish(ExitCode.invalidScenario);
    const { showPlan } = await import("../show-plan.ts");
    const { scenario } = parsed;
    await showPlan({ run: "plan", scenario, allowTargets: [], workers: options.workers }, context);
    finish(ExitCode.passed);
  });
}
