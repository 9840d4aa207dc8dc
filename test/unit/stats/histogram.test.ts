/**
 * Goal: histograms count what they should, agree with the reference package to the last digit, and refuse
 * hostile bytes. The package (hdr-histogram-js) is used here as an independent oracle.
 */
import { deflateSync, inflateSync } from "node:zlib";
import {
  build,
  decodeFromCompressedBase64,
  HistogramLogReader,
  type JsHistogram,
} from "hdr-histogram-js";
import { describe, expect, it } from "vitest";
import { BUCKETS, MAX_ENCODED_BYTES, MAX_VALUE_US } from "../../../shared/stats/hdr-v2.ts";
import { HotHistogram, MergedHistogram } from "../../../shared/stats/histogram.ts";
import { quantiles } from "../../../shared/stats/quantiles.ts";

function hot(...values: number[]): HotHistogram {
  const histogram = new HotHistogram();
  for (const value of values) histogram.record(value);
  return histogram;
}

function merged(...values: number[]): MergedHistogram {
  const histogram = new MergedHistogram();
  histogram.add(hot(...values).encode());
  return histogram;
}

function reference(...values: number[]): JsHistogram {
  const histogram = build({
    bitBucketSize: 64,
    autoResize: false,
    lowestDiscernibleValue: 1,
    highestTrackableValue: MAX_VALUE_US,
    numberOfSignificantValueDigits: 3,
    useWebAssembly: false,
  }) as JsHistogram;
  for (const value of values) histogram.recordValue(value);
  return histogram;
}

describe("recording", () => {
  it("counts, rounds to microseconds, and starts again after a reset", () => {
    const histogram = hot(1, 1.4, 1.6);
    expect(histogram.count).toBe(3);
    expect([...merged(1, 1.4, 1.6).buckets()]).toEqual([
      [1, 2],
      [2, 1],
    ]);
    histogram.reset();
    expect(histogram.count).toBe(0);
    const after = new MergedHistogram();
    after.add(histogram.encode());
    expect(after.count).toBe(0);
    histogram.record(7);
    after.add(histogram.encode());
    expect([...after.buckets()]).toEqual([[7, 1]]);
  });

  it("below 0 is 0, above one hour is one hour and said", () => {
    const histogram = hot(-5, -0.2, 0, MAX_VALUE_US, MAX_VALUE_US + 1, 1e15, Infinity);
    expect(histogram.count).toBe(7);
    expect(histogram.overflow).toBe(3);
    const sum = new MergedHistogram();
    sum.add(histogram.encode());
    const top = reference(MAX_VALUE_US).getValueAtPercentile(100);
    expect([...sum.buckets()]).toEqual([
      [0, 3],
      [top, 4],
    ]);
  });

  it("refuses what is not a number: that would be a bug of ours", () => {
    expect(() => hot(Number.NaN)).toThrow("not a number");
  });

  it("keeps values apart around every power of two, past 2^31 too", () => {
    const values: number[] = [];
    for (let power = 0; 2 ** power <= MAX_VALUE_US; power++) {
      for (const offset of [-2, -1, 0, 1, 2]) {
        const value = 2 ** power + offset;
        if (value >= 0 && value <= MAX_VALUE_US) values.push(value);
      }
    }
    values.push(3_000_000_000, 3_599_999_999, MAX_VALUE_US);
    for (const value of values) {
      const expected = reference(value);
      const histogram = merged(value);
      expect(histogram.max).toBe(expected.highestEquivalentValue(value));
      expect(histogram.min).toBe(expected.lowestEquivalentValue(value));
      expect(histogram.mean).toBe(expected.mean);
    }
  });

  it("a second encoding does not disturb the first one's bytes", () => {
    const histogram = hot(10, 20);
    const first = histogram.encode();
    const copy = Buffer.from(first);
    histogram.record(1_000_000);
    histogram.encode();
    expect(first).toEqual(copy);
    expect(first.buffer.byteLength).toBe(first.byteLength);
  });
});

describe("figures", () => {
  it("quantiles are the highest equivalent value at that rank", () => {
    const histogram = merged(...Array.from({ length: 1000 }, (_, index) => index + 1));
    expect([0, 0.001, 0.5, 0.9, 0.99, 0.999, 1].map((p) => histogram.quantile(p))).toEqual([
      1, 1, 500, 900, 990, 999, 1000,
    ]);
    // 10,001 shares its bucket with 10,000..10,007.
    expect(merged(10_001).quantile(0.5)).toBe(10_007);
  });

  it("an empty one has no figures", () => {
    const empty = new MergedHistogram();
    expect([empty.min, empty.max, empty.mean, empty.quantile(0.5)]).toEqual([NaN, NaN, NaN, NaN]);
    expect([...empty.buckets()]).toEqual([]);
    const { count, ...rest } = quantiles(empty);
    expect(count).toBe(0);
    expect(new Set(Object.values(rest))).toEqual(new Set([null]));
  });

  it("are shown in milliseconds", () => {
    const values = Array.from({ length: 2000 }, (_, index) => index + 1);
    expect(quantiles(merged(...values))).toEqual({
      count: 2000,
      min: 0.001,
      mean: 1.001,
      p50: 1,
      p75: 1.5,
      p90: 1.8,
      p95: 1.9,
      p99: 1.98,
      p999: 1.998,
      p9999: 2,
      max: 2,
    });
  });

  it("zero is a value like any other", () => {
    const histogram = merged(0, 0, 5);
    expect([histogram.min, histogram.quantile(0.5), histogram.max]).toEqual([0, 0, 5]);
    expect(quantiles(merged(0)).max).toBe(0);
  });
});

describe("merging", () => {
  it("an empty histogram changes nothing", () => {
    const histogram = merged(3, 30, 300);
    const before = [...histogram.buckets()];
    histogram.add(new HotHistogram().encode());
    histogram.addFrom(new MergedHistogram());
    expect([...histogram.buckets()]).toEqual(before);
    expect([histogram.min, histogram.max]).toEqual([3, 300]);
  });

  it("a clone goes its own way", () => {
    const histogram = merged(3, 30);
    const copy = histogram.clone();
    copy.addFrom(merged(5_000_000));
    expect(histogram.count).toBe(2);
    expect(copy.count).toBe(3);
    expect(histogram.max).toBe(30);
  });

  it("counts past 32 bits stay exact, and past 2^53 are refused without a change", () => {
    let sum = merged(77);
    for (let doubling = 0; doubling < 52; doubling++) {
      const twice = sum.clone();
      twice.addFrom(sum);
      sum = twice;
    }
    expect(sum.count).toBe(2 ** 52);
    const again = new MergedHistogram();
    again.add(sum.encode());
    expect([...again.buckets()]).toEqual([[77, 2 ** 52]]);
    expect(() => again.add(sum.encode())).toThrow("no longer be exact");
    expect(() => again.addFrom(sum)).toThrow("no longer be exact");
    expect([...again.buckets()]).toEqual([[77, 2 ** 52]]);
  });
});

describe("other tools can read it", () => {
  const values = [0, 1, 5, 5, 2047, 2048, 123_456, 2_500_000_000];

  it("the package decodes it to the same buckets", () => {
    const encoded = merged(...values).encodeBase64();
    const decoded = decodeFromCompressedBase64(encoded, 64) as JsHistogram;
    // The package remembers the exact maximum of what it recorded itself; no encoding carries that.
    const table = (histogram: JsHistogram) =>
      histogram.outputPercentileDistribution().replace(/Max *= [^,]*/, "");
    expect(decoded.totalCount).toBe(8);
    expect(table(decoded)).toBe(table(reference(...values)));
  });

  it("as a line of a histogram log", () => {
    const line = `Tag=latency,1.000,1.000,2500.000,${merged(...values).encodeBase64()}\n`;
    const read = new HistogramLogReader(`#[Histogram log format version 1.3]\n${line}`);
    const histogram = read.nextIntervalHistogram();
    expect(histogram?.tag).toBe("latency");
    expect(histogram?.totalCount).toBe(8);
  });

  it("the header is the standard one: no index offset, ratio 1.0", () => {
    const inflated = inflateSync(merged(5).encode().subarray(8));
    expect(inflated.toString("hex")).toBe(
      "1c849313" +
        "00000002" +
        "00000000" +
        "00000003" +
        "0000000000000001" +
        "00000000d693a400" +
        "3ff0000000000000" +
        "0902",
    );
  });
});

describe("hostile bytes", () => {
  const refused = expect.objectContaining({ code: "ONRUSH_FRAME_INVALID" });
  const good = Buffer.from(hot(1, 10, 100).encode());
  const inner = inflateSync(good.subarray(8));

  function outer(deflated: Buffer): Buffer {
    const header = Buffer.alloc(8);
    header.writeUInt32BE(0x1c849314, 0);
    header.writeUInt32BE(deflated.length, 4);
    return Buffer.concat([header, deflated]);
  }

  /** A histogram with another payload; the payload length is right unless told. */
  function withPayload(bytes: number[], length = bytes.length): Buffer {
    const changed = Buffer.concat([inner.subarray(0, 40), Buffer.from(bytes)]);
    changed.writeUInt32BE(length, 4);
    return outer(deflateSync(changed));
  }

  function expectRefusal(bytes: Uint8Array, why: string): void {
    const histogram = merged(42);
    expect(() => histogram.add(bytes)).toThrow(refused);
    expect(() => histogram.add(bytes)).toThrow(why);
    expect([...histogram.buckets()]).toEqual([[42, 1]]);
  }

  function changed(bytes: Buffer, at: number, value: number): Buffer {
    const copy = Buffer.from(bytes);
    copy[at] = value;
    return copy;
  }

  it("of an impossible length", () => {
    expectRefusal(new Uint8Array(0), "not a possible length");
    expectRefusal(good.subarray(0, 7), "not a possible length");
    expectRefusal(new Uint8Array(MAX_ENCODED_BYTES + 1), "not a possible length");
  });

  it("with wrong cookies, lengths or rubbish inside", () => {
    expectRefusal(changed(good, 0, 0x1d), "cookie");
    expectRefusal(changed(good, 7, 0), "compressed length");
    expectRefusal(Buffer.concat([good, good]), "compressed length");
    expectRefusal(outer(Buffer.from("not deflated at all")), "does not inflate");
    expectRefusal(outer(deflateSync(inner).subarray(0, -6)), "does not inflate");
    expectRefusal(outer(deflateSync(inner.subarray(0, 39))), "header is cut short");
  });

  it("of another configuration", () => {
    for (const [at, value] of [
      [3, 0x12],
      [11, 1],
      [15, 4],
      [15, 2],
      [23, 2],
      [27, 1],
      [31, 1],
      [32, 0],
    ]) {
      const other = changed(inner, at ?? 0, value ?? 0);
      expectRefusal(outer(deflateSync(other)), "configuration");
    }
  });

  it("that inflate to more than any histogram has", () => {
    const bomb = outer(deflateSync(Buffer.alloc(64 * 1024 * 1024), { level: 9 }));
    expect(bomb.length).toBeLessThan(MAX_ENCODED_BYTES);
    expectRefusal(bomb, "to more than it may");
  });

  it("with a wrong payload", () => {
    expectRefusal(withPayload([2, 2], 1), "payload length");
    expectRefusal(withPayload([2, 2], 0xffffffff), "payload length");
    expectRefusal(withPayload([0x80]), "cut short");
    expectRefusal(withPayload(Array(9).fill(0xff)), "count is too large");
    // A count of 2^53.
    expectRefusal(withPayload([128, 128, 128, 128, 128, 128, 128, 32]), "count is too large");
    // A run of 2^40 empty buckets, and one that ends just behind the last bucket.
    expectRefusal(withPayload([0xff, 0xff, 0xff, 0xff, 0xff, 0x3f]), "beyond its highest value");
    const run = BUCKETS * 2 - 1;
    const atEnd = [(run & 0x7f) + 128, ((run >> 7) & 0x7f) + 128, run >> 14];
    expectRefusal(withPayload([...atEnd, 2]), "beyond its highest value");
    const whole = new MergedHistogram();
    whole.add(withPayload(atEnd));
    expect(whole.count).toBe(0);
  });

  it("the fullest histogram there can be is still within the bound", () => {
    const full = new HotHistogram();
    for (let value = 0; value < 2048; value++) full.record(value);
    for (let scale = 1; scale <= 2 ** 20; scale *= 2) {
      for (let sub = 1024; sub < 2048; sub++) full.record(sub * scale * 2);
    }
    const sum = new MergedHistogram();
    sum.add(full.encode());
    // Grow the counts so that deflate finds little to save, and every word is long.
    let total = sum;
    for (let doubling = 0; doubling < 35; doubling++) {
      const twice = total.clone();
      twice.addFrom(total);
      if (doubling % 3 === 0)
        twice.addFrom(merged(...Array.from({ length: 500 }, (_, i) => i * i * 13)));
      total = twice;
    }
    expect(total.encode().length).toBeLessThanOrEqual(MAX_ENCODED_BYTES);
    const again = new MergedHistogram();
    again.add(total.encode());
    expect([...again.buckets()]).toEqual([...total.buckets()]);
  });
});
