/**
 * Goal: faults of the network change when bytes arrive, and nothing else, with the real programs. Method: runs against the bundled
 * target, whose own counts are the oracle, and the report's own account of the faults; by both drivers, one of them under two workers
 * over Redis. The scenario that production teams start from is run unchanged.
 */
import { describe, expect, it } from "vitest";
import {
  endedWell,
  type Result,
  type RunOptions,
  runScenario,
  scratch,
  startTarget,
  startWorkers,
} from "../support/programs.ts";
import { missing, startBroker } from "../support/servers.ts";

const CONNECTIONS = 100;

function scenario(target: string, driver: "lean" | "ws") {
  return {
    ...{ target, seed: 3 },
    connect: {
      driver,
      reconnect: { policy: "full-jitter", min: "100ms", max: "1s", attempts: 10 },
    },
    load: [
      { phase: "open", ramp: "linear", to: CONNECTIONS, over: "2s", exclude: true },
      { phase: "steady", hold: "18s" },
    ],
    messages: {
      rate: "4/s",
      mix: [
        { name: "say", send: { binary: { size: 64 } }, reply: { match: "echo", within: "20s" } },
      ],
    },
    integrity: { stamp: true },
    faults: [
      { at: "steady+1s", for: "3s", kind: "latency", who: 20, delay: "400ms", jitter: "50ms" },
      { at: "steady+2s", for: "3s", kind: "bandwidth", who: 20, rate: "1kb/s" },
      { at: "steady+6s", for: "2s", kind: "blackhole", who: 20 },
      { at: "steady+6s", for: "2s", kind: "stall", who: 20, loss: "10%" },
      { at: "steady+6s", for: "2s", kind: "reorder", who: 20, spread: "100ms" },
      { at: "steady+10s", for: "6s", kind: "cut", who: 20, after: "2s" },
    ],
    thresholds: {
      connections: ["dropped == 0"],
      messages: ["matched == 100%", "unanswered == 0"],
    },
  };
}

async function check(driver: "lean" | "ws", options: RunOptions = {}): Promise<void> {
  await using target = await startTarget();
  using folder = scratch();
  const result = await runScenario(scenario(target.url, driver), folder.path, options);
  expect(endedWell(result), result.stderr).toBe(true);
  const { summary } = result as Result & { summary: NonNullable<Result["summary"]> };
  const stats = await target.stats();
  // Nothing is lost on the way, but for what was on it when a connection was cut.
  const { messages, connections, faults } = summary;
  const cuts = connections.closedByCause["injected"] ?? 0;
  expect(cuts).toBeGreaterThanOrEqual(20);
  expect(connections.closedByCause).toEqual({ injected: cuts, plan: CONNECTIONS });
  expect(stats.accepted).toBe(connections.established);
  expect(stats.messagesIn).toBeLessThanOrEqual(messages.sent);
  expect(stats.messagesIn).toBeGreaterThan(messages.sent - 4 * cuts);
  const { duplicated, corrupt, reordered } = messages;
  expect({ duplicated, corrupt, reordered }).toEqual({ duplicated: 0, corrupt: 0, reordered: 0 });
  expect(summary.validity.ledger).toEqual({ balanced: true, differences: {} });
  expect(summary.thresholds.filter(({ passed }) => !passed)).toEqual([]);
  expect(faults.map(({ kind, affected, restored }) => ({ kind, affected, restored }))).toEqual(
    ["latency", "bandwidth", "blackhole", "stall", "reorder", "cut"].map((kind) => {
      return { kind, affected: 20, restored: 20 };
    }),
  );
  // No percentile holds what the network was to blame for.
  expect(messages.latencyMs?.p50).toBeLessThan(200);
  expect(summary.failures.map(({ kind, cause }) => [kind, cause])).toEqual([
    ["injected", "injected"],
  ]);
}

describe.concurrent("faults of the network", () => {
  it.each(["lean", "ws"] as const)(
    "lose nothing, with the %s driver",
    async (driver) => {
      await check(driver, { args: ["--workers", "1"] });
    },
    240_000,
  );

  it.skipIf(missing("redis") !== null)(
    "are the same on two workers",
    async () => {
      const broker = await startBroker("redis");
      try {
        await using _workers = startWorkers(broker.url, 2);
        await check("lean", { args: ["--bus", broker.url, "--workers", "2"] });
      } finally {
        await broker.stop();
      }
    },
    240_000,
  );
});
