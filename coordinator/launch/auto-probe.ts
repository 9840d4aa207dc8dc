/**
 * After a run whose first cause is not certain: one more short run that tells it from others, and the results of the first run made again with
 * what that said. Called by the run command. Invariants: one probe run at most; both directories stay; a probe run that does not come to its
 * end changes nothing.
 */
import { basename } from "node:path";
import { ExitCode } from "../../shared/errors.ts";
import { isOfReport } from "../../shared/scenario/output.ts";
import type { Clock } from "../../shared/time/clock.ts";
import type { RunOutcome } from "../active-run/request.ts";
import { type PlannedProbe, planProbe, recordProbe } from "../run/probe-run.ts";
import type { LaunchRequest } from "./launch.ts";
import { remakeResults } from "./remake.ts";

/** Ends of a run that somebody wanted, or that left nothing to look at. */
const BROKEN_OFF: ReadonlySet<number> = new Set([
  ExitCode.interrupted,
  ExitCode.aborted,
  ExitCode.stopped,
]);

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
  if (isBrokenOff(outcome)) return outcome;
  const { runDirectory } = outcome;
  const planned = await planProbe(runDirectory, request.scenario);
  if (planned === null) {
    say("no probe run: the first cause is certain, or none of its kinds can tell it from others");
    return outcome;
  }
  say(`probe run, with ${planned.kind.change}`);
  const probed = await launch(requestOf(planned, request));
  if (isBrokenOff(probed)) {
    say("the probe run did not come to its end, and says nothing");
    return outcome;
  }
  const seen = await recordProbe(planned, probed.runDirectory, clock);
  say(`probe run, with ${planned.kind.change}: ${seen}`);
  const outputs = [...request.scenario.outputs, ...request.outputs].filter(isOfReport);
  const { rebuilt, refusal } = await remakeResults(runDirectory, outputs);
  if (refusal !== null) throw refusal;
  return { ...outcome, summary: rebuilt.summary };
}

function isBrokenOff({ problem, exitCode, summary }: RunOutcome): boolean {
  return problem !== null || summary.startedAt === null || BROKEN_OFF.has(exitCode);
}

/** The same but for the scenario; nobody is told of it, and it is held against nothing. */
function requestOf(
  { kind, scenario, runDirectory }: PlannedProbe,
  request: LaunchRequest,
): LaunchRequest {
  const { command: _, waitSeconds: __, ...rest } = request;
  const note = `# A probe run for ${basename(runDirectory)}, with ${kind.change} and a load of its own: the journal has it whole. This is the scenario of both:`;
  const { fileName, text } = request.source;
  return {
    ...rest,
    scenario,
    source: { fileName, text: `${note}\n${text}` },
    outputs: [],
    baseline: null,
    runDirectory: `${runDirectory}-${kind.id}`,
  };
}
