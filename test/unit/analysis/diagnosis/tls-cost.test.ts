/**
 * Goal: TLS handshakes that take the service's processor are told from a long way, a slow handler of upgrades and a generator that is late.
 * Method: runs told second by second, with a surge of connections.
 */
import { describe, expect, test } from "vitest";
import { diagnose } from "../../../../coordinator/analysis/diagnosis/rank.ts";
import { DETECTORS } from "../../../../coordinator/analysis/diagnosis/registry.ts";
import { Signals } from "../../../../coordinator/analysis/diagnosis/signals.ts";
import { causesOf, foldOf, healthySeconds, type Told } from "./story.ts";

const PLAN = { connections: 200, ramp: 4 };
const SURGE = [10, 11];

/** 20 connections a second, then 100: what one takes alone, and what it takes in the surge, which replies wait for. */
function told(alone: Told, surge: Told): Told[] {
  const load = { seed: 3, seconds: 25, connections: 200, ramp: 4, rate: 2 };
  return healthySeconds({ ...load, medianUs: 3000, correlation: 0.5, spread: 0.3 }).map(
    ({ failures: _, dropped: _1, lifetimeUs: _2, ...healthy }, second) => ({
      ...healthy,
      ...(second < 4 && alone),
      ...(SURGE.includes(second) && { opened: 100, ...surge }),
    }),
  );
}

const each = (count: number, us: (at: number) => number) =>
  Array.from({ length: count }, (_, at) => us(at));
const alone = {
  tcpUs: each(20, () => 200),
  tlsUs: each(20, (at) => 6000 + 50 * at),
  upgradeUs: each(20, () => 500),
};
const surge = {
  tcpUs: each(100, () => 300),
  tlsUs: each(100, (at) => 8000 + 700 * at),
  upgradeUs: each(100, (at) => 1000 + 600 * at),
};
const latencyUs = each(200, (at) => 3000 + 300 * at);

describe("TLS handshakes", () => {
  test("take the processor: they wait, and so do replies", () => {
    const [one, ...others] = diagnose(
      new Signals(foldOf(told(alone, { ...surge, latencyUs }), PLAN)),
      DETECTORS,
    );
    expect(one).toMatchObject({ cause: "tls-cost", confidence: "certain", from: 10, to: 12 });
    expect(one?.sentence).toContain("100 in a second");
    expect(others).toEqual([]);
  });

  test("are likely to where replies do not wait", () => {
    expect(causesOf(foldOf(told(alone, surge), PLAN))).toEqual(["tls-cost likely"]);
  });

  test("explain those that do not come to their end in time", () => {
    const failures = [{ kind: "tls-timeout" as const, count: 30 }];
    const late = { ...surge, failures, failed: 30 };
    expect(causesOf(foldOf(told(alone, late), PLAN))).toEqual(["tls-cost likely"]);
  });

  test.each<[string, Told, Told]>([
    [
      "cost next to nothing",
      { ...alone, tlsUs: each(20, () => 1200) },
      { ...surge, tlsUs: each(100, () => 2000) },
    ],
    [
      "have a long way",
      {
        tcpUs: each(20, () => 50_000),
        tlsUs: each(20, () => 101_000),
        upgradeUs: each(20, () => 50_500),
      },
      {
        tcpUs: each(100, () => 50_000),
        tlsUs: each(100, () => 102_000),
        upgradeUs: each(100, () => 51_000),
      },
    ],
    [
      "wait for a slow handler of upgrades",
      { ...alone, upgradeUs: each(20, () => 7000) },
      { ...surge, upgradeUs: each(100, (at) => 8000 + 700 * at) },
    ],
    [
      "are few at a time",
      alone,
      {
        tcpUs: each(20, () => 300),
        tlsUs: each(20, (at) => 6000 + 700 * at),
        upgradeUs: each(20, () => 500),
      },
    ],
    ["wait for the generator", alone, { ...surge, loopLagUs: each(50, () => 60_000) }],
  ])("that %s do not", (_, first, second) => {
    expect(causesOf(foldOf(told(first, second), PLAN))).toEqual([]);
  });
});
