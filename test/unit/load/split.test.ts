/** Goal: shards and quotas by worked examples. */
import { describe, expect, it } from "vitest";
import {
  connectionsOf,
  indicesOf,
  quotas,
  shardCount,
  shardsThatFit,
} from "../../../shared/load/split.ts";

it("about one shard per 250 connections, a power of two, 8 to 4096", () => {
  expect([0, 1, 2000, 2001, 10_000, 64_000, 64_001, 5_000_000].map(shardCount)).toEqual([
    8, 8, 8, 16, 64, 256, 512, 4096,
  ]);
});

it("a shard holds the indices that are its number modulo S", () => {
  expect([...indicesOf(3, 8, 20)]).toEqual([3, 11, 19]);
  expect([...indicesOf(7, 8, 5)]).toEqual([]);
});

describe("connections of shards", () => {
  // 64 shards: 16 of 157 connections, 48 of 156.
  const sizes = { shards: 64, peak: 10_000 };

  it("are those of the largest, and all of them together are the peak", () => {
    expect(connectionsOf(sizes, 1)).toBe(157);
    expect(connectionsOf(sizes, 17)).toBe(16 * 157 + 156);
    expect(connectionsOf(sizes, 64)).toBe(10_000);
    expect(connectionsOf({ shards: 8, peak: 3 }, 2)).toBe(2);
  });

  it("fit as many as a worker has room for: all into one for as many as the run has", () => {
    expect(shardsThatFit(sizes, 10_000)).toBe(64);
    expect(shardsThatFit(sizes, 9_999)).toBe(63);
    expect(shardsThatFit(sizes, 157)).toBe(1);
    expect(shardsThatFit(sizes, 156)).toBe(0);
    expect(shardsThatFit(sizes, 16 * 157)).toBe(16);
  });
});

describe("quotas", () => {
  const sizes = { shards: 8, peak: 800 };

  it("are proportional, by largest remainder, ties to the first", () => {
    expect(quotas([1000, 1000], 8, sizes)).toEqual([4, 4]);
    expect(quotas([1000, 1000, 1000], 8, sizes)).toEqual([3, 3, 2]);
    expect(quotas([3000, 1000], 8, sizes)).toEqual([6, 2]);
    // 8 * 500/1700 = 2.35, 8 * 1200/1700 = 5.65
    expect(quotas([500, 1200], 8, sizes)).toEqual([2, 6]);
  });

  it("do not exceed what fits a worker while others have room", () => {
    // In proportion 7.11 and 0.89, but 100 connections do not fit where there is room for 99.
    expect(quotas([800, 99], 8, sizes)).toEqual([8, 0]);
    expect(quotas([450, 450], 8, sizes)).toEqual([4, 4]);
    expect(quotas([190, 190, 900], 8, sizes)).toEqual([1, 1, 6]);
  });

  it("overload everyone in proportion when nothing fits", () => {
    expect(quotas([100, 100], 8, { shards: 8, peak: 8000 })).toEqual([4, 4]);
    expect(quotas([0, 0], 8, sizes)).toEqual([4, 4]);
  });

  it("nobody gets anything when there is nobody", () => {
    expect(quotas([], 8, sizes)).toEqual([]);
  });
});
