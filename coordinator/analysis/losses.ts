/**
 * What is said of workers that were lost: which losses spoil a run, and which others stood in for. Pure; used by
 * validity.ts and the summary. Invariant: every lost worker is named exactly once, as a reason or as a note.
 */
import type { RunFold } from "../merge/run-fold.ts";
import type { Loss, WorkerRecord } from "../merge/worker/worker-record.ts";

export type LostWorker = WorkerRecord & { readonly loss: Loss };

/** By epoch. */
export function lostWorkers(fold: RunFold): readonly LostWorker[] {
  return [...fold.merge.workers.values()]
    .filter((worker): worker is LostWorker => worker.loss !== null)
    .sort((a, b) => a.epoch - b.epoch);
}

/** Losses nobody stood in for: the load was not what was planned, and stayed so. */
export function lossReasons(fold: RunFold): string[] {
  return lostWorkers(fold)
    .filter(({ loss }) => loss.recovery === "open")
    .map((worker) => `${wasLost(worker)}; nobody took its work over.`);
}

export function lossNotes(fold: RunFold): string[] {
  const notes: string[] = [];
  for (const worker of lostWorkers(fold)) {
    const { recovery, lanes } = worker.loss;
    const seconds = disturbedSeconds(fold, worker);
    if (recovery === "none-needed") {
      notes.push(`${wasLost(worker)}; it held none of the load.`);
    } else if (recovery === "recovered") {
      notes.push(
        `${wasLost(worker)}. Others took its work over; ${seconds} are left out of the thresholds.`,
      );
    } else if (recovery === "dropped") {
      notes.push(
        `${wasLost(worker)}. The run went on without its ${lanes.length} of ${fold.facts.shards} lanes, as it was told to; ` +
          `${seconds} are left out of the thresholds.`,
      );
    }
  }
  const { frames, counters } = fold.merge.overrun;
  if (frames > 0) {
    notes.push(
      `Lost workers went on after others had their work: ${counters.attempted} attempts and ${counters.sent} messages ` +
        `reached the target beside the plan (${frames} frames, not merged).`,
    );
  }
  return notes;
}

function wasLost({ id, loss }: LostWorker): string {
  return `Worker ${id} was lost: ${loss.reason}`;
}

function disturbedSeconds(fold: RunFold, { epoch }: LostWorker): string {
  const of = fold.disturbances.list.find((disturbance) => disturbance.epoch === epoch);
  if (!of) return "no seconds";
  const from = Math.floor(of.fromUs / 1_000_000);
  return Number.isFinite(of.toUs)
    ? `the seconds from ${from} to ${Math.ceil(of.toUs / 1_000_000)}`
    : `all seconds from ${from} on`;
}
