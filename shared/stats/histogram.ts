/**
 * Histograms of times in microseconds, all of one configuration (1 us to 1 h, 3 significant digits), so
 * that merging is addition, bucket by bucket. Workers record into HotHistogram and send it encoded; the
 * coordinator, and whoever widens frames, adds those into MergedHistogram.
 * Invariant: a merged histogram equals, bucket for bucket, one that recorded all values itself.
 */
import { assert } from "../assert.ts";
import { OnrushError } from "../errors.ts";
import {
  BUCKETS,
  bucketOf,
  decodeV2,
  encodeV2,
  highestValueOf,
  lowestValueOf,
  MAX_VALUE_US,
  widthOf,
} from "./hdr-v2.ts";

/**
 * For the data plane: 32-bit counts, nothing allocated per value (a few ns each). Holds 93 kB.
 */
export class HotHistogram {
  readonly #counts = new Uint32Array(BUCKETS);
  /** Buckets at and above it are empty. */
  #end = 0;
  #count = 0;
  #overflow = 0;

  /** Values recorded since the last reset. */
  get count(): number {
    return this.#count;
  }

  /** How many of them were above the range and counted as its maximum. */
  get overflow(): number {
    return this.#overflow;
  }

  /** Records a time, rounded to whole microseconds. Below 0 counts as 0, above one hour as one hour. */
  record(valueUs: number): void {
    const rounded = Math.round(valueUs);
    const value = rounded >= 0 && rounded <= MAX_VALUE_US ? rounded : this.#clamp(valueUs);
    const bucket = bucketOf(value);
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    if (bucket >= this.#end) this.#end = bucket + 1;
    this.#count++;
  }

  /** Compressed HDR V2, readable by any HdrHistogram port. */
  encode(): Uint8Array {
    assert(this.#count <= 0xffff_ffff, "a 32-bit histogram was not reset for too long");
    return encodeV2(this.#counts, this.#end);
  }

  reset(): void {
    this.#counts.fill(0, 0, this.#end);
    this.#end = 0;
    this.#count = 0;
    this.#overflow = 0;
  }

  #clamp(valueUs: number): number {
    assert(!Number.isNaN(valueUs), "a recorded time is not a number");
    if (valueUs < 0) return 0;
    this.#overflow++;
    return MAX_VALUE_US;
  }
}

/**
 * An encoded histogram, read and checked once, to be added to several others. Memory: 10 bytes a non-empty bucket.
 */
export class DecodedHistogram {
  readonly count: number;
  /** Non-empty ones in rising order, and how often each. */
  readonly buckets: Uint16Array;
  readonly counts: Float64Array;

  /** @throws OnrushError ONRUSH_FRAME_INVALID when the bytes are not a sane histogram. */
  constructor(encoded: Uint8Array) {
    const { buckets, counts, length, total } = decodeV2(encoded);
    this.count = total;
    this.buckets = buckets.slice(0, length);
    this.counts = counts.slice(0, length);
  }
}

/** The largest value that is counted together with this one: up to it, counts are exact. Whole microseconds. */
export function boundAt(valueUs: number): number {
  return highestValueOf(bucketOf(valueUs));
}

/**
 * For totals: 64-bit counts, exact up to 2^53 - 1 values, refused beyond. Memory grows with the highest
 * value added (8 bytes a bucket, 186 kB at most). An empty one has NaN for every figure but `count`.
 */
export class MergedHistogram {
  #counts = new Float64Array(0);
  /** Lowest and highest bucket with a count. */
  #lowest = BUCKETS;
  #highest = -1;
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** Lowest value that may have been recorded, at the histogram's resolution. */
  get min(): number {
    return this.#count === 0 ? Number.NaN : lowestValueOf(this.#lowest);
  }

  /** Highest value that may have been recorded, at the histogram's resolution. */
  get max(): number {
    return this.#count === 0 ? Number.NaN : highestValueOf(this.#highest);
  }

  /** Every value counted as the middle of its bucket, as HdrHistogram does. */
  get mean(): number {
    return this.sum / this.#count;
  }

  /**
   * Sum of all values, microseconds, each counted as the middle of its bucket: off by 0.05 % at most, plus half a
   * microsecond a value. 0 for an empty one.
   */
  get sum(): number {
    let sum = 0;
    for (let bucket = this.#lowest; bucket <= this.#highest; bucket++) {
      const middle = lowestValueOf(bucket) + Math.floor(widthOf(bucket) / 2);
      sum += middle * (this.#counts[bucket] ?? 0);
    }
    return sum;
  }

  /**
   * How many values are not above each bound. Exact, because no bucket lies across a bound.
   * @param boundsUs rising, each of boundAt(); others are refused
   */
  countsUpTo(boundsUs: readonly number[]): number[] {
    let next = this.#lowest;
    let seen = 0;
    return boundsUs.map((boundUs) => {
      assert(boundAt(boundUs) === boundUs, "a bound lies inside a bucket");
      const last = Math.min(bucketOf(boundUs), this.#highest);
      for (; next <= last; next++) seen += this.#counts[next] ?? 0;
      return seen;
    });
  }

  /**
   * The value at a percentile as HdrHistogram defines it: the highest value equivalent to that of the
   * sample with rank ceil(p * count), so never below the true one and at most 0.1 % above; for p = 0 the min.
   */
  quantile(p: number): number {
    if (this.#count === 0) return Number.NaN;
    if (p <= 0) return this.min;
    const exactRank = Math.min(p, 1) * this.#count;
    // One rounding error upwards in p * count must not skip to the next sample.
    const rank = Math.max(1, Math.ceil(exactRank - exactRank * Number.EPSILON));
    let seen = 0;
    for (let bucket = this.#lowest; bucket < this.#highest; bucket++) {
      seen += this.#counts[bucket] ?? 0;
      if (seen >= rank) return highestValueOf(bucket);
    }
    return this.max;
  }

  /**
   * Adds a histogram from HotHistogram or encode(). All or nothing.
   * @throws OnrushError ONRUSH_FRAME_INVALID when the bytes are not a sane histogram.
   */
  add(encoded: Uint8Array): void {
    this.addDecoded(new DecodedHistogram(encoded));
  }

  /** Adds one time, as HotHistogram.record does; for what is not many. */
  record(valueUs: number): void {
    const bucket = bucketOf(Math.min(Math.max(Math.round(valueUs), 0), MAX_VALUE_US));
    this.#admit(1);
    this.#reach(bucket, bucket);
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
  }

  addDecoded({ buckets, counts, count }: DecodedHistogram): void {
    if (buckets.length === 0) return;
    this.#admit(count);
    this.#reach(buckets[0] ?? 0, buckets[buckets.length - 1] ?? 0);
    const sums = this.#counts;
    for (let entry = 0; entry < buckets.length; entry++) {
      const bucket = buckets[entry] ?? 0;
      sums[bucket] = (sums[bucket] ?? 0) + (counts[entry] ?? 0);
    }
  }

  addFrom(other: MergedHistogram): void {
    if (other.#count === 0) return;
    this.#admit(other.#count);
    this.#reach(other.#lowest, other.#highest);
    for (let bucket = other.#lowest; bucket <= other.#highest; bucket++) {
      this.#counts[bucket] = (this.#counts[bucket] ?? 0) + (other.#counts[bucket] ?? 0);
    }
  }

  /** Takes a part of it away, exactly. @throws InvariantError when it was never added. */
  subtract(part: MergedHistogram): void {
    if (part.#count === 0) return;
    for (let bucket = part.#lowest; bucket <= part.#highest; bucket++) {
      const left = (this.#counts[bucket] ?? 0) - (part.#counts[bucket] ?? 0);
      assert(left >= 0, "a histogram lacks what is taken away from it");
      this.#counts[bucket] = left;
    }
    this.#count -= part.#count;
    while (this.#highest >= 0 && !this.#counts[this.#highest]) this.#highest--;
    while (this.#lowest < BUCKETS && !this.#counts[this.#lowest]) this.#lowest++;
  }

  clone(): MergedHistogram {
    const copy = new MergedHistogram();
    copy.addFrom(this);
    return copy;
  }

  /** Non-empty buckets in rising order: the highest value of the bucket, and its count. */
  *buckets(): Generator<readonly [valueUs: number, count: number]> {
    for (let bucket = this.#lowest; bucket <= this.#highest; bucket++) {
      const count = this.#counts[bucket] ?? 0;
      if (count > 0) yield [highestValueOf(bucket), count];
    }
  }

  /** Compressed HDR V2, readable by any HdrHistogram port. */
  encode(): Uint8Array {
    return encodeV2(this.#counts, this.#highest + 1);
  }

  /** The same in base64, as a line of an HdrHistogram log holds it. */
  encodeBase64(): string {
    return Buffer.from(this.encode()).toString("base64");
  }

  #admit(count: number): void {
    if (this.#count + count > Number.MAX_SAFE_INTEGER) {
      throw new OnrushError({
        code: "ONRUSH_FRAME_INVALID",
        message: "histogram refused: the sum of all counts would no longer be exact",
      });
    }
    this.#count += count;
  }

  /** Makes room for buckets up to `highest`. */
  #reach(lowest: number, highest: number): void {
    if (highest >= this.#counts.length) {
      const grown = new Float64Array(Math.min(BUCKETS, Math.ceil((highest + 1) / 1024) * 1024));
      grown.set(this.#counts);
      this.#counts = grown;
    }
    this.#lowest = Math.min(this.#lowest, lowest);
    this.#highest = Math.max(this.#highest, highest);
  }
}
