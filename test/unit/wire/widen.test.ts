/** Goal: several frames become one without losing anything but resolution in time. */
import { describe, expect, it } from "vitest";
import { decodeFrame, encodeFrame } from "../../../shared/wire/frame/frame-codec.ts";
import { widen } from "../../../shared/wire/frame/widen.ts";
import { bucketsOf, frameOf } from "./frames.ts";

describe("two seconds", () => {
  const cumulative = { counters: Array(27).fill(1), histogramValues: 5 };
  const [four, five] = [frameOf(4), frameOf(5, { final: true, cumulative })];
  const wide = widen([four, five]);

  it("is a valid frame over both", () => {
    expect(wide).toMatchObject({ engine: 1, second: 4, spanSeconds: 2, final: true, cumulative });
    expect(decodeFrame(encodeFrame(wide)).spanSeconds).toBe(2);
  });

  it("counters add up; the gauge of open connections is the later one", () => {
    // attempted, established, failed, closed, open
    expect(wide.shards[0]).toEqual({ shard: 0, counters: [9, 11, 13, 15, 9] });
    expect(wide.phases[0]?.counters.slice(0, 2)).toEqual([900, 902]);
    expect(wide.names[0]?.counters.slice(0, 3)).toEqual([9, 11, 13]);
    expect(wide.targets[0]?.counters.slice(0, 3)).toEqual([9, 11, 13]);
    expect(wide.closes).toEqual([{ cause: "peer", count: 6 }]);
  });

  it("histograms are added", () => {
    const [latency, loopLag] = wide.histograms;
    expect(bucketsOf(latency?.bytes ?? new Uint8Array())).toEqual([
      [4, 1],
      [5, 1],
      [1000, 2],
    ]);
    expect(bucketsOf(loopLag?.bytes ?? new Uint8Array())[0]?.[1]).toBe(2);
    expect(wide.histograms).toHaveLength(2);
  });

  it("ticks follow one another", () => {
    expect(wide.ticks).toEqual(
      four.ticks.map((row, series) => [...row, ...(five.ticks[series] ?? [])]),
    );
  });

  it("failures that look alike are one group, with the first sample", () => {
    expect(wide.failures).toHaveLength(2);
    expect(wide.failures[0]).toEqual({ ...four.failures[0], count: 34 });
  });

  it("health: means over time, maxima, and the latest of gauges", () => {
    const strained = frameOf(5, {
      health: { ...five.health, utilisation: 1, loopLagMaxUs: 9000, bufferedBytes: 7 },
    });
    expect(widen([four, strained]).health).toEqual({
      ...five.health,
      utilisation: 0.75,
      loopLagMaxUs: 9000,
      bufferedBytes: 7,
      gcCount: 4,
    });
  });
});

it("what only one frame has stays as it is", () => {
  const quiet = { shards: [], phases: [], names: [], histograms: [], failures: [], closes: [] };
  const busy = frameOf(4);
  for (const frames of [
    [busy, frameOf(5, quiet)],
    [frameOf(3, quiet), busy],
  ]) {
    const wide = widen(frames);
    expect(wide.shards).toEqual(busy.shards);
    expect(wide.phases).toEqual(busy.phases);
    expect(wide.histograms).toEqual(busy.histograms);
    expect(wide.failures).toEqual(busy.failures);
    expect(wide.closes).toEqual(busy.closes);
  }
});

it("widening in steps is widening at once", () => {
  const seconds = [0, 1, 2, 3, 4, 5, 6, 7].map((second) => frameOf(second));
  const pairs = [0, 2, 4, 6].map((at) => widen(seconds.slice(at, at + 2)));
  const fours = [widen(pairs.slice(0, 2)), widen(pairs.slice(2))];
  expect(widen(fours)).toEqual(widen(seconds));
  expect(widen(fours).spanSeconds).toBe(8);
});

it("totals that do not cover the last frame are dropped", () => {
  const cumulative = { counters: Array(27).fill(1), histogramValues: 5 };
  expect(widen([frameOf(9, { cumulative }), frameOf(10)]).cumulative).toBeNull();
});

it("one frame alone is itself", () => {
  const frame = frameOf(-1);
  expect(widen([frame])).toBe(frame);
});

describe("refuses, as a bug of the caller,", () => {
  it.each([
    ["nothing", [], "no frames"],
    ["a gap", [frameOf(1), frameOf(3)], "not adjacent"],
    ["an overlap", [frameOf(1), frameOf(1)], "not adjacent"],
    ["two engines", [frameOf(1), frameOf(2, { engine: 2 })], "different engines"],
    ["three seconds", [frameOf(1), frameOf(2), frameOf(3)], "2, 4 or 8"],
    ["what came before the start", [frameOf(-1), frameOf(0)], "before the start"],
    ["anything after the last frame", [frameOf(1, { final: true }), frameOf(2)], "comes last"],
  ])("%s", (_, frames, why) => {
    expect(() => widen(frames)).toThrow(why);
  });
});
