/**
 * Counter-based randomness: every draw is a pure function of (seed, stream, index, counter), so who
 * computes it, and in which order, does not matter. That is what makes a plan the same on 1 or 50
 * shards. Mixing is the 32-bit finaliser of MurmurHash3 applied per word (Austin Appleby, public domain).
 */

/** Streams keep draws for different purposes independent of one another. */
export const Stream = {
  messageOffset: 1,
  messageGap: 2,
  messageKind: 3,
  payloadSize: 4,
  arrival: 5,
  stay: 6,
  backoff: 7,
  template: 8,
  target: 9,
  uuid: 10,
  data: 11,
  behaviour: 12,
  slot: 13,
  resample: 14,
  flow: 15,
  role: 16,
  shuffle: 17,
  network: 18,
  sample: 19,
} as const;
export type Stream = (typeof Stream)[keyof typeof Stream];

function finalise(word: number): number {
  let h = word | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** A uniform unsigned 32-bit integer for (seed, stream, index, counter). */
export function draw32(seed: number, stream: Stream, index: number, counter: number): number {
  let h = finalise(seed ^ 0x9e3779b9);
  h = finalise(h ^ Math.imul(stream, 0x7feb352d));
  h = finalise(h ^ (index | 0) ^ 0x68e31da4);
  // Counters above 2^32 fold their high word in, so long runs do not repeat.
  h = finalise(h ^ (counter | 0));
  if (counter >= 4294967296) h = finalise(h ^ Math.floor(counter / 4294967296));
  return finalise(h ^ 0x1b873593) >>> 0;
}

/** A uniform number in [0, 1) with 32 bits of resolution. */
export function drawUnit(seed: number, stream: Stream, index: number, counter: number): number {
  return draw32(seed, stream, index, counter) / 4294967296;
}

/** An exponentially distributed number with mean 1 (inverse transform; never infinite). */
export function drawExponential(
  seed: number,
  stream: Stream,
  index: number,
  counter: number,
): number {
  // The unit is a multiple of 2^-32, so 1 - unit is exact and needs no log1p.
  return -Math.log(1 - drawUnit(seed, stream, index, counter));
}
