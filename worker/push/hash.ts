/**
 * Hashes of scopes and keys: 53 bits, so that they are exact as numbers; two differ for different values but for a chance of one
 * in 10^4 among a million of them. Called by the push observer. Mixing is that of cyrb53 (bryc, public domain).
 * Invariant: the same in every engine of every worker.
 */

const number = new Float64Array(1);
const words = new Uint32Array(number.buffer);

/** Of what an expression gave; a number is another value than its text. @param seed tells equal values apart */
export function hashOf(value: string | number | boolean, seed: number): number {
  let high = 0xdeadbeef ^ seed;
  let low = 0x41c6ce57 ^ seed;
  if (typeof value === "string") {
    for (let at = 0; at < value.length; at++) {
      const unit = value.charCodeAt(at);
      high = Math.imul(high ^ unit, 2654435761);
      low = Math.imul(low ^ unit, 1597334677);
    }
  } else {
    number[0] = Number(value);
    for (let at = 0; at < 2; at++) {
      const word = words[at] as number;
      high = Math.imul(high ^ word, 2654435761) ^ (high >>> 15);
      low = Math.imul(low ^ word, 1597334677) ^ (low >>> 13);
    }
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
  return 4294967296 * (0x1fffff & low) + (high >>> 0);
}
