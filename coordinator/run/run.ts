/**
 * A run, from a scenario to its report. Called by the command line and, later, the HTTP API. Invariant: once
 * the run directory exists, it ends up with everything that was measured, whatever went wrong.
 */
import { documentKey } from "../../shared/bus/bus.ts";
import { OnrushError } from "../../shared/errors.ts";
import type { RunState } from "../../shared/wire/command.ts";
import { writeOutputs, writeResults } from "../report/results.ts";
import { buildSummary } from "../report/summary.ts";
import { ActiveRun, ignoreOperating } from "./active-run.ts";
import { offerShards, waitUntilReady } from "./dispatch.ts";
import { makePlan } from "./plan.ts";
import type { RunOutcome, RunRequest } from "./request.ts";
import { startRunTime } from "./start.ts";
import { collectResults } from "./watch.ts";

/** For workers to let go of a run that is over, before the bus forgets it. */
const LET_GO_MS = 2000;
const POLL_MS = 50;

/**
 * Executes one run to its end and leaves a complete run directory behind.
 * control.stop, control.abort: a `reason` of "stopped" means the API wishes so (exit 103), any other a person
 * (exit 105 and 130).
 * @returns always an outcome once the run directory exists, also when workers fail or the target cannot be resolved
 * @throws OnrushError ONRUSH_SCENARIO_INVALID when the load cannot be laid out, ONRUSH_RUN_DIRECTORY when the
 *   directory cannot be made or already holds a run; nothing has started then
 */
export async function executeRun(request: RunRequest): Promise<RunOutcome> {
  const { runId: run, scenario, allowTargets } = request;
  const plan = makePlan({ run, scenario, allowTargets });
  const active = await ActiveRun.open(request, plan);
  try {
    await carryOut(active);
    return await report(active);
  } finally {
    await active.close();
  }
}

/** plan -> tickets -> frames -> timeline */
async function carryOut(run: ActiveRun): Promise<void> {
  try {
    await offerShards(run);
    if (run.ending) return;
    const holders = await waitUntilReady(run);
    if (run.ending) return;
    await run.move("ready");
    await startRunTime(run);
    await collectResults(run, holders);
  } catch (error) {
    if (!(error instanceof OnrushError)) throw error;
    await run.fail(error);
  }
}

/** timeline -> findings -> verdict -> report */
async function report(run: ActiveRun): Promise<RunOutcome> {
  await conclude(run, "merging");
  await conclude(run, terminalState(run));
  const { fold } = run.log;
  let summary = buildSummary(fold);
  try {
    await run.log.sync();
    await writeResults(run.request.runDirectory, fold, summary);
    await writeOutputs(run.request.scenario.outputs, summary);
    await run.writeRunFile();
  } catch (error) {
    if (!(error instanceof OnrushError)) throw error;
    // The disk refuses: the outcome says so, as the directory cannot.
    await run.fail(error);
    summary = buildSummary(fold);
  }
  await letGo(run).catch(ignoreOperating);
  const { runDirectory } = run.request;
  return { summary, exitCode: summary.exitCode, runDirectory, problem: run.problem };
}

function terminalState(run: ActiveRun): RunState {
  if (run.problem) return "failed";
  return run.ending === "abort" ? "aborted" : "done";
}

/** Moves on even when the bus is gone: the journal is what counts now. */
async function conclude(run: ActiveRun, to: RunState): Promise<void> {
  await run.move(to).catch(ignoreOperating);
}

/** Waits a little until no worker holds the run any more, then has the bus forget it. */
async function letGo(run: ActiveRun): Promise<void> {
  const { bus, id } = run;
  const deadlineUs = run.nowUs() + LET_GO_MS * 1000;
  while (run.nowUs() < deadlineUs) {
    const claims = new Set((await bus.listClaims(id)).values());
    const sessions = await bus.listSessions();
    const holds = sessions.some(({ epoch, status }) => claims.has(epoch) && status?.shardsHeld);
    if (!holds) break;
    await run.pause(POLL_MS);
  }
  await bus.forgetRun(id);
  await bus.deleteDocument(documentKey.plan(id));
  await bus.deleteDocument(documentKey.run(id));
}
