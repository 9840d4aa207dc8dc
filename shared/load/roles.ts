/**
 * Which role each connection has, by its index. Called by engines, and by whoever says what a plan comes to. A pure function of
 * (seed, shares): any process finds the same. Invariant: of the first n connections, for every n, each role has its share of
 * n, rounded down or up.
 *
 * Of the roles that may have the next index without exceeding their share, rounded up, the one that would first fall below its
 * share, rounded down, gets it (the quota method of Balinski and Young, 1975: earliest deadline first). That alone gives
 * patterns as regular as the shards, which hold every S-th index: one worker might get all of a role. So within each block of
 * BLOCK indices roles change places by the seed, as far as the invariant lets them.
 */
import { assert } from "../assert.ts";
import { MAX_ROLES } from "../scenario/limits.ts";
import { rolesOf } from "../scenario/names.ts";
import type { StrictScenario } from "../scenario/strict.ts";
import { drawUnit, Stream } from "../time/random.ts";

/** Shares are whole billionths, so that sums over the most connections there may be stay exact. */
const WHOLE = 1_000_000_000;
/** No power of two, as the number of shards is: blocks begin at every residue. */
const BLOCK = 251;

export class RoleAssignment {
  readonly #seed: number;
  readonly #shares: readonly number[];
  /** Of each role: the connections before the next block that have it. */
  readonly #counts: number[];
  /** Role of each index so far; a whole number of blocks. */
  #roles = new Uint8Array(0);
  #known = 0;

  /** @param shares more than 0 each, 1 in all; at most MAX_ROLES of them */
  constructor(seed: number, shares: readonly number[]) {
    assert(shares.length > 0 && shares.length <= MAX_ROLES, "roles: too few or too many");
    this.#seed = seed;
    this.#shares = billionths(shares);
    this.#counts = shares.map(() => 0);
  }

  static of(scenario: StrictScenario): RoleAssignment {
    return new RoleAssignment(
      scenario.seed,
      rolesOf(scenario).map(({ share }) => share),
    );
  }

  /** How many roles there are. */
  get size(): number {
    return this.#shares.length;
  }

  roleOf(index: number): number {
    if (this.#shares.length === 1) return 0;
    while (index >= this.#known) this.#addBlock();
    return this.#roles[index] as number;
  }

  /** The first `count` connections that have the role, rising; fewer, when there are fewer below `below`. */
  membersBelow(role: number, below: number): Uint32Array {
    const members = new Uint32Array(below);
    let found = 0;
    for (let index = 0; index < below; index++) {
      if (this.roleOf(index) === role) members[found++] = index;
    }
    return members.slice(0, found);
  }

  /** Of each role: how many of the first `connections` have it. */
  countsBelow(connections: number): number[] {
    if (this.#shares.length === 1) return [connections];
    const counts = this.#shares.map(() => 0);
    for (let index = 0; index < connections; index++) {
      const role = this.roleOf(index);
      counts[role] = (counts[role] as number) + 1;
    }
    return counts;
  }

  #addBlock(): void {
    const first = this.#known;
    if (first + BLOCK > this.#roles.length) {
      const grown = new Uint8Array(Math.max(16 * BLOCK, this.#roles.length * 2));
      grown.set(this.#roles);
      this.#roles = grown;
    }
    const counts = [...this.#counts];
    for (let index = first; index < first + BLOCK; index++) {
      const role = this.#mostUrgent(index, counts);
      this.#roles[index] = role;
      counts[role] = (counts[role] as number) + 1;
    }
    this.#mix(first);
    this.#known = first + BLOCK;
  }

  #mostUrgent(index: number, counts: readonly number[]): number {
    let best = -1;
    let soonest = Number.POSITIVE_INFINITY;
    for (let role = 0; role < counts.length; role++) {
      if (!this.#mayHave(role, counts[role] as number, index)) continue;
      const deadline = this.#deadline(role, counts[role] as number);
      if (deadline >= soonest) continue;
      best = role;
      soonest = deadline;
    }
    return best;
  }

  /** One more at this index does not exceed the share of the connections up to it, rounded up. */
  #mayHave(role: number, count: number, index: number): boolean {
    return count * WHOLE < (this.#shares[role] as number) * (index + 1);
  }

  /** Number of connections by which the role needs one more than `count`. */
  #deadline(role: number, count: number): number {
    return Math.ceil(((count + 1) * WHOLE) / (this.#shares[role] as number));
  }

  /** Leaves the counts at both ends of the block as they are; moves #counts to its end. */
  #mix(first: number): void {
    const roles = this.#roles;
    const counts = this.#counts;
    for (let index = first; index < first + BLOCK; index++) {
      const other = this.#exchangeFor(index, first + BLOCK);
      const own = roles[index] as number;
      const role = roles[other] as number;
      roles[index] = role;
      roles[other] = own;
      counts[role] = (counts[role] as number) + 1;
    }
  }

  /**
   * An index from `index` on whose role may stand here, and ours there: the first of each role that may is a candidate. One
   * with n places left until it has to come is drawn once in n times, so that a role that has a window to itself is anywhere
   * in it.
   */
  #exchangeFor(index: number, end: number): number {
    const own = this.#roles[index] as number;
    const ownCount = this.#counts[own] as number;
    const { at: places, weight: weights } = this.#candidates;
    let found = 0;
    let all = 0;
    let ownsBetween = 0;
    this.#seen.fill(0, 0, this.#shares.length);
    this.#seen[own] = 1;
    for (let at = index + 1; at < end; at++) {
      // Of the connections before `at`, ours has one fewer when it moves there.
      if ((ownCount + ownsBetween + 1) * WHOLE <= (this.#shares[own] as number) * at) break;
      const role = this.#roles[at] as number;
      if (role === own) ownsBetween++;
      if (this.#seen[role] === 1) continue;
      this.#seen[role] = 1;
      const count = this.#counts[role] as number;
      if (!this.#mayHave(role, count, index)) continue;
      const weight = 1 / Math.max(1, this.#deadline(role, count) - index);
      places[found] = at;
      weights[found++] = weight;
      all += weight;
    }
    if (found === 0) return index;
    let left = drawUnit(this.#seed, Stream.role, index, 0) * Math.max(1, all);
    for (let at = 0; at < found; at++) {
      left -= weights[at] as number;
      if (left < 0) return places[at] as number;
    }
    return index;
  }

  readonly #seen = new Uint8Array(MAX_ROLES);
  readonly #candidates = { at: new Int32Array(MAX_ROLES), weight: new Float64Array(MAX_ROLES) };
}

/** By largest remainder, so that they are one in all. */
function billionths(shares: readonly number[]): readonly number[] {
  const sum = shares.reduce((all, share) => all + share, 0);
  const exact = shares.map((share) => (share / sum) * WHOLE);
  const whole = exact.map((share) => Math.max(1, Math.floor(share)));
  const byRemainder = [...exact.keys()].sort(
    (a, b) => fraction(exact[b] as number) - fraction(exact[a] as number) || a - b,
  );
  let left = WHOLE - whole.reduce((all, share) => all + share, 0);
  for (let at = 0; left !== 0; at++) {
    const role = byRemainder[at % byRemainder.length] as number;
    whole[role] = (whole[role] as number) + Math.sign(left);
    left -= Math.sign(left);
  }
  return whole;
}

function fraction(value: number): number {
  return value - Math.floor(value);
}
