/**
 * The connections that share a total rate: all of a run, or those of one role. Called by the total message schedule. Pure.
 * Invariant: whoever the plan has open of them at a moment is found without allocating.
 */

import type { Arrivals, Population } from "./arrivals.ts";
import type { Profile } from "./profile.ts";
import { below } from "./rising.ts";
import type { RoleAssignment } from "./roles.ts";

export class Crowd {
  readonly arrivals: Arrivals;
  readonly #profile: Profile;
  readonly #closed: number;
  /** Of the closed model, rising; null: all. */
  readonly #held: Uint32Array | null;
  /** Index of each arrival; null: they follow the closed model. */
  readonly #arrived: Uint32Array | null;

  private constructor(
    { profile, closed }: Population,
    arrivals: Arrivals,
    members: { readonly held: Uint32Array; readonly arrived: Uint32Array } | null,
  ) {
    this.arrivals = arrivals;
    this.#profile = profile;
    this.#closed = closed;
    this.#held = members?.held ?? null;
    this.#arrived = members?.arrived ?? null;
  }

  static ofAll(population: Population): Crowd {
    return new Crowd(population, population.arrivals, null);
  }

  static ofRole(population: Population, roles: RoleAssignment, role: number): Crowd {
    const { closed, connections, arrivals } = population;
    if (roles.size === 1) return Crowd.ofAll(population);
    const all = roles.membersBelow(role, connections);
    const first = below(all, closed);
    const members = { held: all.subarray(0, first), arrived: all.subarray(first) };
    const pick = (times: Float64Array) =>
      Float64Array.from(members.arrived, (index) => times[index - closed] ?? 0);
    const own = { openUs: pick(arrivals.openUs), closeUs: pick(arrivals.closeUs) };
    return new Crowd(population, own, members);
  }

  /** Connections of the closed model that are open by plan. */
  heldAt(tUs: number): number {
    const all = this.#profile.concurrencyAt(tUs);
    return this.#held === null ? all : below(this.#held, all);
  }

  /** Index of the `rank`-th of them. */
  heldIndex(rank: number): number {
    return this.#held === null ? rank : (this.#held[rank] as number);
  }

  /** Index of an arrival of `arrivals`. */
  arrivalIndex(arrival: number): number {
    return this.#arrived === null ? this.#closed + arrival : (this.#arrived[arrival] as number);
  }
}
