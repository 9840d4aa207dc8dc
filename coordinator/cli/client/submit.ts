/**
 * `onrush submit`: hands a scenario to a coordinator, with the variables and files it names. Called by program.ts.
 * Invariant: the scenario is checked here first; of this machine nothing goes out but what the scenario names.
 */
import { randomUUID } from "node:crypto";
import { basename } from "node:path";
import { Command } from "commander";
import { ExitCode, OnrushError } from "../../../shared/errors.ts";
import { splitTargetUrl } from "../../../shared/net/target-url.ts";
import type { StrictScenario } from "../../../shared/scenario/strict.ts";
import { MAX_SUBMISSION_BYTES } from "../../check/submission.ts";
import { STANDARD_INPUT, STANDARD_INPUT_NAME } from "../../launch/scenario/standard-input.ts";
import type { CliContext, Finish } from "../context.ts";
import { addResultOptions, type ResultOptions } from "../options/result-options.ts";
import {
  addScenarioOptions,
  overridesOf,
  type ScenarioOptions,
} from "../options/scenario-options.ts";
import { busLossOption, parseCount, policiesOf, workerLossOption } from "../options/values.ts";
import { addWaitOption, type WaitOptions } from "../options/wait-option.ts";
import type { ApiClient } from "./api-client.ts";
import { type ApiFlags, addApiOptions, clientOf } from "./api-options.ts";
import { watchRun } from "./watch.ts";

const ENVELOPE_TYPE = "application/vnd.onrush.submission+json";
/** `env.X`, `env["X"]`, and `env: X` with or without quotes, in YAML and JSON, where quotes may be escaped. */
const MENTIONED =
  /\benv(?:\s*\.\s*|\s*\[\s*\\?["']{1,2}|["']?\s*:\s*["']?)([A-Za-z_][A-Za-z0-9_]*)/g;

interface SubmitOptions extends ScenarioOptions, ResultOptions, ApiFlags, WaitOptions {
  readonly workers: number;
  readonly onWorkerLoss: "recover" | "shrink" | "fail";
  readonly onBusLoss: "fence" | "continue";
  readonly autoProbe?: boolean;
  readonly watch?: boolean;
  readonly quiet?: boolean;
}

const EXAMPLES = `
Examples:
  onrush submit scenario.yaml --coordinator http://127.0.0.1:7700
  onrush submit scenario.yaml -e TOKEN=abc --workers 4 --watch
  onrush submit scenario.yaml --auto-probe --watch`;

export function submitCommand(context: CliContext, finish: Finish): Command {
  const command = new Command("submit")
    .description("hand a scenario to a coordinator")
    .argument("<scenario>", "scenario file (YAML or JSON), or - for standard input")
    .option("--workers <N>", "workers that must be there before it starts", parseCount, 1)
    .option(
      "--auto-probe",
      "when its first cause is not certain: one more run, 2 minutes at most, to tell it from others",
    )
    .option("--watch", "follow it to its end; the exit code is the run's")
    .option("--quiet", "no progress on stderr")
    .addOption(workerLossOption())
    .addOption(busLossOption())
    .addHelpText("after", EXAMPLES);
  return addResultOptions(addWaitOption(addApiOptions(addScenarioOptions(command)))).action(
    async (file: string, options: SubmitOptions) => finish(await submit(file, options, context)),
  );
}

async function submit(file: string, options: SubmitOptions, context: CliContext): Promise<number> {
  const { readScenario } = await import("../scenario.ts");
  const parsed = await readScenario(file, { ...options, withFiles: true }, context);
  if (parsed === null) return ExitCode.invalidScenario;
  const files = [...parsed.files].map(([path, content]): [string, string] => [
    path,
    Buffer.from(content).toString("base64"),
  ]);
  const client = clientOf(options, context);
  const envelope = {
    scenario: parsed.source,
    fileName: file === STANDARD_INPUT ? STANDARD_INPUT_NAME : basename(file).slice(0, 300),
    env: mentioned(parsed.source, context.config.env),
    vars: options.env ?? {},
    set: overridesOf(options).set.map(([path, value]) => [path, value]),
    files: Object.fromEntries(files),
    workers: options.workers,
    // Coordinators of earlier builds know none of it, and refuse what they do not know.
    ...(options.autoProbe === true ? { autoProbe: true } : {}),
    ...policiesOf(options),
  };
  const text = JSON.stringify(envelope);
  if (Buffer.byteLength(text) > MAX_SUBMISSION_BYTES) throw tooLarge(text);
  if (options.waitForTarget !== undefined) {
    await waitFor(parsed.scenario, options.waitForTarget, context);
  }
  const id = await handOver(client, text);
  if (options.watch === true) {
    context.stderr.write(`run ${id}\n`);
    return watchRun(client, id, options, context);
  }
  context.stdout.write(`${id}\n`);
  return ExitCode.passed;
}

/** What may be put under load is the coordinator's to say; here nothing but a connection is tried, and closed. */
async function waitFor(
  scenario: StrictScenario,
  seconds: number,
  { clock, config, stderr }: CliContext,
): Promise<void> {
  const { waitForTarget } = await import("../../launch/wait-for-target.ts");
  const allowTargets = scenario.targets.map(({ url }) => splitTargetUrl(url).host);
  const say = (line: string) => stderr.write(`${line}\n`);
  await waitForTarget({ scenario, allowTargets, seconds }, { clock, env: config.env, say });
}

/**
 * A coordinator that breaks off may have taken the run on: it, or the next one, is asked again with the same key, and answers
 * with that run.
 * @returns the run's id
 */
async function handOver(client: ApiClient, text: string): Promise<string> {
  const body = { type: ENVELOPE_TYPE, text, key: randomUUID() };
  return (await client.call<{ id: string }>("POST", "/runs", body)).id;
}

function tooLarge(text: string): OnrushError {
  const megabytes = (bytes: number) => Math.ceil(bytes / 1024 ** 2);
  return new OnrushError({
    code: "ONRUSH_USAGE",
    message: `with its files the scenario takes ${megabytes(Buffer.byteLength(text))} MB to send; a coordinator takes ${megabytes(MAX_SUBMISSION_BYTES)} MB at most`,
    remedy: "Make its data files smaller.",
  });
}

/** The variables of the environment that the scenario names. */
function mentioned(source: string, env: Readonly<Record<string, string>>): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [, name = ""] of source.matchAll(MENTIONED)) {
    const value = env[name];
    if (value !== undefined) found[name] = value;
  }
  return found;
}
