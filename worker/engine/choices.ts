/**
 * The choices a connection makes by seed: its role, its target, its messages, its jitter. Used by the connection pool.
 * Invariant: each is a pure function of the scenario and of the connection's index, so it does not matter
 * which engine makes it.
 */
import { RoleAssignment } from "../../shared/load/roles.ts";
import { messageIndexFor } from "../../shared/load/schedule.ts";
import { runningSums, TargetChoice } from "../../shared/load/target-choice.ts";
import { positionsOf, rolesOf } from "../../shared/scenario/names.ts";
import type { StrictScenario } from "../../shared/scenario/strict.ts";
import { drawUnit, Stream } from "../../shared/time/random.ts";

const NONE = -1;

/** The messages of a role. */
interface Mix {
  /** Position in namesOf of its first message; the others follow. */
  readonly first: number;
  readonly weights: readonly number[];
}

export class Choices {
  readonly #seed: number;
  readonly #roles: RoleAssignment;
  readonly #mixes: readonly Mix[];
  readonly #targets: TargetChoice;

  constructor(scenario: StrictScenario) {
    this.#seed = scenario.seed;
    this.#roles = RoleAssignment.of(scenario);
    this.#mixes = rolesOf(scenario).map(({ messages }, role) => ({
      first: positionsOf(scenario, "message", role)[0] ?? 0,
      weights: runningSums((messages?.mix ?? []).map(({ weight }) => weight)),
    }));
    this.#targets = new TargetChoice(scenario);
  }

  /** Which role the connection has. */
  roleFor(index: number): number {
    return this.#roles.roleOf(index);
  }

  /** Which target the connection opens to. */
  targetFor(index: number): number {
    return this.#targets.targetFor(index);
  }

  /** Which message of its role's mix is the connection's `counter`-th: its position in namesOf; NONE: it has no mix. */
  messageFor(role: number, index: number, counter: number): number {
    const { first, weights } = this.#mixes[role] as Mix;
    if (weights.length === 1) return first;
    if (weights.length === 0) return NONE;
    return first + messageIndexFor(this.#seed, index, counter, weights);
  }

  /** Uniform in [0, 1). */
  jitter(index: number, counter: number): number {
    return drawUnit(this.#seed, Stream.backoff, index, counter);
  }
}
