/**
 * Faults that workers do to themselves: who is asked, and what came of it. Called by outside-faults.ts, and by run/run.ts before a run
 * begins. Invariant: nobody is asked who does not allow it, and what is asked is in the journal, on disk, before it is on the bus.
 */
import { OnrushError } from "../../shared/errors.ts";
import type { OutsideResult } from "../../shared/scenario/sections/faults/outside/outside.ts";
import type { WorkerAct } from "../../shared/scenario/sections/faults/outside/worker-act.ts";
import { type OutsideTime, outsideTimes } from "../../shared/scenario/strict-outside.ts";
import { formatDuration } from "../../shared/scenario/units.ts";
import { draw32, Stream } from "../../shared/time/random.ts";
import { sleep } from "../../shared/time/timer.ts";
import type { ActiveRun } from "../active-run/active-run.ts";
import type { Member } from "../fleet/members.ts";
import {
  hitOf,
  isForbidden,
  mayTakeAll,
  workerActOf,
  workersToOutlast,
} from "../plan/worker-faults.ts";
import { notDone } from "./hands.ts";
import { held } from "./shown.ts";

const LOOK_MS = 50;
const MAX_NAMED = 5;
/** Until those who were asked have answered to a coordinator that came back, or are known to be lost: longer than a lease. */
const RETURN_US = 30_000_000;

/**
 * Held against the workers that are there, before anything is loaded.
 * @throws OnrushError ONRUSH_WORKER_FAULTS_FORBIDDEN, ONRUSH_CLUSTER_TOO_SMALL
 */
export function checkWorkerFaults(run: ActiveRun): void {
  const { fold } = run.log;
  const { scenario } = fold.facts;
  const members = run.assignment.workers();
  for (const { id, outside } of outsideTimes(scenario)) {
    const act = workerActOf(outside.act);
    if (act !== null && isForbidden(act, members)) throw forbidden(id, members);
  }
  if (mayTakeAll(fold, members, null)) {
    const enough = workersToOutlast(scenario);
    throw new OnrushError({
      code: "ONRUSH_CLUSTER_TOO_SMALL",
      message: `The faults of the run may take all of its workers (${members.length}), and nobody starts others on one node.`,
      remedy:
        enough === null
          ? "Hit fewer of them (`who`), or less often (`times`)."
          : `Give it more: \`onrush run --workers ${enough}\`.`,
    });
  }
}

/** Whom an earlier coordinator has asked. */
interface Ordered {
  readonly epochs: readonly number[];
}

/** A worker that was asked, as the journal knows it. */
interface AskedWorker {
  readonly epoch: number;
  readonly id: string;
  readonly end: "live" | "finished" | "lost";
}

/** What workers are asked, and what ends the wait for them. */
interface Asking {
  readonly act: WorkerAct;
  readonly signal: AbortSignal;
}

/** Asks the workers it is to hit, and waits until they have said that they do it, or are gone. */
export async function orderWorkers(
  run: ActiveRun,
  time: OutsideTime,
  asking: Asking,
): Promise<OutsideResult> {
  const { position, id, outside } = time;
  const epochs = chosen(run, asking.act, position).map(({ epoch }) => epoch);
  if (epochs.length === 0) {
    return { ok: false, outcome: "not done: no worker that allows it has a part in the run" };
  }
  run.log.event({ type: "outside-ordered", position, id, epochs, effect: asking.act.effect });
  run.wake();
  const { done, silent } = await answers(run, position, {
    ...{ epochs, signal: asking.signal, limitUs: outside.limitUs },
  });
  const without = silent.length === 0 ? "" : `; no answer from ${named(silent)}`;
  const what = done.length === 0 ? "not done" : deed(asking.act, named(done));
  return { ok: silent.length === 0, outcome: held(`${what}${without}`) };
}

/**
 * What came of one that an earlier coordinator has asked workers for (`ordered`) and told no end of: nobody is asked again, and those
 * who do it now or have done it say so in their status. null: it had asked nobody yet.
 */
export async function orderedBefore(
  run: ActiveRun,
  { position }: OutsideTime,
  { act, signal, ordered }: Asking & { readonly ordered: Ordered | null },
): Promise<OutsideResult> {
  if (ordered === null) return notDone("the coordinator ended before it had asked anybody");
  const { epochs } = ordered;
  const { done, silent } = await answers(run, position, { epochs, signal, limitUs: RETURN_US });
  if (silent.length === 0) return { ok: true, outcome: held(deed(act, named(done))) };
  const what = done.length === 0 ? "" : `${deed(act, named(done))}; `;
  return { ok: false, outcome: held(`${what}nobody knows whether ${named(silent)} did it`) };
}

/** Waits until all of these have said that they do it, or are over. One that is killed may be gone before that is heard. */
async function answers(
  run: ActiveRun,
  position: number,
  of: {
    readonly epochs: readonly number[];
    readonly signal: AbortSignal;
    readonly limitUs: number;
  },
): Promise<{ readonly done: readonly AskedWorker[]; readonly silent: readonly AskedWorker[] }> {
  const { log, timers, request } = run;
  const { signal } = of;
  const workers: readonly AskedWorker[] = of.epochs.map((epoch) => log.fold.merge.worker(epoch));
  const done = new Set<AskedWorker>();
  const isKill = log.fold.outside.told.get(position)?.ordered?.effect.kind === "kill";
  const look = () => {
    for (const one of workers) {
      const hasSaid = request.fleet.member(one.epoch)?.status?.obeyed?.includes(position) === true;
      if (hasSaid || (isKill && one.end === "lost")) done.add(one);
    }
    return workers.some((one) => !done.has(one) && one.end === "live");
  };
  const untilUs = run.nowUs() + of.limitUs;
  while (look() && run.nowUs() < untilUs && !signal.aborted) await sleep(timers, LOOK_MS, signal);
  return { done: [...done], silent: workers.filter((one) => !done.has(one)) };
}

/** Of the workers that hold a part of the run and allow it; by the seed, where there are more than it hits. */
function chosen(run: ActiveRun, act: WorkerAct, position: number): readonly Member[] {
  const { fold } = run.log;
  const { worker } = act.workers;
  const { seed } = run.plan.document.scenario;
  const able = [...fold.slices.byHolder().keys()]
    .flatMap((epoch) => run.request.fleet.member(epoch) ?? [])
    .filter(({ info }) => info.allowFaults === true)
    .sort((a, b) => (a.info.id < b.info.id ? -1 : a.info.id > b.info.id ? 1 : a.epoch - b.epoch));
  if (worker !== null) return able.filter(({ info }) => info.id === worker);
  return able
    .map((member, at) => ({ member, rank: draw32(seed, Stream.shuffle, position, at) }))
    .sort((a, b) => a.rank - b.rank)
    .slice(0, hitOf(act, able.length))
    .map(({ member }) => member);
}

function deed({ effect }: WorkerAct, whom: string): string {
  if (effect.kind === "kill") return `killed ${whom}`;
  const time = formatDuration(effect.forUs);
  switch (effect.kind) {
    case "pause":
      return `paused ${whom} for ${time}`;
    case "isolate":
      return `cut ${whom} off from the bus for ${time}`;
    case "skew":
      return `set the clocks of ${whom} off by ${effect.byMs} ms for ${time}`;
  }
}

function named(workers: readonly { readonly id: string }[]): string {
  const more = workers.length - MAX_NAMED;
  const names = workers.slice(0, MAX_NAMED).map(({ id }) => id);
  return `${names.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

function forbidden(fault: string, members: readonly Member[]): OnrushError {
  const refusing = members.filter(({ info }) => info.allowFaults !== true);
  const who =
    refusing.length === 0
      ? "there are too few workers"
      : `${named(refusing.map(({ info }) => info))} allow no such thing`;
  return new OnrushError({
    code: "ONRUSH_WORKER_FAULTS_FORBIDDEN",
    message: `The fault ${fault} is done to workers, and ${who}.`,
    remedy:
      "Start the workers with `onrush worker --allow-worker-faults`, if scenarios may end, pause and isolate them; `onrush run` on one node allows it.",
  });
}
