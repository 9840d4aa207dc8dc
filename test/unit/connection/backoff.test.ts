/**
 * Goal: a storm of reconnects is as high as the theory of each policy says. Method: 3,000 connections that are cut at once, waits by
 * seeded arithmetic, the busiest second beside what is expected of it; each bound is four standard deviations.
 *
 *   policy               first waits        handshakes in the busiest second, n = 3,000, min = 4 s
 *   none                 never              0
 *   fixed, exponential   min                n = 3,000
 *   full-jitter          [0, min)           n / 4 = 750
 *   decorrelated-jitter  [min, 3 min)       n / 8 = 375
 */
import { describe, expect, it } from "vitest";
import type { StrictReconnect } from "../../../shared/scenario/strict.ts";
import { drawUnit, Stream } from "../../../shared/time/random.ts";
import { backoffUs } from "../../../worker/connection/backoff.ts";
import { retryHintUs } from "../../../worker/connection/retry-hint.ts";

const CONNECTIONS = 3000;
const MIN_US = 4_000_000;
const SEED = 7;

const rule = (policy: StrictReconnect["policy"], maxUs = 60_000_000): StrictReconnect => {
  return { policy, minUs: MIN_US, maxUs, attempts: policy === "none" ? 0 : 10 };
};

/** As the engine draws: by the connection and its attempt. */
function wait(policy: StrictReconnect["policy"], index: number, retry = 0, maxUs?: number): number {
  const unitOf = (at: number) => drawUnit(SEED, Stream.backoff, index, at + 1);
  return backoffUs(rule(policy, maxUs), retry, unitOf);
}

const everybody = [...Array(CONNECTIONS).keys()];

function busiest(policy: StrictReconnect["policy"]): number {
  const seconds = new Map<number, number>();
  for (const index of everybody) {
    if (rule(policy).attempts === 0) continue;
    const second = Math.floor(wait(policy, index) / 1e6);
    seconds.set(second, (seconds.get(second) ?? 0) + 1);
  }
  return Math.max(0, ...seconds.values());
}

/** The fullest of k equal parts of n, by chance: n/k and at most this. */
const atMost = (parts: number) =>
  CONNECTIONS / parts + 4 * Math.sqrt((CONNECTIONS / parts) * (1 - 1 / parts));

describe("the first wave of a storm", () => {
  it("is none, all at once, a quarter, or an eighth of them a second", () => {
    expect(busiest("none")).toBe(0);
    expect(busiest("fixed")).toBe(CONNECTIONS);
    expect(busiest("exponential")).toBe(CONNECTIONS);
    const full = busiest("full-jitter");
    expect(full).toBeGreaterThanOrEqual(CONNECTIONS / 4);
    expect(full).toBeLessThanOrEqual(atMost(4));
    const decorrelated = busiest("decorrelated-jitter");
    expect(decorrelated).toBeGreaterThanOrEqual(CONNECTIONS / 8);
    expect(decorrelated).toBeLessThanOrEqual(atMost(8));
    expect(decorrelated).toBeLessThan(full);
  });
});

describe("waits", () => {
  const meanOf = (policy: StrictReconnect["policy"], retry: number) =>
    everybody.reduce((sum, index) => sum + wait(policy, index, retry), 0) / CONNECTIONS / MIN_US;

  it("of full jitter double on average: 1/2, 1, 2 times min", () => {
    for (const [retry, mean] of [0.5, 1, 2].entries()) {
      // Uniform in [0, 2 mean]: the standard deviation is mean / sqrt(3).
      const slack = (4 * mean) / Math.sqrt(3 * CONNECTIONS);
      expect(Math.abs(meanOf("full-jitter", retry) - mean)).toBeLessThan(slack);
    }
  });

  it("of decorrelated jitter grow by half and half of min: 2, 3.5, 5.75 times min", () => {
    for (const [retry, mean] of [2, 3.5, 5.75].entries()) {
      const slack = (4 * mean) / Math.sqrt(CONNECTIONS);
      expect(Math.abs(meanOf("decorrelated-jitter", retry) - mean)).toBeLessThan(slack);
    }
  });

  it("are never shorter or longer than they may be, after however many retries", () => {
    for (const retry of [0, 1, 5, 63, 64, 65, 1000]) {
      for (const index of [1, 2, 3]) {
        const decorrelated = wait("decorrelated-jitter", index, retry, 30e6);
        expect(decorrelated).toBeGreaterThanOrEqual(MIN_US);
        expect(decorrelated).toBeLessThanOrEqual(30e6);
        expect(wait("exponential", index, retry, 30e6)).toBe(Math.min(30e6, MIN_US * 2 ** retry));
      }
    }
  });

  it("by a hint are what the service said, up to max; without one as full jitter", () => {
    const unitOf = () => 0.5;
    expect(backoffUs(rule("server-hint"), 3, unitOf, 2_000_000)).toBe(2_000_000);
    expect(backoffUs(rule("server-hint"), 3, unitOf, 90_000_000)).toBe(60_000_000);
    expect(backoffUs(rule("server-hint"), 0, unitOf, null)).toBe(MIN_US / 2);
    // Nobody else heeds it.
    expect(backoffUs(rule("fixed"), 0, unitOf, 2_000_000)).toBe(MIN_US);
  });
});

describe("a hint", () => {
  it.each<[said: string, us: number | null]>([
    ["Retry-After: 5", 5e6],
    ["retry after 250ms", 250_000],
    ["please retry in 1.5s", 1.5e6],
    ['{"retryAfter":3}', 3e6],
    ["retry_after_ms=750", 750_000],
    ["going away; retry-after=2m", 120e6],
    ["going away", null],
    ["retry after a while", null],
    ["retry after -5", null],
    ["", null],
    [`${"x".repeat(400)}retry after 5`, null],
  ])("%j", (said, us) => {
    expect(retryHintUs(said)).toBe(us);
  });
});
