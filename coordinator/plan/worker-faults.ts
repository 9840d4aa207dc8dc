/**
 * What faults do to the workers of a run, as far as its scenario tells. Pure; used where a run's workers are sized, before it begins,
 * and for faults that are asked for while it goes on. Invariant: an upper bound of those that are lost.
 */
import { isWorkerAct } from "../../shared/scenario/sections/faults/outside/registry.ts";
import type { WorkerAct } from "../../shared/scenario/sections/faults/outside/worker-act.ts";
import type { StrictScenario } from "../../shared/scenario/strict.ts";
import { outsideTimes, type StrictOutside } from "../../shared/scenario/strict-outside.ts";
import type { RunFold } from "../merge/run-fold.ts";

/** Somewhat less than a worker's lease when nobody has set another: who is away for longer may be lost. */
const LEAST_LEASE_US = 15_000_000;

/** More workers than a run on one node has. */
const MOST_TRIED = 1000;

/** null: it is done to others. */
export function workerActOf(act: StrictOutside["act"]): WorkerAct | null {
  return isWorkerAct(act) ? act : null;
}

/** What of a worker matters here. */
interface Asked {
  readonly info: { readonly id: string; readonly allowFaults?: boolean | undefined };
}

/** Too few of these workers allow it, or the one it names does not. */
export function isForbidden(
  { workers: { count, worker } }: WorkerAct,
  members: readonly Asked[],
): boolean {
  const refusing = members.filter(({ info }) => info.allowFaults !== true);
  if (worker !== null) return refusing.some(({ info }) => info.id === worker);
  return members.length - refusing.length < (count ?? 1);
}

/** Workers that it hits, of so many. */
export function hitOf({ workers: { share, count, worker } }: WorkerAct, workers: number): number {
  if (worker !== null) return Math.min(workers, 1);
  return Math.min(workers, count ?? Math.max(1, Math.round(share * workers)));
}

/** Of so many workers those that are lost at most, each time others: may be more than there are. */
export function lostByFaults(
  { outside }: Pick<StrictScenario, "outside">,
  workers: number,
): number {
  let lost = 0;
  for (const { act, times } of outside) {
    const worker = workerActOf(act);
    if (worker === null || worker.effect.kind === "skew") continue;
    const { effect } = worker;
    if (effect.kind === "kill" || effect.forUs > LEAST_LEASE_US)
      lost += times * hitOf(worker, workers);
  }
  return lost;
}

/**
 * Whether what is still to be done to the workers of a run on one node, where nobody starts others, may take all of them.
 * @param members those it has, also some that were just killed
 * @param asked one that is to be done, too: one that takes none is not held against the others; null: those that are known
 */
export function mayTakeAll(
  { facts, outside: { told, ordered } }: Pick<RunFold, "facts" | "outside">,
  members: readonly { readonly epoch: number }[],
  asked: StrictOutside | null,
): boolean {
  if (facts.busKind !== "ipc") return false;
  const killed = ordered.filter(({ effect }) => effect.kind === "kill");
  const gone = new Set(killed.flatMap(({ epochs }) => epochs));
  const left = members.filter(({ epoch }) => !gone.has(epoch)).length;
  const toCome = outsideTimes(facts.scenario)
    .filter(({ position }) => !told.has(position))
    .map(({ outside }) => ({ ...outside, times: 1 }));
  const more = asked === null ? [] : [asked];
  const takes = asked === null || lostByFaults({ outside: more }, left) > 0;
  const lost = lostByFaults({ outside: [...toCome, ...more] }, left);
  return takes && lost > 0 && lost >= left;
}

/** The least number of workers of which somebody is left; null: however many there are, they may all be lost. */
export function workersToOutlast(scenario: Pick<StrictScenario, "outside">): number | null {
  for (let workers = 1; workers <= MOST_TRIED; workers++) {
    if (lostByFaults(scenario, workers) < workers) return workers;
  }
  return null;
}
