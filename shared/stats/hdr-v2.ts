/**
 * HdrHistogram's bucket arithmetic and V2 encoding for the one configuration Onrush uses: values 1 us to
 * 1 h, 3 significant digits. Called by histogram.ts only. The layout follows the V2 format of
 * HdrHistogram (Gil Tene, public domain): a 40-byte header, then ZigZag LEB128 words, where a negative
 * word -n stands for n empty buckets; the whole deflated behind an 8-byte header.
 * Invariant: encoded input is hostile; it is checked before anything it claims is allocated or added.
 */
import { constants, deflateSync, inflateSync } from "node:zlib";
import { OnrushError } from "../errors.ts";

/** Largest value that is distinguished: one hour, in microseconds. */
export const MAX_VALUE_US = 3_600_000_000;

/** 2048 sub-buckets keep 3 digits; each further bucket of 1024 doubles the range and the step. */
const SINGLE_STEP_VALUES = 2048;
const HALF_BUCKET = 1024;

/** Buckets in all; indices are below it. */
export const BUCKETS = bucketOf(MAX_VALUE_US) + 1;

const COMPRESSED_COOKIE = 0x1c849314;
const COOKIE = 0x1c849313;
const OUTER_HEADER = 8;
const HEADER = 40;
/** Counts stay below 2^53, so a ZigZag word has at most 54 bits: eight bytes. */
const MAX_WORD_BYTES = 8;
const MAX_INFLATED = HEADER + BUCKETS * MAX_WORD_BYTES;

/** No encoded histogram is longer: the largest payload, plus what deflate adds to incompressible data. */
export const MAX_ENCODED_BYTES = 196_608;

/** Most are smaller; a buffer of the default 16 KiB for each of thousands a second is work for the collector. */
const INFLATE_CHUNK_BYTES = 2048;

/** Cheap and good enough: histograms are mostly runs of small words. */
const DEFLATE_LEVEL = 3;

/** Index of the bucket that counts `value`, an integer in 0..MAX_VALUE_US. */
export function bucketOf(value: number): number {
  const doublings = 21 - Math.clz32(value | (SINGLE_STEP_VALUES - 1));
  return (doublings << 10) + (value >>> doublings);
}

/** Number of integer values that share a bucket. */
export function widthOf(bucket: number): number {
  return bucket < SINGLE_STEP_VALUES ? 1 : 2 ** (Math.floor(bucket / HALF_BUCKET) - 1);
}

/** Smallest value counted in a bucket. */
export function lowestValueOf(bucket: number): number {
  if (bucket < SINGLE_STEP_VALUES) return bucket;
  return ((bucket % HALF_BUCKET) + HALF_BUCKET) * widthOf(bucket);
}

/** Largest value counted in a bucket: what HdrHistogram calls the highest equivalent value. */
export function highestValueOf(bucket: number): number {
  return lowestValueOf(bucket) + widthOf(bucket) - 1;
}

/** Scratch for encoding and decoding; each thread has its own module instance. */
const scratch = Buffer.alloc(MAX_INFLATED);

/** Encodes counts[0..length) as a compressed V2 histogram that any HdrHistogram port can read. */
export function encodeV2(counts: Uint32Array | Float64Array, length: number): Uint8Array {
  let at = HEADER;
  let bucket = 0;
  // An empty histogram is one empty bucket, as other ports write it.
  const end = Math.max(length, 1);
  while (bucket < end) {
    const count = counts[bucket] ?? 0;
    let run = 1;
    if (count === 0) while (bucket + run < end && counts[bucket + run] === 0) run++;
    at = writeWord(at, run > 1 ? run * 2 - 1 : count * 2);
    bucket += run;
  }
  writeHeader(at - HEADER);
  const deflated = deflateSync(scratch.subarray(0, at), { level: DEFLATE_LEVEL });
  const encoded = Buffer.allocUnsafeSlow(OUTER_HEADER + deflated.length);
  encoded.writeUInt32BE(COMPRESSED_COOKIE, 0);
  encoded.writeUInt32BE(deflated.length, 4);
  deflated.copy(encoded, OUTER_HEADER);
  return encoded;
}

function writeHeader(payloadBytes: number): void {
  scratch.writeUInt32BE(COOKIE, 0);
  scratch.writeUInt32BE(payloadBytes, 4);
  scratch.writeUInt32BE(0, 8); // normalizing index offset
  scratch.writeUInt32BE(3, 12);
  scratch.writeBigUInt64BE(1n, 16);
  scratch.writeBigUInt64BE(BigInt(MAX_VALUE_US), 24);
  scratch.writeDoubleBE(1, 32); // integer to double conversion ratio
}

function writeWord(at: number, word: number): number {
  let rest = word;
  let next = at;
  while (rest >= 0x80) {
    scratch[next++] = (rest % 0x80) + 0x80;
    rest = Math.floor(rest / 0x80);
  }
  scratch[next++] = rest;
  return next;
}

/** The non-empty buckets of a decoded histogram, in order. One shared instance: valid until the next decode. */
export interface SparseCounts {
  readonly buckets: Uint16Array;
  readonly counts: Float64Array;
  /** Entries used in both arrays. */
  length: number;
  total: number;
}

const sparse: SparseCounts = {
  buckets: new Uint16Array(BUCKETS),
  counts: new Float64Array(BUCKETS),
  length: 0,
  total: 0,
};

/** @throws OnrushError ONRUSH_FRAME_INVALID when it is not a whole, sane histogram of our configuration. */
export function decodeV2(encoded: Uint8Array): SparseCounts {
  const inflated = inflate(encoded);
  if (inflated.length < HEADER) throw invalid("its header is cut short");
  const payloadBytes = inflated.readUInt32BE(4);
  const sameConfiguration =
    inflated.readUInt32BE(0) === COOKIE &&
    inflated.readUInt32BE(8) === 0 &&
    inflated.readUInt32BE(12) === 3 &&
    inflated.readBigUInt64BE(16) === 1n &&
    inflated.readBigUInt64BE(24) === BigInt(MAX_VALUE_US) &&
    inflated.readDoubleBE(32) === 1;
  if (!sameConfiguration) throw invalid("its configuration is not 1 us to 1 h with 3 digits");
  if (payloadBytes !== inflated.length - HEADER) throw invalid("its payload length is wrong");
  readPayload(inflated);
  return sparse;
}

function inflate(encoded: Uint8Array): Buffer {
  if (encoded.length < OUTER_HEADER || encoded.length > MAX_ENCODED_BYTES) {
    throw invalid(`${encoded.length} bytes is not a possible length`);
  }
  const outer = Buffer.from(encoded.buffer, encoded.byteOffset, encoded.length);
  if (outer.readUInt32BE(0) !== COMPRESSED_COOKIE) throw invalid("its cookie is wrong");
  if (outer.readUInt32BE(4) !== encoded.length - OUTER_HEADER) {
    throw invalid("its compressed length is wrong");
  }
  try {
    return inflateSync(outer.subarray(OUTER_HEADER), {
      maxOutputLength: MAX_INFLATED,
      finishFlush: constants.Z_FINISH,
      chunkSize: INFLATE_CHUNK_BYTES,
    });
  } catch (cause) {
    throw invalid("it does not inflate, or to more than it may", cause);
  }
}

function readPayload(inflated: Buffer): void {
  let at = HEADER;
  let bucket = 0;
  sparse.length = 0;
  sparse.total = 0;
  while (at < inflated.length) {
    let word = 0;
    let scale = 1;
    let byte = 0x80;
    const start = at;
    while (byte >= 0x80) {
      if (at === inflated.length) throw invalid("its last word is cut short");
      if (at - start === MAX_WORD_BYTES) throw invalid("a count is too large");
      byte = inflated[at++] ?? 0;
      word += (byte & 0x7f) * scale;
      scale *= 0x80;
    }
    if (word % 2 === 1) {
      bucket += (word + 1) / 2;
    } else {
      if (word > 0) keep(bucket, word / 2);
      bucket++;
    }
    if (bucket > BUCKETS) throw invalid("it has counts beyond its highest value");
  }
}

function keep(bucket: number, count: number): void {
  sparse.total += count;
  if (sparse.total > Number.MAX_SAFE_INTEGER) throw invalid("a count is too large");
  sparse.buckets[sparse.length] = bucket;
  sparse.counts[sparse.length] = count;
  sparse.length++;
}

function invalid(why: string, cause?: unknown): OnrushError {
  return new OnrushError({
    code: "ONRUSH_FRAME_INVALID",
    message: `histogram refused: ${why}`,
    remedy: "Run the same version of Onrush on the coordinator and on all workers.",
    cause,
  });
}
