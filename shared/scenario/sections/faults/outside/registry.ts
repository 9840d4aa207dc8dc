/** All kinds of faults outside of the load: a new one is one file and one line here. Called by ../../faults.ts and coordinator/outside. */
import { assert } from "../../../../assert.ts";
import { call, callStep } from "./call.ts";
import { command, commandStep } from "./command.ts";
import { isolateWorker } from "./isolate-worker.ts";
import { killWorker } from "./kill-worker.ts";
import type { OutsideKind } from "./outside.ts";
import { pauseWorker } from "./pause-worker.ts";
import { resources } from "./resources.ts";
import { skewClock } from "./skew-clock.ts";
import type { WorkerAct } from "./worker-act.ts";

export const OUTSIDE_KINDS = [
  call,
  command,
  resources,
  killWorker,
  pauseWorker,
  isolateWorker,
  skewClock,
] as const;

/** Those that workers do to themselves: they may be asked for while a run goes on. */
export const WORKER_KINDS = OUTSIDE_KINDS.filter(({ on }) => on === "workers");

/** Those that clean-up has, by their shapes as its steps. */
export const CLEANUP_STEPS = [
  { kind: call.kind, shape: callStep },
  { kind: command.kind, shape: commandStep },
] as const;

/** What they do. */
export type OutsideAct = ReturnType<(typeof OUTSIDE_KINDS)[number]["strict"]>;

export function isWorkerAct(act: OutsideAct): act is Extract<OutsideAct, WorkerAct> {
  return WORKER_KINDS.some(({ kind }) => kind === act.kind);
}

/** The kind of this name, which has to be one. */
export function outsideKindOf(name: OutsideAct["kind"]): OutsideKind<OutsideAct> {
  const found = OUTSIDE_KINDS.find(({ kind }) => kind === name);
  assert(found !== undefined, `fault: there is no kind ${name}`);
  return found as unknown as OutsideKind<OutsideAct>;
}
