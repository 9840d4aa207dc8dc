/**
 * A bounded sample of things that come in any order. Used by failure-events.ts. Invariant: which are kept depends on the things
 * alone: those whose hash is below a limit, which is halved whenever there are too many. So each is kept with the same chance,
 * and stands for `factor` of them.
 */

const HASHES = 2 ** 32;

export class Thinned<T> {
  readonly #most: number;
  #kept: { readonly hash: number; readonly item: T }[] = [];
  #factor = 1;

  constructor(most: number) {
    this.#most = most;
  }

  /** @param hash uniform over 32 bits, a function of the thing's identity */
  add(hash: number, item: T): void {
    if (hash >= HASHES / this.#factor) return;
    this.#kept.push({ hash, item });
    while (this.#kept.length > this.#most) {
      this.#factor *= 2;
      this.#kept = this.#kept.filter((one) => one.hash < HASHES / this.#factor);
    }
  }

  get factor(): number {
    return this.#factor;
  }

  get items(): readonly T[] {
    return this.#kept.map(({ item }) => item);
  }
}
