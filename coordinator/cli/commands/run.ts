/**
 * `onrush run`: its options and help. Called by program.ts; run-action.ts does the work, and is loaded only then. Invariant:
 * a value that is not of its form is wrong usage, before anything is read.
 */
import { Command, Option } from "commander";
import type { CliContext, Finish } from "../context.ts";
import { addBareUrlOptions } from "../options/bare-url-options.ts";
import { addRuleOptions } from "../options/compare-options.ts";
import { addOutOption } from "../options/out-option.ts";
import { addResultOptions } from "../options/result-options.ts";
import { addScenarioOptions } from "../options/scenario-options.ts";
import {
  allowCommandOption,
  allowTargetOption,
  busLossOption,
  insecureNoKeyOption,
  parseWorkers,
  workerLossOption,
} from "../options/values.ts";
import { addWaitOption } from "../options/wait-option.ts";
import type { RunOptions } from "./run-action.ts";

const EXAMPLES = `
Examples:
  onrush run scenario.yaml
  onrush run scenario.yaml -e TOKEN=abc --set load.0.to=500 --seed 7
  onrush run scenario.yaml --out md,junit=reports/junit.xml
  onrush run scenario.yaml --allow-target chat.example --json > summary.json
  onrush run scenario.yaml --out prometheus=:9464
  onrush run scenario.yaml --out otlp=http://collector:4318
  onrush run scenario.yaml --out json=summary.json --run-dir runs/nightly
  onrush run scenario.yaml --baseline runs/before --fail-on 'p99>5%'
  onrush run scenario.yaml --wait-for-target 30s
  onrush run scenario.yaml --auto-probe
  onrush run scenario.yaml --dry-run
  onrush run scenario.yaml --bus redis://broker:6379 --workers 4
  onrush run ws://127.0.0.1:9001/ -c 1000 -d 30s --rate 2/s --size 256`;

export function runCommand(context: CliContext, finish: Finish): Command {
  const command = new Command("run")
    .description("run a scenario, on this machine or on the workers of a bus")
    .argument(
      "<scenario>",
      "scenario file (YAML or JSON), - for standard input, or a URL: ws://… or wss://…",
    )
    .option(
      "--workers <N>",
      "worker processes, or auto; with --bus: how many to wait for",
      parseWorkers,
      "auto" as const,
    )
    .option("--bus <URL>", "run it on the workers of this bus: redis://… or nats://…")
    .addOption(insecureNoKeyOption())
    .addOption(allowTargetOption())
    .addOption(allowCommandOption())
    .addOption(workerLossOption())
    .addOption(busLossOption())
    .option("--run-dir <DIR>", "where the run is written (default: runs/<id>)")
    .option("--baseline <DIR...>", "compare it with these runs when it is over")
    .option(
      "--auto-probe",
      "when its first cause is not certain: one more run, 2 minutes at most, to tell it from others",
    )
    .option("--quiet", "no progress on stderr")
    .addOption(new Option("--dry-run", "show the plan and start nothing").conflicts("json"))
    .addHelpText("after", EXAMPLES);
  const withRules = addRuleOptions(addScenarioOptions(addBareUrlOptions(command)));
  return addResultOptions(addWaitOption(addOutOption(withRules))).action(
    async (file: string, options: RunOptions) => {
      const { run } = await import("./run-action.ts");
      finish(await run(file, options, context));
    },
  );
}
