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
import { held } from "./shown.ts";

const LOOK_MS = 50;
const MAX_NAMED = 5;

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

/**
 * Asks the workers it is to hit, and waits until they have said that they do it, or are gone.
 * @param signal ends the wait
 */
export async function orderWorkers(
  run: ActiveRun,
  { position, id, outside: { limitUs } }: OutsideTime,
  { act, signal }: { readonly act: WorkerAct; readonly signal: AbortSignal },
): Promise<OutsideResult> {
  const { log, timers } = run;
  const { fleet } = run.request;
  const victims = chosen(run, act, position);
  if (victims.length === 0) {
    return { ok: false, outcome: "not done: no worker that allows it has a part in the run" };
  }
  const epochs = victims.map(({ epoch }) => epoch);
  log.event({ type: "outside-ordered", position, id, epochs, effect: act.effect });
  run.wake();
  const untilUs = run.nowUs() + limitUs;
  const silent = () =>
    victims.filter(({ epoch }) => {
      const member = fleet.member(epoch);
      // Who is gone has done it, or can do it no more.
      return member !== undefined && member.status?.obeyed?.includes(position) !== true;
    });
  while (silent().length > 0 && run.nowUs() < untilUs && !signal.aborted) {
    await sleep(timers, LOOK_MS, signal);
  }
  const left = silent();
  const done = victims.filter((one) => !left.includes(one));
  const without = left.length === 0 ? "" : `; no answer from ${names(left)}`;
  const what = done.length === 0 ? "not done" : deed(act, names(done));
  return { ok: left.length === 0, outcome: held(`${what}${without}`) };
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

function names(members: readonly Member[]): string {
  const more = members.length - MAX_NAMED;
  const named = members.slice(0, MAX_NAMED).map(({ info }) => info.id);
  return `${named.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

function forbidden(fault: string, members: readonly Member[]): OnrushError {
  const refusing = members.filter(({ info }) => info.allowFaults !== true);
  const who =
    refusing.length === 0 ? "there are too few workers" : `${names(refusing)} allow no such thing`;
  return new OnrushError({
    code: "ONRUSH_WORKER_FAULTS_FORBIDDEN",
    message: `The fault ${fault} is done to workers, and ${who}.`,
    remedy:
      "Start the workers with `onrush worker --allow-worker-faults`, if scenarios may end, pause and isolate them; `onrush run` on one node allows it.",
  });
}
