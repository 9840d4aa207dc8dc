/**
 * Waits before a run until its targets accept a connection. Called by launch.ts and the submit command. Each attempt is a
 * probe process of the worker on this machine, with the scenario's own handshake; the coordinator opens no socket.
 * Invariant: bounded by the time that was given and one attempt; nothing has been started when it gives up.
 */
import { OnrushError } from "../../shared/errors.ts";
import { escapeControls } from "../../shared/scenario/issue.ts";
import type { StrictScenario } from "../../shared/scenario/strict.ts";
import type { Clock } from "../../shared/time/clock.ts";
import { sleep, systemTimers } from "../../shared/time/timer.ts";
import { probeTargets } from "../doctor/probe-process.ts";
import { MAX_TARGETS, problemText } from "../doctor/target-check.ts";
import { formatSeconds } from "../report/text/format.ts";

const PAUSE_MS = 500;
const MAX_TEXT = 300;

export interface Awaited {
  readonly scenario: StrictScenario;
  readonly allowTargets: readonly string[];
  readonly seconds: number;
}

export interface WaitContext {
  readonly clock: Clock;
  /** Environment of the probe. */
  readonly env: Readonly<Record<string, string>>;
  /** Takes a line, without its end, whenever there is another reason to wait, and when the wait is over. */
  readonly say: (line: string) => void;
  /** Ends the wait: nobody needs the target any more. */
  readonly signal?: AbortSignal | undefined;
}

/** @throws OnrushError ONRUSH_TARGET_UNREACHABLE */
export async function waitForTarget(
  { scenario, allowTargets, seconds }: Awaited,
  { clock, env, say, signal }: WaitContext,
): Promise<void> {
  const sinceUs = clock.monotonicUs();
  const untilUs = sinceUs + seconds * 1_000_000;
  const request = { scenario, allowTargets, maxTargets: MAX_TARGETS };
  let said = "";
  for (;;) {
    const { targets } = await probeTargets(request, { env, timers: systemTimers });
    const closed = targets.find(({ problem }) => problem !== null);
    if (closed === undefined) break;
    const why = escapeControls(`${closed.label}: ${problemText(closed)}`.slice(0, MAX_TEXT));
    const isHopeless = closed.problem?.kind === "forbidden";
    if (isHopeless || clock.monotonicUs() > untilUs) throw notThere(why, seconds);
    if (why !== said) say(`waiting up to ${formatSeconds(seconds)} for ${why}`);
    said = why;
    await sleep(systemTimers, PAUSE_MS, signal);
    if (signal?.aborted === true) return;
  }
  if (said === "") return;
  const tookSeconds = (clock.monotonicUs() - sinceUs) / 1_000_000;
  say(`the target accepts connections after ${formatSeconds(tookSeconds)}`);
}

function notThere(why: string, seconds: number): OnrushError {
  return new OnrushError({
    code: "ONRUSH_TARGET_UNREACHABLE",
    message: `the target accepted no connection within ${formatSeconds(seconds)}: ${why}`,
    remedy: "Start it, correct its address, or wait longer with --wait-for-target.",
  });
}
