/**
 * Lost workers, as judgements name them. Pure; used by the checks on them and by the summary. Invariant: in order of epochs;
 * every lost worker is named exactly once, by lost-workers.ts or by replaced-workers.ts.
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

export function wasLost({ id, loss }: LostWorker): string {
  return `Worker ${id} was lost: ${loss.reason}`;
}

/** Seconds in which its loss disturbed the load. */
export function disturbedBy(fold: RunFold, { epoch }: LostWorker): (readonly [number, number])[] {
  const of = fold.disturbances.list.find((disturbance) => disturbance.epoch === epoch);
  if (!of) return [];
  const to = Math.min(Math.ceil(of.toUs / 1_000_000), fold.merge.timeline.length);
  const from = Math.floor(of.fromUs / 1_000_000);
  return from < to ? [[from, to]] : [];
}
