/**
 * A run, from a scenario to its report. Called by the command line and the HTTP API. Invariant: once the run
 * directory exists, it ends up with everything that was measured, whatever went wrong; and a run whose coordinator died
 * is taken up where it was, in every state.
 */
import { OnrushError } from "../../shared/errors.ts";
import { isBeforeStart, isFinal, type RunState } from "../../shared/wire/command.ts";
import { type ActiveRun, ignoreOperating } from "../active-run/active-run.ts";
import { isTaken } from "../active-run/bus-retry.ts";
import { FrameIngest } from "../active-run/ingest.ts";
import { LiveFaults } from "../active-run/live-faults.ts";
import type { RunOutcome, RunRequest } from "../active-run/request.ts";
import { Checkpoints } from "../checkpoints/checkpoints.ts";
import { checkAfter, checkBefore } from "../environment/environment.ts";
import { LiveResults } from "../live/live-results.ts";
import { runMeasures } from "../live/measures.ts";
import { cleanUp } from "../outside/clean-up.ts";
import { checkWorkerFaults } from "../outside/worker-orders.ts";
import { Placement } from "../placement/placement.ts";
import { WorkerWatch } from "../placement/worker-watch.ts";
import { makePlan, type Plan } from "../plan/plan.ts";
import type { ReportModel } from "../report/model/model.ts";
import { buildSummary } from "../report/summary.ts";
import { compareWith } from "./baseline.ts";
import { type RunParts, waitForWorkers, waitUntilReady } from "./dispatch.ts";
import { openKnownRun, openNewRun } from "./open-run.ts";
import { resumeRunTime, startRunTime } from "./start.ts";
import { collectResults } from "./watch.ts";
import { putOnDisk } from "./write-results.ts";

/** For workers to let go of a run that is over, before the bus forgets it. */
const LET_GO_MS = 2000;
const POLL_MS = 50;

/**
 * Executes one run to its end and leaves a complete run directory behind.
 * control.stop, control.abort: a `reason` of "stopped" means through the API (exit 103), any other a person
 * (exit 105 and 130).
 * @returns always an outcome once the run directory exists, also when workers fail or the target cannot be resolved
 * @throws OnrushError ONRUSH_SCENARIO_INVALID when the load cannot be laid out, ONRUSH_RUN_DIRECTORY when the
 *   directory cannot be made or already holds a run; nothing has started then. ONRUSH_COORDINATOR_TAKEN when another
 *   coordinator took the lead: the run is left as it is
 */
export async function executeRun(request: RunRequest): Promise<RunOutcome> {
  const plan = planOf(request);
  return conduct(await openNewRun(request, plan));
}

/**
 * Goes on with a run whose coordinator has died, from its directory and what the bus still has; finishes it when only
 * the report was missing. The scenario has to be the run's, with its secrets.
 * @throws OnrushError as executeRun, and ONRUSH_JOURNAL_CORRUPT
 */
export async function resumeRun(request: RunRequest): Promise<RunOutcome> {
  const plan = planOf(request);
  const run = await openKnownRun(request, plan);
  takeBackWorkers(run);
  return conduct(run);
}

function planOf({ runId: run, scenario, allowTargets, policies, planHash }: RunRequest): Plan {
  const request = { run, scenario, allowTargets, policies };
  return makePlan(planHash === undefined ? request : { ...request, hash: planHash });
}

async function conduct(run: ActiveRun): Promise<RunOutcome> {
  const { log } = run;
  run.request.onResults?.(new LiveResults(log.fold, run.request.clock));
  const faults = new LiveFaults(run);
  run.request.onFaultable?.(faults);
  run.request.onMeasurable?.(() =>
    runMeasures(log.fold, { state: run.state, elapsedUs: log.elapsedUs }),
  );
  const checkpoints = new Checkpoints(run, faults);
  try {
    await carryOut(run, checkpoints);
    return await report(run, checkpoints);
  } finally {
    await run.close();
  }
}

/** plan -> tickets -> frames -> timeline */
async function carryOut(run: ActiveRun, checkpoints: Checkpoints): Promise<void> {
  const intake = new FrameIngest(run);
  const workers = new WorkerWatch(run, intake);
  const parts = { intake, workers, placement: new Placement(run), checkpoints };
  try {
    await begin(run, parts);
    if (run.state === "running" || run.state === "draining") await collectResults(run, parts);
  } catch (error) {
    if (!(error instanceof OnrushError) || isTaken(error)) throw error;
    await run.fail(error);
    await intake.readAll().catch(ignoreOperating);
  }
}

/** Up to run time, from wherever the run is. */
async function begin(run: ActiveRun, parts: RunParts): Promise<void> {
  if (run.state === "running" || run.state === "draining") {
    run.offerPlan();
    await resumeRunTime(run);
    return;
  }
  if (!isBeforeStart(run.state)) return;
  // On the bus while it waits: a coordinator that starts again has the scenario's secrets from there alone.
  run.offerPlan();
  if (run.state === "created") {
    await waitForWorkers(run);
    if (!run.ending) await checkBefore(run);
  }
  if (run.ending) return;
  if (run.state === "created") {
    checkWorkerFaults(run);
    await run.move("offered").catch(ignoreOperating);
  }
  await waitUntilReady(run, parts);
  if (run.ending) return;
  if (run.state === "offered") await run.move("ready").catch(ignoreOperating);
  await startRunTime(run);
}

/** Workers that took part when the last coordinator died, and did not end. */
function takeBackWorkers(run: ActiveRun): void {
  const { fleet } = run.request;
  const { fold } = run.log;
  if (fold.state === "created") return;
  const live = [...fold.merge.workers.values()].filter(({ end }) => end !== "lost");
  for (const { epoch, generation, id, host, engineCount: engines, ...own } of live) {
    // On another store than then, it is expected back; on the same one it is listed, or gone.
    if (generation === "" || generation === fleet.generation) continue;
    const { capacity, fenceAfterMs } = own;
    fleet.expect(epoch, {
      id,
      host,
      engines,
      capacity,
      fenceAfterMs,
      wire: fold.facts.versions.wire,
    });
  }
  run.assignment.adopt(live.map(({ epoch }) => epoch));
}

/** timeline -> findings -> verdict -> report */
async function report(run: ActiveRun, checkpoints: Checkpoints): Promise<RunOutcome> {
  const { fold } = run.log;
  run.assignment.close();
  if (!isFinal(run.state)) {
    if (run.state !== "merging") await conclude(run, "merging");
    await settle(run, checkpoints);
    await conclude(run, terminalState(run));
  }
  const { baseline, runDirectory } = run.request;
  // While the results are made: it waits for workers most of the time.
  const released = untilReleased(run);
  await compareWith(run, baseline);
  let summary: ReportModel["summary"];
  try {
    summary = await putOnDisk(run);
  } catch (error) {
    if (!(error instanceof OnrushError) || isTaken(error)) throw error;
    // The disk refuses: the outcome says so, as the directory cannot.
    await run.fail(error);
    summary = buildSummary(fold);
  }
  await released;
  await run.request.fleet.forgetRun(run.id);
  return { summary, exitCode: summary.exitCode, runDirectory, problem: problemOf(run) };
}

/** What is beside the load comes to its end, while its workers are still there. */
async function settle(run: ActiveRun, checkpoints: Checkpoints): Promise<void> {
  await checkpoints.close();
  await checkAfter(run).catch((error: unknown) => {
    if (isTaken(error)) throw error;
    ignoreOperating(error);
  });
  await cleanUp(run);
}

function terminalState(run: ActiveRun): RunState {
  if (run.log.fold.problem) return "failed";
  return run.ending === "abort" ? "aborted" : "done";
}

/** As it was thrown, or as a coordinator before this one recorded it. */
function problemOf(run: ActiveRun): OnrushError | null {
  const { problem } = run.log.fold;
  return run.problem ?? (problem && new OnrushError(problem));
}

/** Moves on even when the bus is gone: the journal is what counts now. */
async function conclude(run: ActiveRun, to: RunState): Promise<void> {
  await run.move(to).catch((error: unknown) => {
    if (isTaken(error)) throw error;
    ignoreOperating(error);
  });
}

/** Waits a little until no worker holds the run any more: then the bus may forget it. */
async function untilReleased(run: ActiveRun): Promise<void> {
  const { bus, id } = run;
  const deadlineUs = run.nowUs() + LET_GO_MS * 1000;
  try {
    while (run.nowUs() < deadlineUs) {
      const claims = new Set((await bus.listClaims(id)).values());
      const sessions = await bus.listSessions();
      const holds = sessions.some(({ epoch, status }) => claims.has(epoch) && status?.slicesHeld);
      if (!holds) break;
      await run.pause(POLL_MS);
    }
  } catch (error) {
    ignoreOperating(error);
  }
}
