/**
 * From a plan to workers that hold all of it and are ready: a place in line, documents, tickets, and the barrier before
 * the start. Called by run.ts. Invariant: when it is over, every slice is held by a worker that is prepared, or the end
 * of the run was asked for.
 */

import { ErrorCode, OnrushError } from "../../shared/errors.ts";
import { connectionsOf } from "../../shared/load/split.ts";
import type { ActiveRun } from "../active-run/active-run.ts";
import { repeat } from "../active-run/bus-retry.ts";
import type { FrameIngest } from "../active-run/ingest.ts";
import type { Checkpoints } from "../checkpoints/checkpoints.ts";
import { fits, type Need } from "../fleet/assign.ts";
import type { Member } from "../fleet/members.ts";
import type { Placement } from "../placement/placement.ts";
import type { WorkerWatch } from "../placement/worker-watch.ts";
import { WORKERS_WITHIN_SECONDS } from "../plan/policies.ts";
import { countOf } from "../report/text/format.ts";

const MAX_NAMED = 5;
const SECOND_US = 1_000_000;

/** What moves a run on, beside the run itself. */
export interface RunParts {
  readonly intake: FrameIngest;
  readonly workers: WorkerWatch;
  readonly placement: Placement;
  readonly checkpoints: Checkpoints;
}

/**
 * Waits until the fleet gives the run the workers it needs: others may be at work on other runs.
 * @throws OnrushError ONRUSH_CLUSTER_TOO_SMALL when nobody is at work and there are still not enough
 */
export async function waitForWorkers(run: ActiveRun): Promise<void> {
  const { assignment, id } = run;
  const { fleet } = run.request;
  let deadlineUs = run.nowUs() + patienceOf(run) * SECOND_US;
  let queued = false;
  await repeat(run, async () => {
    await run.applyCommands();
    await run.publish();
    if (run.ending || assignment.granted) return true;
    if (fleet.othersBusy(id)) {
      if (!queued) run.note("Queued: the free workers do not hold its connections.");
      queued = true;
      deadlineUs = run.nowUs() + patienceOf(run) * SECOND_US;
    } else if (run.nowUs() > deadlineUs) settleForLess(run);
    return null;
  });
}

/** After the time to wait: begins with fewer workers than expected, if they hold the run. */
function settleForLess(run: ActiveRun): void {
  const { workersExpected, fleet } = run.request;
  const free = fleet.free().map(({ epoch, info }) => ({ epoch, capacity: info.capacity }));
  if (free.length === 0) throw noWorkers(run);
  if (!fits(needOf(run), free)) throw tooSmall(run, free);
  run.assignment.need({ workers: 1 });
  if (free.length >= workersExpected) return;
  run.note(
    `${free.length} of ${workersExpected} expected workers are there; the run goes on with them.`,
  );
}

function needOf(run: ActiveRun): Need {
  const { plan, id } = run;
  return { run: id, workers: 1, most: null, sizes: plan.sizes };
}

/**
 * Waits until all slices are held and their holders prepared; slices are offered again whose holder went.
 * Returns, too, when the end of the run was asked for.
 * @throws OnrushError ONRUSH_CLUSTER_TOO_SMALL, or what a failed worker names as its reason
 */
export async function waitUntilReady(run: ActiveRun, parts: RunParts): Promise<void> {
  const deadlineUs = run.nowUs() + patienceOf(run) * SECOND_US;
  const look = oncePerPoll(run);
  await repeat(
    run,
    async () => {
      await run.applyCommands();
      if (run.ending) return true;
      const failed = run.assignment.workers().find(({ status }) => status?.state === "failed");
      if (failed) throw workerFailure(failed);
      if (look()) {
        // Who leaves before the start waits until what it has to say is on disk.
        await parts.intake.readAll();
        await parts.intake.keep();
        await parts.workers.check();
        await parts.placement.look();
        if (allReady(run, parts.placement)) return true;
      }
      if (run.nowUs() > deadlineUs) throw notReady(run, parts.placement);
      return null;
    },
    patienceOf(run) * 1000,
  );
}

/** True whenever the fleet has looked anew since the last call. */
export function oncePerPoll(run: ActiveRun): () => boolean {
  let seen = -1;
  return () => {
    const { looks } = run.request.fleet;
    if (looks === seen) return false;
    seen = looks;
    return true;
  };
}

function allReady(run: ActiveRun, { seats }: Placement): boolean {
  if (run.log.fold.slices.free.length > 0) return false;
  return seats.every(({ epoch, held }) => {
    const { status } = run.request.fleet.member(epoch) ?? {};
    return held.length === 0 || isReady(status, held.length);
  });
}

function isReady(status: Member["status"] | undefined, slices: number): boolean {
  return status?.state === "ready" && status.slicesReady >= slices;
}

/** What to do about what a worker may report; the rest is in its log. */
const REMEDIES: Partial<Record<ErrorCode, string>> = {
  ONRUSH_TARGET_UNREACHABLE:
    "Start the target, or correct its address: it has to resolve, and let connections in, on the worker's host. `--wait-for-target 30s` waits for one that starts.",
  ONRUSH_TARGET_FORBIDDEN:
    "Allow the host where the workers are started (ONRUSH_ALLOW_TARGETS), and with --allow-target of `onrush run` or `onrush coordinator`.",
  ONRUSH_HOOKS_FORBIDDEN:
    "Start the workers with `onrush worker --allow-hooks`, if they may run code of whoever submits scenarios.",
  ONRUSH_HOOKS_FAILED: "Correct the hooks file; docs/hooks.md says what hooks may do.",
  ONRUSH_LIMITS_TOO_LOW: "Raise the limit on the worker's host, or lower the load.",
};

/** The error a worker reports as text: its code and what follows it, when the text names one. */
function workerFailure({ info, status }: Member): OnrushError {
  const problem = status?.problem || "it did not say why";
  const [, code = "", text = ""] = /\b(ONRUSH_[A-Z_]+)\b[\s:]*(.*)$/s.exec(problem) ?? [];
  const who = `worker ${info.id} on ${info.host}`;
  if (!Object.hasOwn(ErrorCode, code)) {
    return new OnrushError({
      code: "ONRUSH_WORKER_FAILED",
      message: `${who} cannot run its part: ${problem}`,
      remedy: "Look at the worker's log.",
    });
  }
  const what = text.replace(/ \((?:shards|slices): [^)]*\)$/, "");
  return new OnrushError({
    code: code as ErrorCode,
    message: `${what} (${who})`,
    remedy: REMEDIES[code as ErrorCode] ?? "Look at the worker's log.",
  });
}

/** Seconds for workers to appear, take their slices and prepare. */
function patienceOf({ plan }: ActiveRun): number {
  return plan.policies.workersWithinSeconds ?? WORKERS_WITHIN_SECONDS;
}

function noWorkers(run: ActiveRun): OnrushError {
  const { workersExpected: expected, fleet } = run.request;
  const { count, last } = fleet.refusals;
  const seconds = patienceOf(run);
  return new OnrushError({
    code: "ONRUSH_CLUSTER_TOO_SMALL",
    message:
      expected === 1
        ? `No worker appeared within ${seconds} s.`
        : `None of the ${expected} expected workers appeared within ${seconds} s.`,
    remedy:
      count === 0
        ? "Start workers on the same bus (`onrush worker --bus URL`); their logs say whether they joined. `onrush run --wait-for-workers 5m` waits longer for some that are started only now."
        : `Give the workers this coordinator's ONRUSH_CLUSTER_KEY: it ${last}.`,
  });
}

function tooSmall(run: ActiveRun, free: readonly { readonly capacity: number }[]): OnrushError {
  const { sizes } = run.plan;
  const capacity = free.reduce((sum, one) => sum + one.capacity, 0);
  return new OnrushError({
    code: "ONRUSH_CLUSTER_TOO_SMALL",
    message:
      `The run cannot start: its ${sizes.shards} shards of up to ${connectionsOf(sizes, 1)} connections each do not fit on ` +
      `${countOf(free.length, "free worker")}.`,
    remedy: `They can hold ${capacity} connections in all, a worker holds whole shards: add workers, give them more (\`onrush worker --capacity N\`), or lower the load.`,
  });
}

/** Names who is not ready and why. */
function notReady(run: ActiveRun, { seats }: Placement): OnrushError {
  const { slices } = run.log.fold;
  const members = run.assignment.workers();
  const waiting = seats.flatMap(({ epoch, held }) => {
    const member = members.find((one) => one.epoch === epoch);
    const ready = held.length === 0 || isReady(member?.status, held.length);
    return ready ? [] : [`${member?.info.id} is ${member?.status?.state ?? "silent"}`];
  });
  const refusing = members
    .filter(({ status }) => status?.state === "idle" && status.problem !== "")
    .map(({ info, status }) => `${info.id}: ${status?.problem}`);
  const named = [...waiting, ...refusing].slice(0, MAX_NAMED);
  const capacity = members.reduce((sum, { info }) => sum + info.capacity, 0);
  const held = slices.slices.size - slices.free.length;
  return new OnrushError({
    code: "ONRUSH_CLUSTER_TOO_SMALL",
    message:
      `The run cannot start: after ${patienceOf(run)} s workers hold ${held} of ${slices.slices.size} shards` +
      `${named.length > 0 ? ` (${named.join("; ")})` : ""}.`,
    remedy: `${members.length === 1 ? "The worker" : `The ${members.length} workers`} can hold ${capacity} connections in all; add workers or lower the load.`,
  });
}
