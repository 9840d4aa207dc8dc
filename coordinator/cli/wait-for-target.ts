/**
 * `--wait-for-target`: before a run starts, waits until its targets let a connection in. Called by run.ts and submit.ts.
 * Each look is a probe process of the worker on this machine, with the scenario's own handshake; the coordinator opens no
 * socket. Invariant: bounded by the time that was given and one attempt; nothing has been started when it gives up.
 */
import { type Command, InvalidArgumentError } from "commander";
import { OnrushError } from "../../shared/errors.ts";
import type { StrictScenario } from "../../shared/scenario/strict.ts";
import { sleep, systemTimers } from "../../shared/time/timer.ts";
import { probeTargets } from "../doctor/probe-process.ts";
import { MAX_TARGETS, problemText } from "../doctor/target-check.ts";
import { formatSeconds } from "../report/format.ts";
import type { CliContext } from "./context.ts";
import { parseSeconds } from "./options.ts";
import { escapeForTerminal } from "./terminal/escape.ts";

const PAUSE_MS = 500;
const MOST_SECONDS = 3600;
const MAX_TEXT = 300;

export interface WaitOptions {
  /** Seconds. */
  readonly waitForTarget?: number;
}

export function addWaitOption(command: Command): Command {
  return command.option(
    "--wait-for-target <TIME>",
    "wait so long for the target to accept a connection, e.g. 30s; probed from this machine",
    parseWait,
  );
}

function parseWait(text: string): number {
  const seconds = parseSeconds(text);
  if (seconds > 0 && seconds <= MOST_SECONDS) return seconds;
  throw new InvalidArgumentError(`${text} is not from 1ms to ${MOST_SECONDS / 60}m.`);
}

export interface Awaited {
  readonly scenario: StrictScenario;
  readonly allowTargets: readonly string[];
}

/** Returns at once without the option. @throws OnrushError ONRUSH_TARGET_UNREACHABLE */
export async function waitForTarget(
  { scenario, allowTargets }: Awaited,
  { waitForTarget: seconds }: WaitOptions,
  { clock, config, stderr }: CliContext,
): Promise<void> {
  if (seconds === undefined) return;
  const sinceUs = clock.monotonicUs();
  const untilUs = sinceUs + seconds * 1_000_000;
  const request = { scenario, allowTargets, maxTargets: MAX_TARGETS };
  let said = "";
  for (;;) {
    const { targets } = await probeTargets(request, { env: config.env, timers: systemTimers });
    const closed = targets.find(({ problem }) => problem !== null);
    if (closed === undefined) break;
    const why = escapeForTerminal(`${closed.label}: ${problemText(closed)}`, MAX_TEXT);
    const isHopeless = closed.problem?.kind === "forbidden";
    if (isHopeless || clock.monotonicUs() > untilUs) throw notThere(why, seconds);
    if (why !== said) stderr.write(`waiting up to ${formatSeconds(seconds)} for ${why}\n`);
    said = why;
    await sleep(systemTimers, PAUSE_MS);
  }
  if (said === "") return;
  const tookSeconds = (clock.monotonicUs() - sinceUs) / 1_000_000;
  stderr.write(`the target accepts connections after ${formatSeconds(tookSeconds)}\n`);
}

function notThere(why: string, seconds: number): OnrushError {
  return new OnrushError({
    code: "ONRUSH_TARGET_UNREACHABLE",
    message: `the target accepted no connection within ${formatSeconds(seconds)}: ${why}`,
    remedy: "Start it, correct its address, or wait longer with --wait-for-target.",
  });
}
