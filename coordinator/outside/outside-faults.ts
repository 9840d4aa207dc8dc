/**
 * The faults outside of the load of one run: when they are due, and what came of them. Made by run/watch.ts, which has it look on each of
 * its rounds. Invariants: one that begins is in the journal, on disk, before it does, so nobody begins it twice, also not a
 * coordinator that starts again: of those under way it says that nobody knows what came of them, unless workers can tell. At most
 * MOST_AT_ONCE go on at a time; none outlives close(), which asks for the end of those that last.
 */
import type {
  Hands,
  OutsideResult,
} from "../../shared/scenario/sections/faults/outside/outside.ts";
import { outsideKindOf } from "../../shared/scenario/sections/faults/outside/registry.ts";
import { type OutsideTime, outsideTimes } from "../../shared/scenario/strict-outside.ts";
import { type ActiveRun, ignoreOperating } from "../active-run/active-run.ts";
import { workerActOf } from "../plan/worker-faults.ts";
import { handsFor, notDone, SECRETS_LOST, tellable } from "./hands.ts";
import { orderedBefore, orderWorkers } from "./worker-orders.ts";

const SECOND_US = 1_000_000;
/** Looked for this far ahead, so that each begins at its time. */
const AHEAD_US = SECOND_US;
/** What nobody could do at its time, because no coordinator was there, is not done so much later. */
const LATEST_US = 5 * SECOND_US;
const MOST_AT_ONCE = 16;

export class OutsideFaults {
  readonly #run: ActiveRun;
  readonly #over = new AbortController();
  /** Of those that are due soon. */
  readonly #timers = new Map<number, () => void>();
  readonly #underWay = new Set<Promise<void>>();

  constructor(run: ActiveRun) {
    this.#run = run;
    for (const time of this.#times()) {
      const told = run.log.fold.outside.told.get(time.position);
      if (told !== undefined && told.ended === null) this.#takeUp(time, told.ordered);
    }
  }

  /** Has those begin that are due soon. */
  look(): void {
    const { log, state, ending, timers } = this.#run;
    const { elapsedUs, fold } = log;
    if (state !== "running" || ending !== null || elapsedUs === null) return;
    for (const time of this.#times()) {
      const { position, atUs } = time;
      if (atUs - elapsedUs > AHEAD_US || fold.outside.told.has(position)) continue;
      if (this.#timers.has(position)) continue;
      const begin = () => this.#begin(time, fold.outside.told.has(position));
      const waitMs = Math.max(0, Math.ceil((atUs - elapsedUs) / 1000));
      this.#timers.set(position, timers.after(waitMs, begin));
    }
  }

  /** Ends what is under way; resolves when all of it is over. */
  async close(): Promise<void> {
    for (const cancel of this.#timers.values()) cancel();
    this.#over.abort();
    await Promise.all(this.#underWay);
  }

  #times(): readonly OutsideTime[] {
    // As searches have gone by now; what is done, as it was given: the facts lack its secrets.
    const { phases, outside: all } = this.#run.log.fold.facts.scenario;
    const { outside } = this.#run.plan.document.scenario;
    // Behind them those that were asked for while it goes on, which have none.
    return outsideTimes({ phases, outside: [...outside, ...all.slice(outside.length)] });
  }

  #begin(time: OutsideTime, isTold: boolean): void {
    const { log, ending } = this.#run;
    if (isTold || ending !== null || this.#over.signal.aborted) return;
    if ((log.elapsedUs ?? 0) - time.atUs > LATEST_US) {
      this.#say(time, notDone("no coordinator was there at its time"));
    } else if (this.#run.request.redacted === true && workerActOf(time.outside.act) === null) {
      this.#say(time, SECRETS_LOST);
    } else if (this.#underWay.size >= MOST_AT_ONCE) {
      this.#say(time, notDone(`${MOST_AT_ONCE} others are under way`));
    } else this.#follow(this.#do(time));
  }

  async #do(time: OutsideTime): Promise<void> {
    const { log } = this.#run;
    const { position, id, atUs, outside } = time;
    const { act } = outside;
    log.event({ type: "outside-began", position, id, kind: act.kind, atUs });
    await log.sync();
    this.#say(time, await outsideKindOf(act.kind).perform(act, this.#hands(time)));
    // Soon on disk: without it, nobody knows what came of it.
    await log.sync();
  }

  /** One that was under way when the last coordinator ended. */
  #takeUp(time: OutsideTime, ordered: { readonly epochs: readonly number[] } | null): void {
    const act = workerActOf(time.outside.act);
    if (act === null) this.#say(time, LOST);
    else {
      const { signal } = this.#over;
      this.#follow(
        orderedBefore(this.#run, time, { act, signal, ordered }).then((result) =>
          this.#say(time, result),
        ),
      );
    }
  }

  /** Close() waits for it. */
  #follow(doing: Promise<void>): void {
    const underWay = doing.catch(ignoreOperating);
    this.#underWay.add(underWay);
    void underWay.then(() => this.#underWay.delete(underWay));
  }

  #hands(time: OutsideTime): Hands {
    const { id, outside } = time;
    const { signal } = this.#over;
    return {
      ...handsFor(this.#run, { id, limitUs: outside.limitUs, signal }),
      order: (act) => orderWorkers(this.#run, time, { act, signal }),
    };
  }

  #say({ position, id }: OutsideTime, result: OutsideResult): void {
    this.#run.log.event({ type: "outside-ended", position, id, ...tellable(this.#run, result) });
  }
}

const LOST: OutsideResult = {
  ok: false,
  outcome: "nobody knows: the coordinator ended while it was under way, and it is not done again",
};
