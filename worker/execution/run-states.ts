/** States of a run on one worker and the moves between them; drawn in run-execution.ts, which makes them. */
import type { WorkerStatus } from "../../shared/wire/worker-info.ts";

export type RunOnWorker = Exclude<WorkerStatus["state"], "idle">;

export const RUN_MOVES: Readonly<Record<RunOnWorker, readonly RunOnWorker[]>> = {
  preparing: ["ready", "running", "draining", "finished", "failed"],
  ready: ["running", "draining", "finished", "failed"],
  running: ["draining", "finished", "failed"],
  draining: ["finished", "failed"],
  finished: [],
  failed: [],
};

/** Of a worker that serves no run. */
export const IDLE = {
  slicesHeld: 0,
  slicesReady: 0,
  connectionsOpen: 0,
  lastSeq: -1,
  startSkewUs: null,
  handedOver: [],
} as const;

/** It has left no ticket to others. */
export const ACCEPTED = { state: "idle", problem: "" } as const;
