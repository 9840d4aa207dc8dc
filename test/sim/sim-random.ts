/** Seeded choices of a simulation: the same seed chooses the same, call by call. */
import { draw32, drawUnit, Stream } from "../../shared/time/random.ts";

export class SimRandom {
  readonly #seed: number;
  readonly #index: number;
  #drawn = 0;

  /** @param index keeps the choices of different users of one seed apart */
  constructor(seed: number, index: number) {
    this.#seed = seed;
    this.#index = index;
  }

  /** 0 <= x < 1 */
  unit(): number {
    return drawUnit(this.#seed, Stream.behaviour, this.#index, this.#drawn++);
  }

  /** An integer, both ends included. */
  int(from: number, to: number): number {
    return (
      from + (draw32(this.#seed, Stream.behaviour, this.#index, this.#drawn++) % (to - from + 1))
    );
  }

  chance(probability: number): boolean {
    return this.unit() < probability;
  }

  pick<T>(values: readonly T[]): T {
    return values[this.int(0, values.length - 1)] as T;
  }
}
