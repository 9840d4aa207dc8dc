/**
 * Paces messages whose rate is given for all open connections together: walks the run's one sequence of
 * slots and sends those that belong to this engine's shards. Driven by the engine, once a turn.
 * Invariant: every slot up to now was looked at exactly once.
 */
import type { Population } from "../../shared/load/arrivals.ts";
import { TotalSchedule } from "../../shared/load/total-schedule.ts";
import type { StrictScenario } from "../../shared/scenario/strict.ts";

/** Slots looked at in one turn, so that a pause cannot keep the engine from its sockets. */
const SLOTS_PER_TURN = 20_000;

/** Who sends: the engine's pool of connections. */
export interface SlotSender {
  sendTotal(index: number, slot: number, intendedUs: number): void;
}

export class TotalPacer {
  #schedule: TotalSchedule;
  readonly #isOurs: (index: number, atUs: number) => boolean;

  private constructor(schedule: TotalSchedule, isOurs: (index: number, atUs: number) => boolean) {
    this.#schedule = schedule;
    this.#isOurs = isOurs;
    this.#schedule.next();
  }

  /** null when the scenario paces each connection by itself, or sends nothing. */
  static for(
    scenario: StrictScenario,
    population: Population,
    isOurs: (index: number, atUs: number) => boolean,
  ): TotalPacer | null {
    if (scenario.messages?.rate.kind !== "total") return null;
    return new TotalPacer(new TotalSchedule(scenario, population), isOurs);
  }

  /** When the next slot is due, whoever sends it; Infinity after the last one. */
  get nextUs(): number {
    return this.#schedule.atUs;
  }

  /** The plan is another from fromUs on. */
  follow(scenario: StrictScenario, population: Population, fromUs: number): void {
    const schedule = new TotalSchedule(scenario, population);
    // What comes next stays what comes next, if it does before.
    schedule.seek(Math.min(this.#schedule.atUs, fromUs));
    this.#schedule = schedule;
  }

  advance(nowUs: number, sender: SlotSender): void {
    const slot = this.#schedule;
    for (let looked = 0; looked < SLOTS_PER_TURN && slot.atUs <= nowUs; looked++) {
      if (slot.connection >= 0 && this.#isOurs(slot.connection, slot.atUs)) {
        sender.sendTotal(slot.connection, slot.slot, slot.atUs);
      }
      slot.next();
    }
  }
}
