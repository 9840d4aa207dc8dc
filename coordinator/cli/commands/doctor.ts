/**
 * `onrush doctor`: what this machine, a bus and a target are fit for, before there is a run. Called by program.ts.
 * Invariant: exit code 98 when something was found that would stop a run, with the command that mends it.
 */
import { Command } from "commander";
import { ExitCode } from "../../../shared/errors.ts";
import type { StrictScenario } from "../../../shared/scenario/strict.ts";
import { systemTimers } from "../../../shared/time/timer.ts";
import { isTargetUrl } from "../../launch/scenario/bare-url.ts";
import type { CliContext, Finish } from "../context.ts";
import { addScenarioOptions, type ScenarioOptions } from "../options/scenario-options.ts";
import {
  allowedTargets,
  allowTargetOption,
  insecureNoKeyOption,
  keySource,
  parseConnections,
} from "../options/values.ts";

interface DoctorOptions extends ScenarioOptions {
  readonly connections?: number;
  readonly bus?: string;
  readonly insecureNoKey?: boolean;
  readonly allowTarget?: readonly string[];
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  onrush doctor                             this machine
  onrush doctor ws://127.0.0.1:9001/        … and a connection to this target
  onrush doctor -c 50000                    … and whether so many fit
  onrush doctor scenario.yaml -e TOKEN=abc  … for a scenario, with its headers
  onrush doctor --bus redis://broker:6379   … and a cluster's bus and workers

A target is opened once by a probe process, pinged and closed.
Exit code 98: something would stop a run.`;

export function doctorCommand(context: CliContext, finish: Finish): Command {
  const command = new Command("doctor")
    .description("check limits, ports, memory, clock, bus and target; say what to do")
    .argument("[target]", "URL (ws://… or wss://…) or scenario file to try")
    .option(
      "-c, --connections <N>",
      "would so many fit? (default: the scenario's)",
      parseConnections,
    )
    .option("--bus <URL>", "look at this bus and its workers: redis://… or nats://…")
    .addOption(insecureNoKeyOption())
    .addOption(allowTargetOption())
    .option("--json", "the findings as JSON")
    .addHelpText("after", EXAMPLES);
  return addScenarioOptions(command).action(
    async (target: string | undefined, options: DoctorOptions) =>
      finish(await doctor(target, options, context)),
  );
}

/** @returns the exit code */
async function doctor(
  target: string | undefined,
  options: DoctorOptions,
  context: CliContext,
): Promise<number> {
  const { config, clock, stdout, outStyle } = context;
  const { readTarget } = await import("../scenario.ts");
  const parsed = target === undefined ? null : await readTarget(target, {}, options, context);
  if (target !== undefined && parsed === null) return ExitCode.invalidScenario;
  const scenario = parsed?.scenario ?? null;
  const { examine } = await import("../../doctor/doctor.ts");
  const diagnosis = await examine({
    scenario,
    connections: options.connections ?? (await peakOf(target, scenario)),
    bus: options.bus === undefined ? null : { url: options.bus, key: keySource(options, config) },
    allowTargets: allowedTargets(config, options),
    runsFolder: "runs",
    env: config.env,
    clock,
    timers: systemTimers,
  });
  const { doctorText } = await import("../terminal/doctor-text.ts");
  const isJson = options.json === true;
  stdout.write(
    isJson ? `${JSON.stringify(diagnosis, null, 2)}\n` : doctorText(diagnosis, outStyle),
  );
  return diagnosis.fit ? ExitCode.passed : ExitCode.preflight;
}

/** What a file plans; a URL plans nothing. */
async function peakOf(
  target: string | undefined,
  scenario: StrictScenario | null,
): Promise<number | null> {
  if (scenario === null || target === undefined || isTargetUrl(target)) return null;
  const { buildPopulation } = await import("../../../shared/load/arrivals.ts");
  return buildPopulation(scenario).peakPlanned;
}
