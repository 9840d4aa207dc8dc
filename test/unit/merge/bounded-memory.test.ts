/** Goal: what keeps a long run's memory flat changes no number: sealed seconds, standing gauges, marks instead of figures. */
import { describe, expect, it, test } from "vitest";
import {
  type Sealed,
  SealedHistograms,
} from "../../../coordinator/merge/histograms/sealed-histograms.ts";
import { LaneTable } from "../../../coordinator/merge/lane-table.ts";
import { SaturatedSeconds } from "../../../coordinator/merge/worker/saturated-seconds.ts";
import { TickGauge } from "../../../coordinator/merge/worker/tick-gauge.ts";
import {
  DecodedHistogram,
  HotHistogram,
  MergedHistogram,
} from "../../../shared/stats/histogram.ts";
import type { Frame } from "../../../shared/wire/frame.ts";

function histogram(seed: number): MergedHistogram {
  const hot = new HotHistogram();
  for (let value = 0; value < 300; value++) hot.record((seed * 7919 + value * value * 31) % 2e7);
  const merged = new MergedHistogram();
  merged.add(hot.encode());
  return merged;
}

describe("sealed histograms", () => {
  test.each([0, 2000, 1e9])("with %d bytes of memory: open as they were sealed", (memory) => {
    const store = new SealedHistograms(memory);
    const sealed: [MergedHistogram, Sealed][] = [];
    for (let seed = 0; seed < 40; seed++) {
      const whole = histogram(seed);
      sealed.push([whole, store.seal(whole)]);
    }
    for (const [whole, kept] of sealed.toReversed()) {
      expect([...store.open(kept).buckets()]).toEqual([...whole.buckets()]);
    }
    const inMemory = sealed.filter(([, kept]) => kept instanceof Uint8Array);
    expect(inMemory.length === 40).toBe(memory === 1e9);
    expect(inMemory.length === 0).toBe(memory === 0);
    expect(store.fileBytes > 0).toBe(memory !== 1e9);
  });
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

describe("lanes by holder", () => {
  it("are those each holds", () => {
    const table = new LaneTable(8);
    table.apply({ type: "lanes-held", epoch: 4, lanes: [1, 6, 2], opens: 0 } as never, 0);
    table.apply({ type: "lanes-held", epoch: 9, lanes: [7], opens: 0 } as never, 0);
    const held = table.byHolder();
    expect([...held.keys()].sort()).toEqual([4, 9]);
    for (const [epoch, lanes] of held) expect(lanes).toEqual(table.heldBy(epoch));
  });
});
