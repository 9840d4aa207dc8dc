/**
 * The checkpoints of one run: which of them are reached, and what came of their actions. Made by run/watch.ts, which has it look on each
 * of its rounds. Invariants: that one is reached is in the journal, on disk, before its actions begin, so nobody begins them twice; none
 * outlives close(), and each is over at its limit.
 */
import type { ReachedCheckpoint } from "../../shared/scenario/sections/checkpoints/action.ts";
import {
  actionKindOf,
  type CheckpointAct,
} from "../../shared/scenario/sections/checkpoints/registry.ts";
import type { OutsideResult } from "../../shared/scenario/sections/faults/outside/outside.ts";
import type { StrictCheckpoint } from "../../shared/scenario/strict-beside.ts";
import { type ActiveRun, ignoreOperating } from "../active-run/active-run.ts";
import type { FaultDesk } from "../live/fault-desk.ts";
import { phaseSpans } from "../merge/facts.ts";
import { lacksSecrets, SECRETS_LOST, tellable } from "../outside/hands.ts";
import { actionHands } from "./actions.ts";
import { Condition, type Observed } from "./condition.ts";

export class Checkpoints {
  readonly #run: ActiveRun;
  readonly #faults: FaultDesk;
  readonly #all: readonly StrictCheckpoint[];
  /** Of those with a condition. */
  readonly #conditions = new Map<number, Condition>();
  readonly #over = new AbortController();
  readonly #underWay = new Set<Promise<void>>();

  constructor(run: ActiveRun, faults: FaultDesk) {
    const { fold } = run.log;
    this.#run = run;
    this.#faults = faults;
    this.#all = run.plan.document.scenario.checkpoints ?? [];
    for (const [at, checkpoint] of this.#all.entries()) {
      const { when } = checkpoint;
      const judged = fold.closedThrough() + 1;
      if (when !== null) this.#conditions.set(at, new Condition(checkpoint, when, judged));
      if (fold.beside.checkpoints.has(at)) this.#begin(this.#takeUp(at, checkpoint));
    }
  }

  /** Sees which are reached by now. */
  look(): void {
    const { log, state, ending } = this.#run;
    if (state !== "running" || ending !== null) return;
    for (const [at, checkpoint] of this.#all.entries()) {
      if (log.fold.beside.checkpoints.has(at)) continue;
      const observed = this.#reached(at, checkpoint);
      if (observed === null) continue;
      log.event({ type: "checkpoint-reached", checkpoint: at, name: checkpoint.name, observed });
      this.#begin(this.#act(at, checkpoint));
    }
  }

  /** Resolves when all that is under way is over: at its limit, or at once when the run was cut by hand. */
  async close(): Promise<void> {
    const { end } = this.#run.log.fold;
    if (end?.mode === "abort") this.#over.abort();
    await Promise.all(this.#underWay);
  }

  /** What its condition has read; null: it is not reached. */
  #reached(at: number, { phase, offsetUs }: StrictCheckpoint): Observed | null {
    const { fold, elapsedUs } = this.#run.log;
    const fromUs = (phaseSpans(fold.facts.scenario)[phase]?.fromUs ?? 0) + offsetUs;
    if ((elapsedUs ?? -1) < fromUs) return null;
    const condition = this.#conditions.get(at);
    return condition === undefined ? {} : condition.look(fold, fromUs);
  }

  #begin(doing: Promise<void>): void {
    const settled = doing.catch(ignoreOperating);
    this.#underWay.add(settled);
    void settled.then(() => this.#underWay.delete(settled));
  }

  async #act(at: number, checkpoint: StrictCheckpoint): Promise<void> {
    await this.#run.log.sync();
    await allOver(checkpoint.actions.map((act, action) => this.#do(at, action, act)));
    await this.#run.log.sync();
  }

  /** Of a checkpoint that was reached under a coordinator before this one. */
  async #takeUp(at: number, checkpoint: StrictCheckpoint): Promise<void> {
    const told = this.#run.log.fold.beside.checkpoints.get(at);
    const open = checkpoint.actions.map((act, action) => {
      if (told?.actions.has(action)) return Promise.resolve();
      if (actionKindOf(act.kind).isIdempotent) return this.#do(at, action, act);
      this.#say(at, action, LOST);
      return Promise.resolve();
    });
    await allOver(open);
    await this.#run.log.sync();
  }

  async #do(at: number, action: number, act: CheckpointAct): Promise<void> {
    const run = this.#run;
    if (lacksSecrets(run, act)) return this.#say(at, action, SECRETS_LOST);
    const hands = actionHands(run, {
      faults: this.#faults,
      reached: this.#tale(at),
      key: `${at}.${action}`,
      signal: this.#over.signal,
    });
    this.#say(at, action, tellable(run, await actionKindOf(act.kind).perform(act, hands)));
  }

  #tale(at: number): ReachedCheckpoint {
    const { id, log } = this.#run;
    const told = log.fold.beside.checkpoints.get(at);
    const { name: checkpoint = "", when = null } = this.#all[at] ?? {};
    const seconds = Math.round((told?.atUs ?? 0) / 1000) / 1000;
    const { name: scenario } = log.fold.facts.scenario;
    return { run: id, scenario, checkpoint, when, at: seconds, observed: told?.observed ?? {} };
  }

  #say(checkpoint: number, action: number, { ok, outcome }: OutsideResult): void {
    const { name = "", actions = [] } = this.#all[checkpoint] ?? {};
    const kind = actions[action]?.kind ?? "";
    const said = { checkpoint, action, name, kind, ok, outcome };
    this.#run.log.event({ type: "checkpoint-acted", ...said });
  }
}

/** When one of them fails, the others are waited for all the same. @throws what the first of those has that failed */
async function allOver(doing: readonly Promise<void>[]): Promise<void> {
  for (const one of await Promise.allSettled(doing)) {
    if (one.status === "rejected") throw one.reason;
  }
}

const LOST: OutsideResult = {
  ok: false,
  outcome: "nobody knows: the coordinator ended while it was under way, and it is not begun again",
};
