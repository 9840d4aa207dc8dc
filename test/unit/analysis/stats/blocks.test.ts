/**
 * Goal: blocks of time give intervals that cover as often as they say although neighbouring seconds depend on each
 * other, where seconds taken one by one do not. Method: the merged histogram as the reference for quantiles, golden
 * vectors for the tails, and seeded simulations of coverage.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  bootstrapInterval,
  expandedTail,
} from "../../../../coordinator/analysis/stats/block-bootstrap.ts";
import { BlockedValues } from "../../../../coordinator/analysis/stats/blocked-values.ts";
import {
  blockSeconds,
  effectiveBlocks,
  lagOneCorrelation,
} from "../../../../coordinator/analysis/stats/dependence.ts";
import { HotHistogram, MergedHistogram } from "../../../../shared/stats/histogram.ts";
import { dependent } from "./noise.ts";

function histogramOf(values: readonly number[]): MergedHistogram {
  const hot = new HotHistogram();
  for (const value of values) hot.record(value);
  const merged = new MergedHistogram();
  if (values.length > 0) merged.add(hot.encode());
  return merged;
}

test("quantiles of weighted blocks are those of the histograms merged as often", () => {
  const block = fc.array(fc.integer({ min: 0, max: 200_000 }), { maxLength: 30 });
  const weights = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 4, maxLength: 4 });
  fc.assert(
    fc.property(fc.tuple(block, block, block, block), weights, (blocks, times) => {
      const histograms = blocks.map(histogramOf);
      const blocked = new BlockedValues(histograms.map((histogram) => histogram.buckets()));
      const merged = new MergedHistogram();
      histograms.forEach((histogram, at) => {
        for (let time = 0; time < times[at]!; time++) merged.addFrom(histogram);
      });
      expect(blocked.counts).toEqual(histograms.map(({ count }) => count));
      for (const p of [0.01, 0.5, 0.9, 0.99, 0.999, 1]) {
        expect(blocked.quantile(times, p)).toBe(merged.quantile(p));
      }
    }),
  );
});

describe("dependence", () => {
  test("is found again in a series that was made with it", () => {
    for (const correlation of [0, 0.5, 0.8, 0.95]) {
      const found = lagOneCorrelation(dependent(3, 1, { length: 20_000, correlation }));
      expect(Math.abs(found - correlation)).toBeLessThan(0.02);
    }
  });

  test("is not biased in short series, and steps over gaps", () => {
    let sum = 0;
    for (let series = 0; series < 500; series++) {
      const values = dependent(4, series, { length: 60, correlation: 0.8 });
      values[20] = Number.NaN;
      sum += lagOneCorrelation(values);
    }
    expect(Math.abs(sum / 500 - 0.8)).toBeLessThan(0.05);
    expect(lagOneCorrelation([1, 1, 1, 1, 1])).toBe(0);
    expect(lagOneCorrelation([1, 2])).toBe(0);
  });

  test("makes blocks longer, never shorter than 20 s", () => {
    expect([-0.5, 0, 0.5, 0.6, 0.8, 0.9, 0.99].map(blockSeconds)).toEqual([
      20, 20, 20, 20, 36, 76, 263,
    ]);
  });

  test("unequally filled blocks are worth fewer", () => {
    expect(effectiveBlocks([5, 5, 5, 5])).toBe(4);
    expect(effectiveBlocks([20, 0, 0, 0])).toBe(1);
    expect(effectiveBlocks([3, 1])).toBe(1.6);
    expect(effectiveBlocks([])).toBe(0);
  });
});

describe("bootstrap", () => {
  const series = Array.from({ length: 10 }, (_, i) => (i * 7) % 10);
  const weightedMean = (values: readonly number[]) => (weights: Uint16Array) =>
    values.reduce((sum, value, at) => sum + value * weights[at]!, 0) / values.length;
  const bootstrap = { resamples: 2000, confidence: 0.95, blocks: 10, effectiveBlocks: 10 };

  test("is a function of the seed", () => {
    const interval = (seed: number) =>
      bootstrapInterval({ ...bootstrap, seed }, weightedMean(series));
    expect(interval(1)).toEqual(interval(1));
    expect(interval(1)).not.toEqual(interval(2));
    expect(interval(1)?.estimate).toBe(4.5);
  });

  test("cuts tails as wide as Student's t would", () => {
    // n = 10: t(9) = 2.262157, times sqrt(10 / 9) = 2.384526; Phi(-2.384526) = 0.00855.
    expect(expandedTail(10, 0.95)).toBeCloseTo(0.00855, 5);
    expect(expandedTail(1e6, 0.95)).toBeCloseTo(0.025, 5);
  });

  test("has no interval for what cannot be computed", () => {
    expect(bootstrapInterval({ ...bootstrap, seed: 1 }, () => Number.NaN)).toBeNull();
    const rarely = (weights: Uint16Array) => (weights[0] === 0 ? Number.NaN : 1);
    expect(bootstrapInterval({ ...bootstrap, seed: 1 }, rarely)).toBeNull();
  });

  test("covers with blocks, and not with seconds, when neighbours depend on each other", () => {
    const runs = 400;
    const length = 480;
    const covered = (blockLength: number) => {
      let inside = 0;
      for (let run = 0; run < runs; run++) {
        const seconds = dependent(5, run, { length, correlation: 0.8 });
        const blocks = Array.from({ length: Math.floor(length / blockLength) }, (_, block) => {
          const part = seconds.slice(block * blockLength, (block + 1) * blockLength);
          return part.reduce((sum, value) => sum + value, 0) / blockLength;
        });
        const interval = bootstrapInterval(
          {
            seed: run,
            resamples: 300,
            confidence: 0.95,
            blocks: blocks.length,
            effectiveBlocks: blocks.length,
          },
          weightedMean(blocks),
        )!;
        if (interval.low <= 0 && interval.high >= 0) inside++;
      }
      return inside / runs;
    };
    expect(covered(blockSeconds(0.8))).toBeGreaterThan(0.91);
    expect(covered(1)).toBeLessThan(0.6);
  });
});
