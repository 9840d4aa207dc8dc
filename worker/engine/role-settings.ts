/**
 * What the roles of a scenario have of their own, one entry each, by position in rolesOf. Made by the connection pool.
 * Invariant: nothing here changes but the schedules, when the plan does.
 */
import type { Profile } from "../../shared/load/profile.ts";
import { MessageSchedule } from "../../shared/load/schedule.ts";
import { rolesOf } from "../../shared/scenario/names.ts";
import type { StrictScenario } from "../../shared/scenario/strict.ts";
import type { RoleSettings, Scheduled } from "../connection/connection-host.ts";

export function roleSettings(scenario: StrictScenario): readonly RoleSettings[] {
  return rolesOf(scenario).map(({ connect, messages }) => ({
    connectTimeoutUs: connect.timeoutUs,
    heartbeat: connect.heartbeat,
    reconnect: connect.reconnect,
    inFlight: messages?.inFlight ?? 1,
  }));
}

/** When the connections of each role send, where they are paced one by one. */
export class RoleSchedules {
  readonly #scenario: StrictScenario;
  readonly #isTotal: readonly boolean[];
  #schedules: readonly (MessageSchedule | null)[] = [];

  constructor(scenario: StrictScenario, profile: Profile) {
    this.#scenario = scenario;
    this.#isTotal = rolesOf(scenario).map(({ messages }) => messages?.rate.kind === "total");
    this.follow(profile);
  }

  /** The plan is another. */
  follow(profile: Profile): void {
    const { seed } = this.#scenario;
    this.#schedules = rolesOf(this.#scenario).map(({ messages }) =>
      MessageSchedule.for({ seed, messages }, profile),
    );
  }

  /** Whether the role's messages are paced in total. */
  isTotal(role: number): boolean {
    return this.#isTotal[role] === true;
  }

  /** As of MessageSchedule; Infinity for a role that is not paced connection by connection. */
  firstSlot({ role, index }: Scheduled, session: number, openUs: number): number {
    const schedule = this.#schedules[role];
    return schedule ? schedule.firstSlot(index, session, openUs) : Number.POSITIVE_INFINITY;
  }

  nextSlot(connection: Scheduled, fromUs: number): number {
    const counter = connection.sendCounter++;
    const schedule = this.#schedules[connection.role];
    return schedule
      ? schedule.nextSlot(connection.index, counter, fromUs)
      : Number.POSITIVE_INFINITY;
  }
}
