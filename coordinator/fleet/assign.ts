/**
 * Which worker serves which run: free workers go to the run that waits longest, then to the running one that is
 * tightest. Pure; called by fleet.ts at each look. Invariant: a worker serves one run at a time; a run that waits gets
 * all it needs at once or nothing, in the order in which runs came.
 */
import { type ShardSizes, shardsThatFit } from "../../shared/load/split.ts";

export interface FreeWorker {
  readonly epoch: number;
  /** Connections it can hold. */
  readonly capacity: number;
}

/** What a run needs of workers. */
export interface Need {
  readonly run: string;
  /** Least number of workers to begin with. */
  readonly workers: number;
  readonly sizes: ShardSizes;
  /** Workers that may serve it at most; null: as many as there are. */
  readonly most: number | null;
}

export interface Claimant extends Need {
  /** waiting: has none yet. running: takes more. over: takes no more. */
  readonly stage: "waiting" | "running" | "over";
  readonly held: readonly FreeWorker[];
}

/** @returns epoch -> run, only what is new */
export function assignWorkers(
  claimants: readonly Claimant[],
  free: readonly FreeWorker[],
): ReadonlyMap<number, string> {
  const assigned = new Map<number, string>();
  let left = [...free].sort((a, b) => a.epoch - b.epoch);
  for (const claimant of claimants) {
    if (claimant.stage !== "waiting") continue;
    const chosen = firstThatHold(claimant, left);
    if (chosen === null) return assigned;
    for (const { epoch } of chosen) assigned.set(epoch, claimant.run);
    left = left.filter(({ epoch }) => !assigned.has(epoch));
  }
  for (const worker of left) {
    const tightest = tightestFor(worker, claimants, { assigned, free });
    if (tightest) assigned.set(worker.epoch, tightest.run);
  }
  return assigned;
}

/**
 * Workers that all runs together need to go on at once, each for itself: as many as they ask for, and as hold their slices.
 * @param capacity of one more worker; null: unknown
 */
export function workersWanted(
  claimants: readonly (Need & Pick<Claimant, "stage">)[],
  capacity: number | null,
): number {
  let wanted = 0;
  for (const claimant of claimants) {
    if (claimant.stage === "over") continue;
    const room = capacity === null ? 0 : slicesThatFit(claimant, { epoch: 0, capacity });
    const toHold = room === 0 ? 0 : Math.ceil(claimant.sizes.shards / room);
    const most = claimant.most ?? Number.POSITIVE_INFINITY;
    wanted += Math.min(most, Math.max(claimant.workers, toHold));
  }
  return wanted;
}

/** Slices of a run that fit into a worker. */
export function slicesThatFit({ sizes }: Need, { capacity }: FreeWorker): number {
  return shardsThatFit(sizes, capacity);
}

/** Whether all slices of a run fit into the workers. */
export function fits(need: Need, workers: readonly FreeWorker[]): boolean {
  const room = workers.reduce((sum, worker) => sum + slicesThatFit(need, worker), 0);
  return room >= need.sizes.shards;
}

function firstThatHold(need: Need, free: readonly FreeWorker[]): FreeWorker[] | null {
  const chosen: FreeWorker[] = [];
  for (const worker of free) {
    if (slicesThatFit(need, worker) === 0) continue;
    chosen.push(worker);
    if (chosen.length >= need.workers && fits(need, chosen)) return chosen;
    if (need.most !== null && chosen.length >= Math.max(need.most, need.workers)) return null;
  }
  return null;
}

function tightestFor(
  worker: FreeWorker,
  claimants: readonly Claimant[],
  given: {
    readonly assigned: ReadonlyMap<number, string>;
    readonly free: readonly FreeWorker[];
  },
): Claimant | null {
  let tightest: Claimant | null = null;
  let tightness = -1;
  for (const claimant of claimants) {
    const { stage, run, most } = claimant;
    const { shards } = claimant.sizes;
    const held = [
      ...claimant.held,
      ...given.free.filter(({ epoch }) => given.assigned.get(epoch) === run),
    ];
    // A run that waited until a moment ago has its workers by now.
    if (stage === "over" || (stage === "waiting" && held.length === 0)) continue;
    if (held.length >= Math.min(most ?? shards, shards) || slicesThatFit(claimant, worker) === 0) {
      continue;
    }
    const room = held.reduce((sum, one) => sum + slicesThatFit(claimant, one), 0);
    const tight = room === 0 ? Number.POSITIVE_INFINITY : shards / room;
    if (tight > tightness) {
      tightest = claimant;
      tightness = tight;
    }
  }
  return tightest;
}
