/** Pushed messages put together from engines: by key, in any order, with engines that never saw one, and beyond the bounds. */
import { describe, expect, it } from "vitest";
import { PushMerge } from "../../../coordinator/merge/push/push-merge.ts";
import { sizeClass, sizesOf } from "../../../coordinator/merge/push/push-tally.ts";
import type { Frame, FrameReach, FrameScope } from "../../../shared/wire/frame/frame.ts";
import { frameOf } from "../wire/frames.ts";

const SECOND = 1_000_000;
const EMPTY = { ...frameOf(0), scopes: [], reaches: [] };
const ALL = { phases: new Set([0, 1]), throughUs: Number.POSITIVE_INFINITY };

function frame(
  engine: number,
  second: number,
  of: Partial<Pick<Frame, "scopes" | "reaches">>,
): Frame {
  return { ...EMPTY, engine, second, ...of };
}

function scope(over: Partial<FrameScope> = {}): FrameScope {
  return { name: 0, scope: 5, label: "room", received: 0, late: 0, members: 0, ...over };
}

/** A message that all of `timesUs` got. */
function told(key: number, timesUs: number[], over: Partial<FrameReach> = {}): FrameReach {
  const reached = timesUs.length;
  const missed = over.missed ?? 0;
  return {
    ...{ name: 0, phase: 0, scope: 5, key, sentUs: 10 * SECOND, level: 0 },
    ...{ members: reached + missed, reached, left: 0, missed, others: 0, repeated: 0 },
    ...{ timesUs, unreached: [] },
    ...over,
  };
}

const never = () => false;

describe("messages over several engines", () => {
  const frames = [
    frame(0, 16, { reaches: [told(1, [1000, 5000, 9000]), told(2, [2000, 3000], { phase: 1 })] }),
    frame(1, 15, { reaches: [told(1, [2000, 6000], { missed: 1, unreached: [17] })] }),
    frame(2, 17, { reaches: [told(1, [4000, 40_000]), told(2, [7000], { phase: 1 })] }),
  ];

  it.each([
    [0, 1, 2],
    [2, 0, 1],
    [1, 2, 0],
  ])("are one message each, in the order %d %d %d", (...order) => {
    const merge = new PushMerge(never);
    for (const at of order) merge.addFrame(1, frames[at] as Frame);
    const { all, bySize, unreached, oneIn } = merge.figures(0, ALL);
    expect(all).toMatchObject({ messages: 2, members: 11, reached: 10, missed: 1, left: 0 });
    expect(bySize.map(([size]) => size)).toEqual([1]);
    expect([all.first.max, all.median.max, all.last.max].map((us) => Math.round(us / 10))).toEqual([
      200, 500, 4003,
    ]);
    expect(unreached).toEqual([{ scope: "", sentUs: 10 * SECOND, missed: 1, connections: [17] }]);
    expect(oneIn).toBe(1);
  });

  it("are told by phase", () => {
    const merge = new PushMerge(never);
    for (const one of frames) merge.addFrame(1, one);
    const { all } = merge.figures(0, { ...ALL, phases: new Set([1]) });
    expect(all).toMatchObject({ messages: 1, members: 3, reached: 3, missed: 0 });
    expect(merge.figures(0, { ...ALL, throughUs: 12 * SECOND }).all.messages).toBe(0);
  });

  it("are missed by the members of an engine that never saw them, unless its worker was lost", () => {
    for (const [isLost, missed] of [
      [never, 4],
      [() => true, 0],
    ] as const) {
      const merge = new PushMerge(isLost);
      merge.addFrame(1, frame(0, 3, { scopes: [scope({ members: 2 })] }));
      merge.addFrame(1, frame(1, 4, { scopes: [scope({ members: 4 })] }));
      merge.addFrame(1, frame(2, 10, { scopes: [scope({ members: 9 })] }));
      merge.addFrame(1, frame(0, 16, { reaches: [told(1, [1000, 2000])] }));
      merge.addFrame(1, frame(1, 30, { scopes: [scope({ members: 0 })] }));
      expect(merge.figures(0, ALL).all).toMatchObject({ members: 2 + missed, missed });
    }
  });

  it("keep their counts when there are too many to keep each", () => {
    const merge = new PushMerge(never);
    for (let key = 0; key < 50_000; key++) {
      const at = { sentUs: key * 1000 };
      merge.addFrame(1, frame(0, 1, { reaches: [told(key, [1000], { ...at, missed: 1 })] }));
    }
    // Of one that was added up already.
    merge.addFrame(1, frame(1, 1, { reaches: [told(3, [1000, 2000], { sentUs: 3000 })] }));
    const { all } = merge.figures(0, ALL);
    expect(all).toMatchObject({ messages: 50_000, reached: 50_002, missed: 50_000 });
  });

  it("are looked at by the key alone when an engine had too many", () => {
    const merge = new PushMerge(never);
    for (const key of [1, 2, 3, 4]) merge.addFrame(1, frame(0, 1, { reaches: [told(key, [1])] }));
    merge.addFrame(
      1,
      frame(1, 2, { reaches: [told(4, [1], { level: 1 }), told(6, [1], { level: 1 })] }),
    );
    const { all, oneIn } = merge.figures(0, ALL);
    expect([all.messages, all.reached, oneIn]).toEqual([3, 4, 2]);
  });
});

describe("scopes", () => {
  it("are counted over engines, the largest first", () => {
    const merge = new PushMerge(never);
    merge.addFrame(1, frame(0, 1, { scopes: [scope({ received: 3, members: 2, late: 1 })] }));
    merge.addFrame(1, frame(1, 1, { scopes: [scope({ received: 4, members: 5, label: "" })] }));
    merge.addFrame(1, frame(1, 2, { scopes: [scope({ scope: 6, label: "hall", received: 9 })] }));
    const scopes = merge.scopes(0);
    expect(scopes?.count).toBe(2);
    expect(scopes?.top(5)).toEqual([
      { label: "hall", received: 9, late: 0, members: 0 },
      { label: "room", received: 7, late: 1, members: 7 },
    ]);
    expect([scopes?.received, scopes?.late]).toEqual([16, 1]);
    expect(merge.scopes(1)).toBeNull();
  });

  it("are bounded, and the number there are is still about right", () => {
    const merge = new PushMerge(never);
    for (let at = 0; at < 60_000; at++) {
      merge.addFrame(1, frame(0, 1, { scopes: [scope({ scope: at * 7 + 1, received: 1 })] }));
    }
    const scopes = merge.scopes(0);
    expect(scopes?.received).toBe(60_000);
    expect(Math.abs((scopes?.count ?? 0) / 60_000 - 1)).toBeLessThan(0.1);
  });

  it("are of a class by their size", () => {
    const sizes = [0, 1, 2, 10, 11, 100, 101, 1000, 1001, 10_000];
    expect(sizes.map(sizeClass)).toEqual([0, 0, 1, 1, 2, 2, 3, 3, 4, 4]);
    expect(sizesOf(2)).toEqual({ from: 11, to: 100 });
  });
});
