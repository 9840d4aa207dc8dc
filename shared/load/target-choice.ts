/**
 * Which target each connection opens to, by the weights of targets. Called by engines, and by whoever counts the victims of a
 * fault. Invariant: a pure function of (seed, weights, index).
 */
import type { StrictScenario } from "../scenario/strict.ts";
import { drawUnit, Stream } from "../time/random.ts";

export class TargetChoice {
  readonly #seed: number;
  /** Running sums. */
  readonly #weights: readonly number[];

  constructor({ seed, targets }: Pick<StrictScenario, "seed" | "targets">) {
    this.#seed = seed;
    this.#weights = runningSums(targets.map(({ weight }) => weight));
  }

  /** Position of the target. */
  targetFor(index: number): number {
    const last = this.#weights.length - 1;
    if (last === 0) return 0;
    const unit = drawUnit(this.#seed, Stream.target, index, 0);
    const point = unit * (this.#weights[last] ?? 0);
    const at = this.#weights.findIndex((weight) => point < weight);
    return at < 0 ? last : at;
  }
}

export function runningSums(weights: readonly number[]): number[] {
  let sum = 0;
  return weights.map((weight) => {
    sum += weight;
    return sum;
  });
}
