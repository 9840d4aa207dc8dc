/**
 * `onrush probe`: one connection of a scenario, with everything that happens on it. Called by program.ts.
 * Invariant: exit code 98 when no connection came about, 99 when something failed on it, 0 when nothing did.
 */
import { existsSync, writeFileSync } from "node:fs";
import { Command, InvalidArgumentError } from "commander";
import { onEndSignals } from "../../../shared/end-signals.ts";
import { ExitCode, OnrushError } from "../../../shared/errors.ts";
import { parseDuration } from "../../../shared/scenario/units.ts";
import type { TraceEvent } from "../../../shared/wire/trace.ts";
import type { CliContext, Finish } from "../context.ts";
import { addScenarioOptions, type ScenarioOptions } from "../options/scenario-options.ts";
import { allowedTargets, allowTargetOption, parseCount } from "../options/values.ts";

interface ProbeOptions extends ScenarioOptions {
  readonly count: number;
  readonly duration: number;
  readonly role?: string;
  readonly send?: readonly string[];
  readonly record?: string | true;
  readonly allowTarget?: readonly string[];
  readonly json?: boolean;
}

const DEFAULT_FILE = "recorded.yaml";
const DEFAULT_COUNT = 1000;
const DEFAULT_DURATION_US = 10_000_000;
const MAX_DURATION_US = 600_000_000;
/** Of what is recorded. */
const MAX_RECORDED = 2000;
const WIDE = 400;

const EXAMPLES = `
Examples:
  onrush probe scenario.yaml                 one connection, every message
  onrush probe scenario.yaml --role lurker   … of this kind of user
  onrush probe ws://127.0.0.1:9001/ -d 5s    what a service says by itself
  onrush probe ws://127.0.0.1:9001/ --send '{"type":"join","room":"a"}' \\
    --send '{"type":"say","id":1,"room":"a","text":"hi"}' --record chat.yaml
                                             … and a scenario to start from

→ was sent, ← came; ✓ what a message was, ? why it was not what was waited for.
Exit code 98: no connection came about; 99: something failed on it.`;

export function probeCommand(context: CliContext, finish: Finish): Command {
  const command = new Command("probe")
    .description("open one connection and print every message, what it matched and why not")
    .argument("<target>", "scenario file, or URL (ws://… or wss://…)")
    .option("--count <N>", "end after so many received messages (default: 1000)", parseCount)
    .option("-d, --duration <TIME>", "end after this time (default: 10s)", parseLength)
    .option("--role <NAME>", "kind of user, where the scenario has several (default: the first)")
    .option("--send <TEXT>", "send this text, too, once open (repeatable)", collectText)
    .option(
      "--record [FILE]",
      `write what was seen as a scenario to start from (default: ${DEFAULT_FILE})`,
    )
    .addOption(allowTargetOption())
    .option("--json", "one JSON object a line, for each event")
    .addHelpText("after", EXAMPLES);
  return addScenarioOptions(command).action(
    async (target: string, options: Partial<ProbeOptions>) =>
      finish(
        await probe(
          target,
          { count: DEFAULT_COUNT, duration: DEFAULT_DURATION_US, ...options },
          context,
        ),
      ),
  );
}

/** @returns the exit code */
async function probe(target: string, options: ProbeOptions, context: CliContext): Promise<number> {
  const file = options.record === true ? DEFAULT_FILE : options.record;
  if (file !== undefined) refuseToOverwrite(file);
  const { readTarget } = await import("../scenario.ts");
  const given = await readTarget(target, { rate: "0/s", connections: 1 }, options, context);
  if (given === null) return ExitCode.invalidScenario;
  const { probeScenario, roleNames } = await import("../../probe/probe-scenario.ts");
  const { role = null } = options;
  if (role !== null && !roleNames(given.scenario).includes(role)) {
    throw noSuchRole(role, roleNames(given.scenario));
  }
  const scenario = probeScenario(given.scenario, options.duration, role);
  const seen: TraceEvent[] = [];
  const show = await printer(options, context);
  const request = {
    ...{ scenario, most: options.count, say: options.send ?? [] },
    allowTargets: allowedTargets(context.config, options),
  };
  const end = await traced(request, context, (event) => {
    if (seen.length < MAX_RECORDED) seen.push(event);
    show(event);
  });
  if (end.problem !== "") context.stderr.write(`onrush probe: ${end.problem}\n`);
  if (file !== undefined && end.opened) {
    const { recordedScenario } = await import("../../probe/recorded.ts");
    writeFileSync(file, recordedScenario(given.scenario.targets[0]?.url ?? target, seen));
    context.stderr.write(`written: ${file}\n`);
  }
  if (!end.opened) return ExitCode.preflight;
  return end.failures === 0 ? ExitCode.passed : ExitCode.thresholdFailed;
}

async function traced(
  request: Parameters<typeof import("../../probe/trace-process.ts").follow>[0],
  { config, clock }: CliContext,
  onEvent: (event: TraceEvent) => void,
) {
  const { follow } = await import("../../probe/trace-process.ts");
  const stop = new AbortController();
  const giveBack = onEndSignals(
    (press) => {
      stop.abort("interrupted");
      if (press > 1) process.exit(ExitCode.aborted);
    },
    { source: process, clock },
  );
  try {
    return await follow(request, { env: config.env, onEvent, stop: stop.signal });
  } finally {
    giveBack();
  }
}

async function printer(
  { json }: ProbeOptions,
  { stdout, outStyle: style }: CliContext,
): Promise<(event: TraceEvent) => void> {
  if (json === true) return (event) => stdout.write(`${JSON.stringify(event)}\n`);
  const { probeText } = await import("../terminal/probe-text.ts");
  return (event) => {
    for (const line of probeText(event, { style, width: WIDE })) stdout.write(`${line}\n`);
  };
}

function refuseToOverwrite(file: string): void {
  if (!existsSync(file)) return;
  throw new OnrushError({
    code: "ONRUSH_USAGE",
    message: `${file} exists already`,
    remedy: "give --record another file, or move that one away",
  });
}

function noSuchRole(role: string, roles: readonly string[]): OnrushError {
  return new OnrushError({
    code: "ONRUSH_USAGE",
    message: `the scenario has no role "${role}"`,
    remedy:
      roles.length === 0 ? "leave --role out: it has no roles" : `choose: ${roles.join(", ")}`,
  });
}

function collectText(text: string, before: readonly string[] = []): string[] {
  return [...before, text];
}

/** @returns microseconds */
function parseLength(text: string): number {
  const parsed = parseDuration(text);
  if (!parsed.ok) throw new InvalidArgumentError(`${parsed.what}.`);
  if (parsed.value > 0 && parsed.value <= MAX_DURATION_US) return parsed.value;
  throw new InvalidArgumentError("more than 0s, and at most 10m.");
}
