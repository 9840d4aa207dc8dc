/**
 * What `onrush run` does: reads the scenario, has it launched, shows progress on stderr and the result on stdout. Called by
 * run.ts. Invariant: signals, streams and the environment are dealt with here and nowhere below.
 */

import { ExitCode, OnrushError } from "../../../shared/errors.ts";
import { checkTargets } from "../../../shared/net/target-policy.ts";
import { destinationsOf } from "../../../shared/scenario/destinations.ts";
import type { StrictOutput } from "../../../shared/scenario/strict.ts";
import type { BaselineRequest, RunOutcome } from "../../active-run/request.ts";
import { probeAfter } from "../../launch/auto-probe.ts";
import {
  carryOut,
  type LaunchRequest,
  openRunMetrics,
  type PreparedRun,
  prepareRun,
} from "../../launch/launch.ts";
import { isTargetUrl } from "../../launch/scenario/bare-url.ts";
import { countOf, formatSeconds } from "../../report/text/format.ts";
import type { CliContext } from "../context.ts";
import { listenForInterrupts } from "../interrupt.ts";
import { refuseBareUrlOptions } from "../options/bare-url-options.ts";
import type { RuleOptions } from "../options/compare-options.ts";
import { compareRulesOf } from "../options/compare-options.ts";
import type { ResultOptions } from "../options/result-options.ts";
import { allowedTargets, keySource, policiesOf } from "../options/values.ts";
import type { WaitOptions } from "../options/wait-option.ts";
import type { RerunOptions } from "../rerun.ts";
import { rerunCommand } from "../rerun.ts";
import { showSummary } from "../result.ts";
import { eventNotes } from "../run-notes.ts";
import { readTarget } from "../scenario.ts";
import { showPlan } from "../show-plan.ts";
import { describeError } from "../terminal/error-text.ts";
import { openProgress } from "../terminal/progress.ts";
import { writtenFiles } from "../written.ts";

export interface RunOptions extends RerunOptions, ResultOptions, RuleOptions, WaitOptions {
  readonly baseline?: readonly string[];
  readonly runDir?: string;
  readonly out?: readonly StrictOutput[];
  readonly quiet?: boolean;
  readonly dryRun?: boolean;
  readonly autoProbe?: boolean;
  readonly insecureNoKey?: boolean;
}

/** @returns the exit code */
export async function run(file: string, options: RunOptions, context: CliContext): Promise<number> {
  if (!isTargetUrl(file)) refuseBareUrlOptions(options);
  const parsed = await readTarget(file, options, options, context);
  context.checker.rest();
  if (parsed === null) return ExitCode.invalidScenario;
  if (options.printScenario === true) {
    context.stdout.write(parsed.source);
    return ExitCode.passed;
  }
  const { scenario, source } = parsed;
  const allowTargets = allowedTargets(context.config, options);
  if (options.dryRun === true) {
    checkTargets(destinationsOf(scenario), allowTargets);
    await showPlan({ run: "plan", scenario, allowTargets, workers: options.workers }, context);
    return ExitCode.passed;
  }
  const outputs = options.out ?? [];
  const { bus: url, runDir: runDirectory, waitForTarget: waitSeconds } = options;
  const request: LaunchRequest = {
    scenario,
    source: { fileName: file, text: source },
    command: rerunCommand(file, options, scenario.secrets),
    outputs,
    allowTargets,
    allowCommands: options.allowCommand ?? [],
    workers: options.workers,
    bus: url === undefined ? null : { url, key: keySource(options, context.config) },
    policies: policiesOf(options),
    baseline: baselineOf(options),
    runDirectory,
    waitSeconds,
  };
  const outcome = await executeAll(request, options, context);
  hand(outcome, [...scenario.outputs, ...outputs], { options, context });
  return outcome.exitCode;
}

/** @throws OnrushError ONRUSH_USAGE for rules without a baseline */
function baselineOf(options: RunOptions): BaselineRequest | null {
  const rules = compareRulesOf(options);
  if (options.baseline !== undefined) return { runs: options.baseline, ...rules };
  if (rules.rules.length === 0 && !rules.failInconclusive && rules.despite.size === 0) return null;
  throw new OnrushError({
    code: "ONRUSH_USAGE",
    message: "--fail-on, --fail-inconclusive and --despite say how to compare, and with nothing",
    remedy: "give --baseline <run-dir> too",
  });
}

/** The run, and a probe run behind it where that is wanted and tells something. */
async function executeAll(
  request: LaunchRequest,
  options: RunOptions,
  context: CliContext,
): Promise<RunOutcome> {
  const outcome = await execute(request, options, context);
  if (options.autoProbe !== true) return outcome;
  return probeAfter(outcome, request, {
    clock: context.clock,
    say: (line) => options.quiet !== true && context.stderr.write(`${line}\n`),
    launch: (probe) => execute(probe, options, context),
  });
}

/** With progress on stderr, and Ctrl-C as a request to the run. */
async function execute(
  request: LaunchRequest,
  options: RunOptions,
  { clock, config, stderr, errStyle, live }: CliContext,
): Promise<RunOutcome> {
  const { env } = config;
  const say = (line: string) => stderr.write(`${line}\n`);
  const prepared = await prepareRun(request, { clock, env, say });
  const mode = options.quiet === true ? "off" : live ? "live" : "plain";
  const progress = await openProgress({ stream: stderr, mode, style: errStyle, clock });
  const note = (line: string) => progress.note(line);
  const metrics = await openRunMetrics(prepared, { clock, env, say: note });
  const exit = (code: number) => process.exit(code);
  const interrupts = listenForInterrupts({ source: process, clock, say: note, exit });
  note(openingLine(prepared));
  for (const url of metrics.scraped) note(`metrics on ${url}`);
  for (const url of metrics.pushed) note(`metrics to ${url}`);
  try {
    const observer = {
      control: interrupts.control,
      note,
      onView: progress.show,
      onEvent: eventNotes(progress),
    };
    return await carryOut(prepared, observer, { clock, env, metrics });
  } finally {
    progress.close();
    interrupts.close();
    for (const line of await metrics.close()) say(line);
  }
}

function openingLine({ request, runId, local, bus, runDirectory }: PreparedRun): string {
  const { population, sizing } = local;
  const isSearch = request.scenario.phases.some(({ ramp }) => ramp === "find-limit");
  const most = isSearch ? "at most " : "";
  const load = `${most}${countOf(population.peakPlanned, "connection")} at the peak, ${formatSeconds(population.profile.durationUs / 1e6)}`;
  if (bus !== null)
    return `run ${runId}: ${load}, on the workers of the bus, results in ${runDirectory}`;
  const each = sizing.workers === 1 ? "" : " each";
  const machine = `${countOf(sizing.workers, "worker")} with ${countOf(sizing.enginesPerWorker, "engine")}${each}`;
  return `run ${runId}: ${load}, ${machine}, results in ${runDirectory}`;
}

/** Says what went wrong, if anything did, and hands out the result. */
function hand(
  { problem, summary, runDirectory }: RunOutcome,
  outputs: readonly StrictOutput[],
  { options, context }: { readonly options: RunOptions; readonly context: CliContext },
): void {
  const { stderr, errStyle, config } = context;
  if (problem !== null) stderr.write(describeError(problem, errStyle, config.debug).text);
  // Of a run that never began there is nothing more to say than why.
  const neverBegan = problem !== null && summary.startedAt === null && options.json !== true;
  if (neverBegan)
    stderr.write(`the run did not start; what there is of it is in ${runDirectory}\n`);
  else {
    showSummary({ summary }, options, context, [
      ...writtenFiles(runDirectory, outputs, context),
      ["next", `onrush report ${runDirectory} --summary full`],
    ]);
  }
}
