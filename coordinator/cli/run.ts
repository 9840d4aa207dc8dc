/**
 * `onrush run`: one run, on this machine or on a cluster, from the scenario file to the exit code. Called by program.ts.
 * scenario -> target policy -> plan and sizes -> cluster -> run -> summary. Invariant: until the scenario
 * was found valid and its targets permitted, nothing is started and nothing is written.
 */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { Command, Option } from "commander";
import { ExitCode, OnrushError } from "../../shared/errors.ts";
import { createLog } from "../../shared/log.ts";
import { checkTargets } from "../../shared/net/target-policy.ts";
import { maskSecrets } from "../../shared/scenario/mask/mask.ts";
import type { StrictOutput, StrictScenario } from "../../shared/scenario/strict.ts";
import type { BaselineRequest, RunOutcome } from "../active-run/request.ts";
import type { RunControl } from "../live/view.ts";
import type { RunPolicies } from "../plan/plan.ts";
import { countOf, formatSeconds } from "../report/format.ts";
import { checkPdf } from "../report/pdf/pdf.ts";
import { checkBaseline } from "../run/baseline.ts";
import { makeRunId } from "../store/run-id.ts";
import { addBareUrlOptions, isTargetUrl, refuseBareUrlOptions, scenarioOfUrl } from "./bare-url.ts";
import { addRuleOptions, compareRulesOf, type RuleOptions } from "./compare-options.ts";
import { type BusPlace, onBus, onThisMachine, type Request } from "./conduct.ts";
import type { CliContext } from "./context.ts";
import { listenForInterrupts } from "./interrupt.ts";
import { type LocalPlan, planLocally } from "./local-plan.ts";
import {
  allowedTargets,
  busLossOption,
  clusterKeys,
  collectHost,
  insecureNoKeyOption,
  parseWorkers,
  policiesOf,
  workerLossOption,
} from "./options.ts";
import { addOutOption } from "./outputs.ts";
import { showPlan } from "./plan.ts";
import { checkPorts } from "./port-check.ts";
import type { Finish } from "./program.ts";
import { openPushing, type Pushing } from "./push.ts";
import { type RerunOptions, rerunCommand } from "./rerun.ts";
import { addResultOptions, type ResultOptions, showSummary } from "./result.ts";
import { eventNotes } from "./run-notes.ts";
import {
  addScenarioOptions,
  checkScenario,
  readScenario,
  type ValidScenario,
} from "./scenario-file.ts";
import { openScraping, type Scraping } from "./scrape.ts";
import { describeError } from "./terminal/error-text.ts";
import { openProgress, type Progress } from "./terminal/progress.ts";
import { addWaitOption, type WaitOptions, waitForTarget } from "./wait-for-target.ts";
import { writtenFiles } from "./written.ts";

interface RunOptions extends RerunOptions, ResultOptions, RuleOptions, WaitOptions {
  readonly baseline?: readonly string[];
  readonly runDir?: string;
  readonly out?: readonly StrictOutput[];
  readonly quiet?: boolean;
  readonly dryRun?: boolean;
  readonly insecureNoKey?: boolean;
}

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
    .option(
      "--allow-target <HOST>",
      "permit a target that is not this machine (repeatable)",
      collectHost,
    )
    .addOption(workerLossOption())
    .addOption(busLossOption())
    .option("--run-dir <DIR>", "where the run is written (default: runs/<id>)")
    .option("--baseline <DIR...>", "compare it with these runs when it is over")
    .option("--quiet", "no progress on stderr")
    .addOption(new Option("--dry-run", "show the plan and start nothing").conflicts("json"))
    .addHelpText("after", EXAMPLES);
  const withRules = addRuleOptions(addScenarioOptions(addBareUrlOptions(command)));
  return addResultOptions(addWaitOption(addOutOption(withRules))).action(
    async (file: string, options: RunOptions) => finish(await run(file, options, context)),
  );
}

/** A scenario file, or what a bare URL and its options stand for. */
async function scenarioOf(
  file: string,
  options: RunOptions,
  context: CliContext,
): Promise<ValidScenario | null> {
  if (isTargetUrl(file)) {
    const content = scenarioOfUrl(file, options);
    return checkScenario({ fileName: "command-line.yaml", content }, options, context);
  }
  refuseBareUrlOptions(options);
  return readScenario(file, options, context);
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

/** @returns the exit code */
async function run(file: string, options: RunOptions, context: CliContext): Promise<number> {
  const parsed = await scenarioOf(file, options, context);
  if (parsed === null) return ExitCode.invalidScenario;
  if (options.printScenario === true) {
    context.stdout.write(parsed.source);
    return ExitCode.passed;
  }
  const { scenario } = parsed;
  const allowTargets = allowedTargets(context.config, options);
  checkTargets(scenario.targets, allowTargets);
  const runId = makeRunId(context.clock.wallMs(), scenario.name, randomBytes(3).toString("hex"));
  const planned = { run: runId, scenario, allowTargets, workers: options.workers };
  if (options.dryRun === true) {
    await showPlan(planned, context);
    return ExitCode.passed;
  }
  const baseline = baselineOf(options);
  if (baseline !== null) await checkBaseline(scenario, baseline);
  const outputs = options.out ?? [];
  await checkPdf([...scenario.outputs, ...outputs]);
  const local = planLocally(planned);
  const place = placeOf(options, context);
  if (options.bus === undefined) await checkPorts(local, scenario);
  await waitForTarget({ scenario, allowTargets }, options, context);
  const cluster = { place, workers: options.workers };
  const outcome = await execute(
    {
      outputs,
      command: rerunCommand(file, options, scenario.secrets),
      runId,
      scenario,
      allowTargets,
      local,
      cluster,
      policies: policiesOf(options),
      baseline,
      runDirectory: options.runDir ?? join("runs", runId),
      source: { fileName: file, text: maskSecrets(parsed.source, scenario.secrets) },
    },
    options,
    context,
  );
  hand(outcome, [...scenario.outputs, ...outputs], { options, context });
  return outcome.exitCode;
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
    showSummary(summary, options, context, [
      ...writtenFiles(runDirectory, outputs, context),
      ["next", `onrush report ${runDirectory} --summary full`],
    ]);
  }
}

/** Where the run takes place; null: on this machine. @throws OnrushError ONRUSH_USAGE for a bus without a key */
function placeOf(options: RunOptions, { config, stderr }: CliContext): BusPlace | null {
  const log = createLog("coordinator", "warn", (line) => stderr.write(line));
  const { bus: url } = options;
  return url === undefined ? null : { url, keys: clusterKeys(options, config, log) };
}

interface Execution {
  readonly runId: string;
  readonly scenario: StrictScenario;
  readonly allowTargets: readonly string[];
  readonly local: LocalPlan;
  readonly cluster: { readonly place: BusPlace | null; readonly workers: number | "auto" };
  readonly policies: RunPolicies;
  readonly outputs: readonly StrictOutput[];
  readonly command: readonly string[];
  readonly baseline: BaselineRequest | null;
  readonly runDirectory: string;
  readonly source: { readonly fileName: string; readonly text: string };
}

async function execute(
  execution: Execution,
  options: RunOptions,
  context: CliContext,
): Promise<RunOutcome> {
  const { clock, stderr, errStyle, live } = context;
  const outputs = [...execution.scenario.outputs, ...execution.outputs];
  const mode = options.quiet === true ? "off" : live ? "live" : "plain";
  const progress = openProgress({ stream: stderr, mode, style: errStyle, clock });
  const pushing = await openPushing(outputs, clock, (line) => progress.note(line));
  const scraping = await openScraping(outputs);
  const interrupts = listenForInterrupts({
    source: process,
    clock,
    say: (line) => progress.note(line),
    exit: (code) => process.exit(code),
  });
  progress.note(openingLine(execution));
  for (const url of scraping.urls) progress.note(`metrics on ${url}`);
  for (const url of pushing.urls) progress.note(`metrics to ${url}`);
  try {
    const people = { progress, control: interrupts.control, scraping, pushing };
    const request = requestOf(execution, context, people);
    const place = { context, write: (line: string) => progress.note(line.trimEnd()) };
    const { place: bus, workers } = execution.cluster;
    if (bus === null) return await onThisMachine(request, execution.local, place);
    const workersExpected = workers === "auto" ? 1 : workers;
    return await onBus(request, { ...bus, workersExpected }, place);
  } finally {
    progress.close();
    interrupts.close();
    await scraping.close();
    for (const line of await pushing.finish()) stderr.write(`${line}\n`);
  }
}

interface People {
  readonly progress: Progress;
  readonly control: RunControl;
  readonly scraping: Scraping;
  readonly pushing: Pushing;
}

function requestOf(
  { local: _, cluster: __, baseline, ...execution }: Execution,
  { clock }: CliContext,
  { progress, control, scraping, pushing }: People,
): Request {
  return {
    ...execution,
    ...(baseline && { baseline }),
    clock,
    control,
    onView: (view) => progress.show(view),
    onMeasurable: (read) => {
      scraping.tell(read);
      pushing.tell(read);
    },
    onEvent: eventNotes(progress),
  };
}

function openingLine({ runId, scenario, local, cluster, runDirectory }: Execution): string {
  const { population, sizing } = local;
  const isSearch = scenario.phases.some(({ ramp }) => ramp === "find-limit");
  const most = isSearch ? "at most " : "";
  const load = `${most}${countOf(population.peakPlanned, "connection")} at the peak, ${formatSeconds(population.profile.durationUs / 1e6)}`;
  if (cluster.place !== null)
    return `run ${runId}: ${load}, on the workers of the bus, results in ${runDirectory}`;
  const machine = `${countOf(sizing.workers, "worker")} with ${countOf(sizing.enginesPerWorker, "engine")} each`;
  return `run ${runId}: ${load}, ${machine}, results in ${runDirectory}`;
}
