/** Goal: what keeps a long run's memory flat changes no number: sealed seconds, standing gauges, marks instead of figures. */
import { describe, expect, it, test } from "vitest";
import { type Sealed, SealedBytes } from "../../../coordinator/merge/series/sealed-bytes.ts";
import { Series } from "../../../coordinator/merge/series/series.ts";
import { SliceTable } from "../../../coordinator/merge/slice-table.ts";
import { SaturatedSeconds } from "../../../coordinator/merge/worker/saturated-seconds.ts";
import { TickGauge } from "../../../coordinator/merge/worker/tick-gauge.ts";
import {
  DecodedHistogram,
  HotHistogram,
  MergedHistogram,
} from "../../../shared/stats/histogram.ts";
import type { Frame } from "../../../shared/wire/frame/frame.ts";

function histogram(seed: number): MergedHistogram {
  const hot = new HotHistogram();
  for (let value = 0; value < 300; value++) hot.record((seed * 7919 + value * value * 31) % 2e7);
  const merged = new MergedHistogram();
  merged.add(hot.encode());
  return merged;
}

describe("sealed bytes", () => {
  test.each([0, 2000, 1e9])("with %d bytes of memory: open as they were sealed", (memory) => {
    const store = new SealedBytes(memory);
    const sealed: [Uint8Array, Sealed][] = [];
    for (let seed = 0; seed < 40; seed++) {
      const whole = histogram(seed).encode();
      sealed.push([whole, store.seal(whole)]);
    }
    for (const [whole, kept] of sealed.toReversed())
      expect([...store.open(kept)]).toEqual([...whole]);
    const inMemory = sealed.filter(([, kept]) => kept instanceof Uint8Array);
    expect(inMemory.length === 40).toBe(memory === 1e9);
    expect(inMemory.length === 0).toBe(memory === 0);
    expect(store.fileBytes > 0).toBe(memory !== 1e9);
  });
});

describe("a series", () => {
  const piece = (seed: number, place: { readonly phase: number; readonly name: number }) => {
    return { metric: 0, ...place, values: new DecodedHistogram(histogram(seed).encode()) };
  };
  const latency = { metric: "latency", phases: null, names: null } as const;
  const rows = (of: MergedHistogram | null) => [...(of?.buckets() ?? [])];

  test.each([
    ["in order", (pieces: number[]) => pieces],
    ["backwards", (pieces: number[]) => pieces.toReversed()],
    ["late ones last", (pieces: number[]) => pieces.toSorted((a, b) => (a % 3) - (b % 3))],
  ])(
    "%s: says the same of a second, a window, a place and the whole, sealed or not",
    (_, order) => {
      const series = new Series(new SealedBytes(1000));
      const all = order([...Array(120).keys()]);
      const expected = (of: (seed: number) => boolean) => {
        const union = new MergedHistogram();
        for (const seed of all.filter(of)) union.addFrom(histogram(seed));
        return rows(union);
      };
      for (const [at, seed] of all.entries()) {
        const place = { phase: seed % 2, name: seed % 5 };
        series.add(seed % 40, 1, [piece(seed, place)]);
        // Asked while it grows, as a live run does.
        if (at % 7 === 0) series.within((second) => second % 4 === 0, String(at));
      }
      expect(rows(series.total(latency))).toEqual(expected(() => true));
      expect(rows(series.histogram(latency, { from: 3, to: 4 }))).toEqual(
        expected((seed) => seed % 40 === 3),
      );
      const chosen = { metric: "latency", phases: new Set([1]), names: new Set([2]) } as const;
      expect(rows(series.histogram(chosen, { from: 5, to: 35 }))).toEqual(
        expected((seed) => seed % 40 >= 5 && seed % 40 < 35 && seed % 2 === 1 && seed % 5 === 2),
      );
      const left = series.within((second) => second % 4 === 0, "end").select(latency);
      expect(rows(left)).toEqual(expected((seed) => (seed % 40) % 4 === 0));
      const second = series.histogram(latency, { from: 8, to: 9 });
      expect(series.quantiles(8, "latency")).toMatchObject({
        count: second?.count,
        p50: second?.quantile(0.5),
        max: second?.max,
      });
    },
  );
});

describe("decoded histograms", () => {
  it("add up as encoded ones do", () => {
    const [one, other, both] = [histogram(1), histogram(2), new MergedHistogram()];
    both.addDecoded(new DecodedHistogram(one.encode()));
    both.addDecoded(new DecodedHistogram(other.encode()));
    both.addDecoded(new DecodedHistogram(new MergedHistogram().encode()));
    one.addFrom(other);
    expect(both.count).toBe(one.count);
    expect([...both.buckets()]).toEqual([...one.buckets()]);
  });
});

describe("a gauge", () => {
  it("is the same however its rows come, standing still or not", () => {
    const rows: [second: number, ticks: number[]][] = [];
    const plain = new Array<number>(600).fill(0);
    for (let second = 0; second < 60; second++) {
      for (let engine = 0; engine < 3; engine++) {
        const moving = second % 20 > 16;
        const ticks = Array.from({ length: 10 }, (_, tick) => (moving ? tick * engine : 50));
        rows.push([second, ticks]);
        for (const [tick, value] of ticks.entries()) {
          plain[second * 10 + tick] = (plain[second * 10 + tick] ?? 0) + value;
        }
      }
    }
    const spanning = Array.from({ length: 80 }, (_, tick) => tick);
    for (const [tick, value] of spanning.entries())
      plain[120 + tick] = (plain[120 + tick] ?? 0) + value;
    rows.push([12, spanning]);
    for (const order of [rows, rows.toReversed(), rows.toSorted(([a], [b]) => (a % 7) - (b % 7))]) {
      const gauge = new TickGauge();
      for (const [second, ticks] of order) gauge.add(second, ticks);
      for (let second = 0; second < 62; second++) {
        expect(gauge.atEndOf(second)).toBe(plain[second * 10 + 9] ?? 0);
      }
      expect(gauge.peak()).toBe(Math.max(...plain));
    }
  });

  it("keeps its peak, and what is not settled, when the rest is settled as it comes", () => {
    const gauge = new TickGauge();
    const whole = new TickGauge();
    for (let second = 0; second < 200; second++) {
      const ticks = Array.from({ length: 10 }, (_, tick) => (second * 37 + tick * 11) % 501);
      gauge.add(second, ticks);
      whole.add(second, ticks);
      gauge.settle(second - 2);
      for (let last = Math.max(0, second - 2); last <= second; last++) {
        expect(gauge.atEndOf(last)).toBe(whole.atEndOf(last));
      }
      expect(gauge.peak()).toBe(whole.peak());
    }
  });
});

describe("saturated seconds", () => {
  const frame = (second: number, health: Partial<Frame["health"]>, over: Partial<Frame> = {}) =>
    ({
      second,
      spanSeconds: 1,
      final: false,
      health: { loopLagMaxUs: 0, utilisation: 0, ...health },
      ...over,
    }) as Frame;

  it("are counted once, whoever was saturated, for every second of the frame", () => {
    const seconds = new SaturatedSeconds();
    seconds.addFrame(frame(3, { loopLagMaxUs: 250_000, utilisation: 0.969 }));
    expect(seconds.count).toBe(0);
    seconds.addFrame(frame(3, { loopLagMaxUs: 250_001 }));
    seconds.addFrame(frame(3, { utilisation: 0.97 }));
    expect(seconds.count).toBe(1);
    seconds.addFrame(frame(1000, { utilisation: 1 }, { spanSeconds: 8 }));
    seconds.addFrame(frame(-1, { loopLagMaxUs: 1e6 }));
    seconds.addFrame(frame(5, { utilisation: 1 }, { final: true }));
    expect(seconds.count).toBe(9);
    seconds.addFrame(frame(5, { loopLagMaxUs: 1e6 }, { final: true }));
    expect(seconds.count).toBe(10);
  });
});

describe("slices by holder", () => {
  it("are those each holds", () => {
    const table = new SliceTable(8);
    table.apply({ type: "slices-held", epoch: 4, slices: [1, 6, 2], opens: 0 } as never, 0);
    table.apply({ type: "slices-held", epoch: 9, slices: [7], opens: 0 } as never, 0);
    const held = table.byHolder();
    expect([...held.keys()].sort()).toEqual([4, 9]);
    for (const [epoch, slices] of held) expect(slices).toEqual(table.heldBy(epoch));
  });
});
