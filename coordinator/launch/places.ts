/**
 * Where a run takes place: on worker processes this machine starts, or on the workers of a bus. Called by launch.ts.
 * Invariant: whatever was opened or started is given back, in the reverse order, whatever happens.
 */
import { openBus } from "../../shared/bus/open-bus.ts";
import { createLog, type Log } from "../../shared/log.ts";
import type { Clock } from "../../shared/time/clock.ts";
import { systemTimers } from "../../shared/time/timer.ts";
import type { ClusterKeys } from "../../shared/trust/cluster-key.ts";
import type { RunOutcome, RunRequest } from "../active-run/request.ts";
import { Fleet } from "../fleet/fleet.ts";
import { Lead } from "../fleet/lead.ts";
import { type LocalCluster, startLocalCluster } from "../local/local-cluster.ts";
import { executeRun } from "../run/run.ts";
import type { LocalPlan } from "./plan/local-plan.ts";

/** For workers to leave after the run; they hold nothing any more by then. */
const WORKER_GRACE_MS = 5000;

export type PlacedRequest = Omit<RunRequest, "bus" | "fleet" | "workersExpected">;

export interface PlaceContext {
  readonly clock: Clock;
  /** Environment of workers that are started. */
  readonly env: Readonly<Record<string, string>>;
  /** Takes whole lines that workers and the coordinator write. */
  readonly write: (line: string) => void;
}

export async function onThisMachine(
  request: PlacedRequest,
  { sizing }: LocalPlan,
  { clock, env: given, write }: PlaceContext,
): Promise<RunOutcome> {
  const env = {
    ...given,
    ONRUSH_ALLOW_TARGETS: request.allowTargets.join(","),
    // The scenario is the user's own, and so are the machine and the workers.
    ONRUSH_WORKER_ALLOW_HOOKS: "1",
    ONRUSH_WORKER_ALLOW_FAULTS: "1",
  };
  const cluster = await startLocalCluster({ ...sizing, env, clock, write });
  fenceTheDead(cluster, request.runId);
  const { bus } = cluster;
  const fleet = new Fleet({ bus, clock, timers: systemTimers, log: logOf(write) });
  try {
    await fleet.start();
    return await executeRun({ ...request, bus, fleet, workersExpected: sizing.workers });
  } finally {
    await fleet.close();
    await cluster.close(WORKER_GRACE_MS);
  }
}

export interface BusPlace {
  readonly url: string;
  readonly keys: ClusterKeys;
  readonly workersExpected: number;
}

/** Workers somebody else has started; they stay when the run is over. */
export async function onBus(
  request: PlacedRequest,
  { url, workersExpected, keys }: BusPlace,
  { clock, write }: PlaceContext,
): Promise<RunOutcome> {
  const log = logOf(write);
  const opened = await openBus(url, "coordinator", { timers: systemTimers, keys, log });
  const lead = new Lead({ bus: opened, id: request.runId, clock, timers: systemTimers, log });
  try {
    await lead.take(0);
    const bus = lead.guard(opened);
    const fleet = new Fleet({ bus, clock, timers: systemTimers, log });
    try {
      await fleet.start();
      return await executeRun({ ...request, bus, fleet, workersExpected });
    } finally {
      await fleet.close();
    }
  } finally {
    await lead.close();
    await opened.close();
  }
}

function logOf(write: (line: string) => void): Log {
  return createLog("coordinator", "warn", write);
}

/** Before a dead worker's session ends, its log is closed: nothing of it may arrive later. */
function fenceTheDead(cluster: LocalCluster, runId: string): void {
  cluster.onWorkerExit(async ({ epochs }) => {
    for (const epoch of epochs) await cluster.bus.fence(runId, epoch);
  });
}
