/**
 * A seeded permutation of 0..n-1 that is computed, not kept: which row of a shuffled table is the k-th. Called by render.ts. Pure.
 * Invariant: for one seed, key and n every value comes exactly once; 5 draws or so each.
 *
 * A Feistel network of four rounds over the least even number of bits that holds n; what falls outside of n goes round
 * again (J. Black and P. Rogaway, "Ciphers with Arbitrary Finite Domains", 2002).
 */
import { draw32, Stream } from "../../time/random.ts";

const ROUNDS = 4;

/** @param key keeps permutations of one seed apart, such as those of several tables, or rounds */
export function permuted(seed: number, key: number, at: number, n: number): number {
  if (n < 2) return 0;
  const half = Math.max(1, Math.ceil(Math.log2(n) / 2));
  const mask = 2 ** half - 1;
  let value = at;
  do {
    let left = value >>> half;
    let right = value & mask;
    for (let round = 0; round < ROUNDS; round++) {
      const mixed = left ^ (draw32(seed, Stream.shuffle, right, key * ROUNDS + round) & mask);
      left = right;
      right = mixed;
    }
    value = ((left << half) | right) >>> 0;
  } while (value >= n);
  return value;
}
