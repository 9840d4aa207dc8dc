/**
 * After a run whose first cause is not certain: one more short run that tells it from others, and the results of the first run made again with
 * what that said. Called by the run command; a coordinator has service/probe-runs.ts. Invariants: one probe run at most; both directories
 * stay; a probe run that does not come to its end changes nothing.
 */
import { basename } from "node:path";
import { isOfReport } from "../../shared/scenario/output.ts";
import type { Clock } from "../../shared/time/clock.ts";
import type { RunOutcome } from "../active-run/request.ts";
import { rebuildRun } from "../report/rebuild.ts";
import {
  isBrokenOff,
  NO_PROBE_TELLS,
  type PlannedProbe,
  PROBE_BROKEN_OFF,
  planProbe,
  probeSource,
  readProbe,
  recordProbe,
} from "../run/probe-run.ts";
import { fileRunStore } from "../store/file-run-store.ts";
import type { ProbedEvent } from "../store/probed-event.ts";
import type { LaunchRequest } from "./launch.ts";
import { remakeResults } from "./remake.ts";

export interface ProbeContext {
  readonly clock: Clock;
  /** Takes a line, without its end, for people. */
  readonly say: (line: string) => void;
  /** Makes a run, as the first one was made. */
  readonly launch: (request: LaunchRequest) => Promise<RunOutcome>;
}

/**
 * @param outcome of the first run, which `request` asked for
 * @returns the outcome with the results as they are now
 * @throws OnrushError as launch; ONRUSH_RUN_DIRECTORY when the first run's results cannot be written again
 */
export async function probeAfter(
  outcome: RunOutcome,
  request: LaunchRequest,
  { clock, say, launch }: ProbeContext,
): Promise<RunOutcome> {
  if (isBrokenOff(endOf(outcome))) return outcome;
  const { runDirectory } = outcome;
  const { fold } = await rebuildRun(runDirectory);
  const planned = planProbe(fold, request.scenario);
  if (planned === null) {
    say(NO_PROBE_TELLS);
    return outcome;
  }
  say(`probe run, with ${planned.change}`);
  const probed = await launch(requestOf(planned, request, runDirectory));
  if (isBrokenOff(endOf(probed))) {
    say(PROBE_BROKEN_OFF);
    return outcome;
  }
  const said = await readProbe(fold, planned.kind, probed.runDirectory);
  await record(runDirectory, said, clock);
  say(`probe run, with ${planned.change}: ${said.seen}`);
  const outputs = [...request.scenario.outputs, ...request.outputs].filter(isOfReport);
  const { rebuilt, refusal } = await remakeResults(runDirectory, outputs);
  if (refusal !== null) throw refusal;
  return { ...outcome, summary: rebuilt.summary };
}

function endOf({ problem, exitCode, summary }: RunOutcome) {
  return { problem, exitCode, startedAt: summary.startedAt };
}

async function record(runDirectory: string, said: ProbedEvent, clock: Clock): Promise<void> {
  const stored = await fileRunStore.reopen(runDirectory);
  try {
    await recordProbe(stored, said, clock.wallMs());
  } finally {
    await stored.release();
  }
}

/** The same but for the scenario; nobody is told of it, and it is held against nothing. */
function requestOf(
  planned: PlannedProbe,
  request: LaunchRequest,
  runDirectory: string,
): LaunchRequest {
  const { command: _, waitSeconds: __, ...rest } = request;
  const { fileName, text } = request.source;
  return {
    ...rest,
    scenario: planned.scenario,
    source: { fileName, text: probeSource(basename(runDirectory), planned, text) },
    outputs: [],
    baseline: null,
    runDirectory: `${runDirectory}-${planned.kind}`,
  };
}
