/**
 * The choices a connection makes by seed: its target, its messages, its jitter. Used by the connection pool.
 * Invariant: each is a pure function of the scenario and of the connection's index, so it does not matter
 * which engine makes it.
 */
import { messageIndexFor } from "../../shared/load/schedule.ts";
import type { StrictScenario } from "../../shared/scenario/strict.ts";
import { drawUnit, Stream } from "../../shared/time/random.ts";

export class Choices {
  readonly #seed: number;
  readonly #messageWeights: readonly number[];
  readonly #targetWeights: readonly number[];

  constructor(scenario: StrictScenario) {
    this.#seed = scenario.seed;
    this.#messageWeights = runningSums((scenario.messages?.mix ?? []).map(({ weight }) => weight));
    this.#targetWeights = runningSums(scenario.targets.map(({ weight }) => weight));
  }

  /** Which target the connection opens to. */
  targetFor(index: number): number {
    const last = this.#targetWeights.length - 1;
    if (last === 0) return 0;
    const unit = drawUnit(this.#seed, Stream.target, index, 0);
    const point = unit * (this.#targetWeights[last] ?? 0);
    const at = this.#targetWeights.findIndex((weight) => point < weight);
    return at < 0 ? last : at;
  }

  /** Which message of the mix is the `counter`-th. */
  messageFor(index: number, counter: number): number {
    if (this.#messageWeights.length === 1) return 0;
    return messageIndexFor(this.#seed, index, counter, this.#messageWeights);
  }

  /** Uniform in [0, 1). */
  jitter(index: number, counter: number): number {
    return drawUnit(this.#seed, Stream.backoff, index, counter);
  }
}

function runningSums(weights: readonly number[]): number[] {
  let sum = 0;
  return weights.map((weight) => {
    sum += weight;
    return sum;
  });
}
