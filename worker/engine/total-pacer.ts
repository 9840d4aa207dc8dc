/**
 * Paces messages whose rate is given for all open connections together, or all of a role: walks the run's sequence of
 * slots for each such rate, and sends those that belong to this engine's shards. Driven by the engine, once a turn.
 * Invariant: every slot up to now was looked at exactly once.
 */
import type { Population } from "../../shared/load/arrivals.ts";
import { Crowd } from "../../shared/load/crowd.ts";
import { RoleAssignment } from "../../shared/load/roles.ts";
import { TotalSchedule } from "../../shared/load/total-schedule.ts";
import { rolesOf } from "../../shared/scenario/names.ts";
import type { StrictScenario } from "../../shared/scenario/strict.ts";

/** Keeps the draws of roles apart; those of the first are those of a run without roles. */
const ROLE_SEED = 0x9e3779b9;
/** Slots of one rate looked at in one turn, so that a pause cannot keep the engine from its sockets. */
const SLOTS_PER_TURN = 20_000;

/** Who sends: the engine's pool of connections. */
export interface SlotSender {
  sendTotal(index: number, slot: number, intendedUs: number): void;
}

export class TotalPacer {
  #schedules: readonly TotalSchedule[];
  readonly #isOurs: (index: number, atUs: number) => boolean;

  private constructor(
    schedules: readonly TotalSchedule[],
    isOurs: (index: number, atUs: number) => boolean,
  ) {
    this.#schedules = schedules;
    this.#isOurs = isOurs;
    for (const schedule of schedules) schedule.next();
  }

  /** null when the scenario paces each connection by itself, or sends nothing. */
  static for(
    scenario: StrictScenario,
    population: Population,
    isOurs: (index: number, atUs: number) => boolean,
  ): TotalPacer | null {
    const schedules = schedulesOf(scenario, population);
    return schedules.length === 0 ? null : new TotalPacer(schedules, isOurs);
  }

  /** When the next slot is due, whoever sends it; Infinity after the last one. */
  get nextUs(): number {
    let nextUs = Number.POSITIVE_INFINITY;
    for (const { atUs } of this.#schedules) nextUs = Math.min(nextUs, atUs);
    return nextUs;
  }

  /** The plan is another from fromUs on. */
  follow(scenario: StrictScenario, population: Population, fromUs: number): void {
    const schedules = schedulesOf(scenario, population);
    for (const [at, schedule] of schedules.entries()) {
      // What comes next stays what comes next, if it does before.
      schedule.seek(Math.min(this.#schedules[at]?.atUs ?? fromUs, fromUs));
    }
    this.#schedules = schedules;
  }

  advance(nowUs: number, sender: SlotSender): void {
    for (const slot of this.#schedules) {
      for (let looked = 0; looked < SLOTS_PER_TURN && slot.atUs <= nowUs; looked++) {
        if (slot.connection >= 0 && this.#isOurs(slot.connection, slot.atUs)) {
          sender.sendTotal(slot.connection, slot.slot, slot.atUs);
        }
        slot.next();
      }
    }
  }
}

/** One for each role whose rate is a total. */
function schedulesOf(scenario: StrictScenario, population: Population): TotalSchedule[] {
  const assignment = RoleAssignment.of(scenario);
  return rolesOf(scenario).flatMap(({ messages }, role) => {
    if (messages?.rate.kind !== "total") return [];
    const seed = (scenario.seed + Math.imul(role, ROLE_SEED)) >>> 0;
    const crowd = Crowd.ofRole(population, assignment, role);
    return [new TotalSchedule({ seed, messages }, population, crowd)];
  });
}
