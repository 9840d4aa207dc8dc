/**
 * Lost workers, as judgements name them. Pure; used by the checks on them and by the summary. Invariant: in order of epochs;
 * every lost worker is named exactly once, by lost-workers.ts or by replaced-workers.ts.
 */
import type { WorkerEffect } from "../../shared/scenario/sections/faults/outside/worker-act.ts";
import type { RunFold } from "../merge/run-fold.ts";
import type { Loss, WorkerRecord } from "../merge/worker/worker-record.ts";

export type LostWorker = WorkerRecord & { readonly loss: Loss };

/** By epoch. */
export function lostWorkers(fold: RunFold): readonly LostWorker[] {
  return [...fold.merge.workers.values()]
    .filter((worker): worker is LostWorker => worker.loss !== null)
    .sort((a, b) => a.epoch - b.epoch);
}

export function wasLost(fold: RunFold, worker: LostWorker): string {
  const fault = faultBehind(fold, worker);
  const why = fault === null ? "" : ` (on purpose, by the fault ${fault})`;
  return `Worker ${worker.id} was lost: ${worker.loss.reason}${why}`;
}

/** A lease that a fault lets run out has run out so long after it, at most. */
const LEASE_US = 60_000_000;

/** The fault of the scenario that has it lost: of those that act, or acted a lease ago, the one that is over last. null: there is none. */
export function faultBehind({ outside }: RunFold, { epoch, loss }: LostWorker): string | null {
  const lostUs = loss.atUs ?? 0;
  const before = outside.ordered
    .filter(({ effect, epochs }) => effect.kind !== "skew" && epochs.includes(epoch))
    .map(({ id, effect, atUs }) => ({ id, atUs, endUs: endOf(effect, atUs) }))
    .filter(({ atUs, endUs }) => atUs <= lostUs && lostUs <= endUs + LEASE_US);
  return before.sort((a, b) => b.endUs - a.endUs)[0]?.id ?? null;
}

/** Seconds in which its loss disturbed the load. */
export function disturbedBy(fold: RunFold, { epoch }: LostWorker): (readonly [number, number])[] {
  const of = fold.disturbances.list.find((disturbance) => disturbance.epoch === epoch);
  if (!of) return [];
  const to = Math.min(Math.ceil(of.toUs / 1_000_000), fold.merge.timeline.length);
  const from = Math.floor(of.fromUs / 1_000_000);
  return from < to ? [[from, to]] : [];
}

function endOf(effect: WorkerEffect, atUs: number): number {
  return effect.kind === "kill" ? Number.POSITIVE_INFINITY : atUs + effect.forUs;
}
