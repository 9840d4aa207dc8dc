/**
 * Histograms of a second that is over, as few bytes: each place with its non-empty buckets, in variable-length integers. Used
 * by series.ts alone; never on the wire or in a file that outlives the process. Invariant: what is unpacked equals the sum of
 * what was packed. Not compressed further: that takes longer than all else in merging, and gains little.
 */

import { BUCKETS } from "../../../shared/stats/hdr-v2.ts";
import type { DecodedHistogram } from "../../../shared/stats/histogram.ts";

export type Sparse = Pick<DecodedHistogram, "count" | "buckets" | "counts">;

/** Where it was measured; the numbers are those of a frame, -1 is a name. */
export interface Place {
  readonly metric: number;
  readonly phase: number;
  readonly name: number;
}

export interface Piece extends Place {
  readonly values: Sparse;
}

/** Of a bucket: the distance to the one before, and a count up to 2^53. */
const MAX_BYTES = 3 + 8;
const HEAD_BYTES = 4 * 5;
/** Of the length, so that what is not wanted is skipped. */
const LENGTH_BYTES = 4;

const sums = new Float64Array(BUCKETS);
let scratch = new Uint8Array(1 << 16);

/** One histogram a place: the sum of its pieces. */
export function pack(places: readonly (readonly [Piece, ...Piece[]])[]): Uint8Array {
  let at = 0;
  for (const pieces of places) at = packSum(pieces, at);
  return scratch.slice(0, at);
}

function packSum([first, ...rest]: readonly [Piece, ...Piece[]], start: number): number {
  const { lowest, highest, used } = addUp([first, ...rest]);
  reserve(start + HEAD_BYTES + LENGTH_BYTES + used * MAX_BYTES);
  let at = start;
  for (const number of [first.metric, first.phase, first.name + 1, used]) at = write(number, at);
  const lengthAt = at;
  at += LENGTH_BYTES;
  let before = 0;
  for (let bucket = lowest; bucket <= highest; bucket++) {
    const count = sums[bucket] as number;
    if (count === 0) continue;
    at = write(count, write(bucket - before, at));
    before = bucket;
    sums[bucket] = 0;
  }
  new DataView(scratch.buffer).setUint32(lengthAt, at - lengthAt - LENGTH_BYTES);
  return at;
}

function addUp(pieces: readonly Piece[]) {
  let lowest = BUCKETS;
  let highest = -1;
  let used = 0;
  for (const { values } of pieces) {
    const { buckets, counts } = values;
    for (let entry = 0; entry < buckets.length; entry++) {
      const bucket = buckets[entry] as number;
      if (sums[bucket] === 0) used++;
      sums[bucket] = (sums[bucket] as number) + (counts[entry] as number);
    }
    if (buckets.length === 0) continue;
    lowest = Math.min(lowest, buckets[0] as number);
    highest = Math.max(highest, buckets[buckets.length - 1] as number);
  }
  return { lowest, highest, used };
}

/** Those of the places that are wanted. */
export function* unpack(bytes: Uint8Array, wants: (place: Place) => boolean): Generator<Piece> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < bytes.length; ) {
    // Whoever is given a piece may unpack another second before the next one.
    reader.bytes = bytes;
    reader.at = at;
    const place = { metric: read(), phase: read(), name: read() - 1 };
    const used = read();
    const from = reader.at + LENGTH_BYTES;
    at = from + view.getUint32(reader.at);
    reader.at = from;
    if (wants(place)) yield { ...place, values: readValues(used) };
  }
}

const reader: { bytes: Uint8Array; at: number } = { bytes: scratch, at: 0 };

function readValues(used: number): Sparse {
  const buckets = new Uint16Array(used);
  const counts = new Float64Array(used);
  let bucket = 0;
  let count = 0;
  for (let entry = 0; entry < used; entry++) {
    bucket += read();
    buckets[entry] = bucket;
    const value = read();
    counts[entry] = value;
    count += value;
  }
  return { count, buckets, counts };
}

function write(number: number, start: number): number {
  let at = start;
  let rest = number;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) scratch[at++] = (rest % 0x80) + 0x80;
  scratch[at++] = rest;
  return at;
}

function read(): number {
  const { bytes } = reader;
  let value = 0;
  let scale = 1;
  for (;;) {
    const byte = bytes[reader.at++] as number;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return value;
    scale *= 0x80;
  }
}

function reserve(length: number): void {
  if (length <= scratch.length) return;
  const grown = new Uint8Array(Math.max(length, 2 * scratch.length));
  grown.set(scratch);
  scratch = grown;
}
