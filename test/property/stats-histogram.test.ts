/**
 * Goal: merging is addition. However values are dealt over workers and seconds, the merged histogram has the
 * buckets of one that saw them all, and its figures are those of the reference package.
 */

import fc from "fast-check";
import { build, type JsHistogram } from "hdr-histogram-js";
import { expect, it } from "vitest";
import { OnrushError } from "../../shared/errors.ts";
import { MAX_ENCODED_BYTES, MAX_VALUE_US } from "../../shared/stats/hdr-v2.ts";
import { boundAt, HotHistogram, MergedHistogram } from "../../shared/stats/histogram.ts";

/** Whole microseconds over all magnitudes. */
const value = fc
  .tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 0, max: 3 }))
  .map(([share, extra]) =>
    Math.min(MAX_VALUE_US, Math.floor((MAX_VALUE_US + 1) ** share) - 1 + extra),
  );
const values = fc.array(value, { maxLength: 300 });
const parts = fc.array(values, { minLength: 1, maxLength: 6 });

function encoded(list: readonly number[]): Uint8Array {
  const histogram = new HotHistogram();
  for (const us of list) histogram.record(us);
  return histogram.encode();
}

function mergedOf(...bytes: readonly Uint8Array[]): MergedHistogram {
  const histogram = new MergedHistogram();
  for (const one of bytes) histogram.add(one);
  return histogram;
}

const bucketsOf = (histogram: MergedHistogram) => [...histogram.buckets()];

it("merged equals recorded into one, bucket for bucket, in any order and grouping", () => {
  fc.assert(
    fc.property(parts, fc.nat(), (lists, rotation) => {
      const whole = bucketsOf(mergedOf(encoded(lists.flat())));
      const bytes = lists.map(encoded);
      expect(bucketsOf(mergedOf(...bytes))).toEqual(whole);
      expect(bucketsOf(mergedOf(...bytes.toReversed()))).toEqual(whole);
      const cut = rotation % bytes.length;
      const left = mergedOf(...bytes.slice(0, cut));
      const right = mergedOf(...bytes.slice(cut));
      const leftFirst = left.clone();
      leftFirst.addFrom(right);
      const rightFirst = right.clone();
      rightFirst.addFrom(left);
      expect(bucketsOf(leftFirst)).toEqual(whole);
      expect(bucketsOf(rightFirst)).toEqual(whole);
      expect(leftFirst.encode()).toEqual(rightFirst.encode());
    }),
  );
});

it("decoding gives back what was encoded, and encoding has one form", () => {
  fc.assert(
    fc.property(values, (list) => {
      const bytes = encoded(list);
      const merged = mergedOf(bytes);
      expect(merged.count).toBe(list.length);
      expect(merged.encode()).toEqual(bytes);
      expect(bytes.length).toBeLessThanOrEqual(MAX_ENCODED_BYTES);
    }),
  );
});

it("figures are those of the reference package", () => {
  const shares = [0, 0.01, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 0.9999, 1];
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 500 }), (list) => {
      const expected = build({
        bitBucketSize: 64,
        autoResize: false,
        lowestDiscernibleValue: 1,
        highestTrackableValue: MAX_VALUE_US,
        numberOfSignificantValueDigits: 3,
        useWebAssembly: false,
      }) as JsHistogram;
      for (const us of list) expected.recordValue(us);
      const merged = mergedOf(encoded(list));
      expect(shares.map((p) => merged.quantile(p))).toEqual(
        shares.map((p) => expected.getValueAtPercentile(p * 100)),
      );
      expect(merged.mean).toBe(expected.mean);
      expect(merged.max).toBe(expected.highestEquivalentValue(Math.max(...list)));
      expect(merged.min).toBe(expected.lowestEquivalentValue(Math.min(...list)));
      expect(merged.count).toBe(expected.totalCount);
    }),
    { numRuns: 60 },
  );
});

it("quantiles are never below the true value and at most 0.1 % above it", () => {
  fc.assert(
    fc.property(
      fc.array(value, { minLength: 1, maxLength: 200 }),
      fc.integer({ min: 1, max: 1000 }),
      (list, permille) => {
        const sorted = list.toSorted((a, b) => a - b);
        const exact = sorted[Math.ceil((permille / 1000) * list.length - 1e-9) - 1] ?? NaN;
        const shown = mergedOf(encoded(list)).quantile(permille / 1000);
        expect(shown).toBeGreaterThanOrEqual(exact);
        expect(shown).toBeLessThanOrEqual(exact * 1.001);
      },
    ),
  );
});

it("counts up to the end of a bucket are those of the recorded values", () => {
  const near = fc.array(fc.integer({ min: 0, max: MAX_VALUE_US }), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(values, near, (list, bounds) => {
      const boundsUs = [...new Set(bounds.map(boundAt))].sort((a, b) => a - b);
      const recorded = list.map((value) => Math.min(MAX_VALUE_US, Math.round(value)));
      expect(mergedOf(encoded(list)).countsUpTo(boundsUs)).toEqual(
        boundsUs.map((boundUs) => recorded.filter((value) => value <= boundUs).length),
      );
    }),
  );
});

it("a bound inside a bucket is refused", () => {
  expect(() => mergedOf(encoded([5000])).countsUpTo([5001])).toThrow(/inside a bucket/);
});

function outcomeOf(bytes: Uint8Array): string {
  try {
    mergedOf(bytes);
    return "accepted";
  } catch (error) {
    return error instanceof OnrushError ? error.code : `crashed: ${String(error)}`;
  }
}

it("random bytes are refused with the typed error and nothing else", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(outcomeOf(bytes)).toBe("ONRUSH_FRAME_INVALID");
    }),
    { numRuns: 500 },
  );
});

it("damaged histograms are refused or still histograms, never a crash", () => {
  const damage = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), {
    minLength: 1,
    maxLength: 4,
  });
  fc.assert(
    fc.property(values, damage, (list, changes) => {
      const bytes = Uint8Array.from(encoded(list));
      for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
      expect(["accepted", "ONRUSH_FRAME_INVALID"]).toContain(outcomeOf(bytes));
    }),
    { numRuns: 500 },
  );
});
