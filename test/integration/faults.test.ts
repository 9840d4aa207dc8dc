/**
 * Goal: a fault hits the connections that the plan says, whoever holds them, and the report tells what the service saw. Method: a service
 * of the test's own knows each connection by its number; a run on one worker, and runs on four over a broker, are compared with
 * the arithmetic of the plan, with the service, and with one another.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { buildPopulation } from "../../shared/load/arrivals.ts";
import { victimsOf } from "../../shared/load/victims.ts";
import { faultWindows } from "../../shared/scenario/fault-windows.ts";
import { parseScenario } from "../../shared/scenario/parse.ts";
import { type MarkedServer, markedServer, type SeenConnection } from "../support/marked-server.ts";
import {
  endedWell,
  type Result,
  type RunOptions,
  runScenario,
  scratch,
  startWorkers,
} from "../support/programs.ts";
import { brokersOf, missing, startBroker } from "../support/servers.ts";
import { startClusterWorker } from "../support/workers.ts";

const CONNECTIONS = 200;

function scenario(target: string) {
  return {
    ...{ target, seed: 11 },
    connect: { reconnect: { policy: "full-jitter", min: "100ms", max: "1s", attempts: 10 } },
    load: [
      { phase: "open", ramp: "linear", to: CONNECTIONS, over: "2s", exclude: true },
      { phase: "steady", hold: "8s" },
    ],
    messages: {
      rate: "4/s",
      mix: [
        { name: "say", send: { binary: { size: 64 } }, reply: { match: "echo", within: "10s" } },
      ],
    },
    faults: [
      { at: "steady+1s", kind: "disconnect", who: "30%", recovered: { within: "60s", to: "100%" } },
      { at: "steady+3s", for: "2s", kind: "disconnect", who: 20, how: "silence", name: "silent" },
      { at: "steady+6s", kind: "disconnect", who: "10%", how: "close", code: 4001, name: "kicked" },
    ],
    thresholds: {
      connections: ["dropped == 0"],
      messages: [
        "matched == 100%",
        "unanswered == 0",
        { rule: "sent < 100%", include: "injected" },
      ],
    },
  };
}

interface Account {
  readonly result: Result;
  readonly seen: readonly SeenConnection[];
  /** When the plan begins to hold its load, wall clock. */
  readonly steadyMs: number;
}

/** No fault is earlier, by the clock of the service. */
const ON_TIME_MS = 100;
/** A cluster of four workers, one of two and this service share the machine's cores, so that a reset may be late there. */
const SHARED_MS = 600;
const SECOND_MS = 1000;

/** Late they may only be where the generator itself says that it was. */
function expectOnTime(
  { result, steadyMs }: Account,
  seen: readonly SeenConnection[],
  offsetMs: number,
): void {
  const lateMs = seen.map(({ closedUs }) => (closedUs ?? 0) - steadyMs - offsetMs);
  expect(Math.min(...lateMs)).toBeGreaterThanOrEqual(-ON_TIME_MS);
  if (result.exitCode === 0) expect(Math.max(...lateMs)).toBeLessThanOrEqual(SHARED_MS);
}

async function accountOf(options: RunOptions = {}): Promise<Account> {
  const server: MarkedServer = await markedServer(Date.now);
  using folder = scratch();
  try {
    const result = await runScenario(scenario(server.url), folder.path, options);
    const journal = readFileSync(join(result.runDirectory, "journal")).toString("latin1");
    for (const event of ["fault-began", "fault-ended"]) {
      for (const id of ["disconnect@steady+1s", "silent", "kicked"]) {
        expect(journal).toMatch(
          new RegExp(`"type":"${event}"[^}]*"id":"${id.replace("+", "\\+")}"`),
        );
      }
    }
    const run = JSON.parse(readFileSync(join(result.runDirectory, "run.json"), "utf8")) as {
      readonly startedAt: string;
    };
    const steadyMs = Date.parse(run.startedAt) + 2 * SECOND_MS;
    return { result, seen: [...server.seen], steadyMs };
  } finally {
    server.close();
  }
}

/** The victims of each fault, by the arithmetic that workers use. */
function planned(): number[][] {
  const text = JSON.stringify({ version: 1, name: "test", ...scenario("ws://127.0.0.1:1/") });
  const read = parseScenario(text, {
    fileName: "x.json",
    env: {},
    readFile: () => Buffer.alloc(0),
  });
  if (!read.ok) throw new Error("not a scenario");
  const population = buildPopulation(read.scenario);
  return faultWindows(read.scenario).map((window) => {
    const victims = victimsOf(read.scenario, population, window);
    return [...Array(CONNECTIONS).keys()].filter((index) => victims.has(index));
  });
}

const numbers = (seen: readonly SeenConnection[]) =>
  seen.map(({ index }) => index).sort((a, b) => a - b);

function check(account: Account): void {
  const { result, seen } = account;
  expect(endedWell(result), result.stderr).toBe(true);
  const { summary } = result as Result & { summary: NonNullable<Result["summary"]> };
  const [cut = [], silent = [], kicked = []] = planned();
  expect([cut.length, silent.length, kicked.length]).toEqual([60, 20, 20]);
  // By what the service saw: those without a Close frame were cut or silent, and each was one of the plan's.
  const gone = seen.filter(({ code }) => code === 1006);
  expect(numbers(gone)).toEqual([...cut, ...silent].sort((a, b) => a - b));
  const closed = seen.filter(({ code }) => code === 4001);
  expect(numbers(closed)).toEqual(kicked);
  expectOnTime(account, closed, 6 * SECOND_MS);
  const isCut = new Set(cut);
  const reset = gone.filter(({ index }) => isCut.has(index)).slice(0, cut.length);
  expectOnTime(account, reset, SECOND_MS);
  expect(seen).toHaveLength(CONNECTIONS + cut.length + silent.length + kicked.length);
  // And what the report says of it.
  expect(summary.validity.ledger).toEqual({ balanced: true, differences: {} });
  expect(summary.connections.established).toBe(seen.length);
  expect(summary.connections.closedByCause).toEqual({ injected: 100, plan: CONNECTIONS });
  expect(summary.connections.dropped).toBe(0);
  expect(summary.thresholds.filter(({ passed }) => !passed)).toEqual([]);
  expect(summary.failures.map(({ kind, cause, count }) => [kind, cause, count])).toEqual([
    ["injected", "injected", 60],
    ["injected", "injected", 20],
    ["injected", "injected", 20],
  ]);
  expect(
    summary.faults.map(({ id, planned: hits, affected, restored, gaveUp, closed }) => {
      return { id, hits, affected, restored, gaveUp, closed };
    }),
  ).toEqual([
    { id: "disconnect@steady+1s", hits: 60, affected: 60, restored: 60, gaveUp: 0, closed: 0 },
    { id: "silent", hits: 20, affected: 20, restored: 20, gaveUp: 0, closed: 0 },
    { id: "kicked", hits: 20, affected: 20, restored: 20, gaveUp: 0, closed: 0 },
  ]);
  for (const fault of summary.faults) {
    expect(fault.attempts).toBe(fault.affected);
    expect(fault.recovered.to50Ms).toBeLessThanOrEqual(fault.recovered.to99Ms ?? 0);
    expect(fault.peakHandshakes).toBeGreaterThan(0);
  }
  const received = seen.reduce((sum, one) => sum + one.received, 0);
  expect(summary.messages.sent).toBe(received);
}

describe.concurrent("faults", () => {
  it("hit whom the plan says, on one worker", async () => {
    check(await accountOf({ args: ["--workers", "1"] }));
  }, 240_000);

  for (const kind of brokersOf("nats")) {
    it.skipIf(missing(kind) !== null)(
      `hit the same ones on four workers over ${kind}`,
      async () => {
        const broker = await startBroker(kind);
        try {
          await using _workers = startWorkers(broker.url, 4);
          check(await accountOf({ args: ["--bus", broker.url, "--workers", "4"] }));
        } finally {
          await broker.stop();
        }
      },
      240_000,
    );
  }

  it.skipIf(missing("redis") !== null)(
    "leave the ledger balanced when a worker dies in the middle",
    async () => {
      const broker = await startBroker("redis");
      try {
        await using dies = startClusterWorker(broker.url, "dies", {
          ONRUSH_WORKER_FENCE_AFTER_MS: "3000",
        });
        await using _stays = startClusterWorker(broker.url, "stays", {
          ONRUSH_WORKER_FENCE_AFTER_MS: "3000",
        });
        const server = await markedServer(Date.now);
        using folder = scratch();
        let killed = false;
        const kill = setInterval(() => {
          // In the middle of the silence.
          if (killed || server.seen.length < CONNECTIONS + 70) return;
          killed = true;
          void dies.kill();
        }, 50);
        const result = await runScenario(scenario(server.url), folder.path, {
          args: ["--bus", broker.url, "--workers", "2"],
        });
        clearInterval(kill);
        server.close();
        expect(killed).toBe(true);
        const { summary } = result as Result & { summary: NonNullable<Result["summary"]> };
        expect(summary.validity.ledger).toEqual({ balanced: true, differences: {} });
        expect(summary.lostWorkers).toHaveLength(1);
        const [cut = [], , kicked = []] = planned();
        expect(summary.faults[0]?.affected).toBe(cut.length);
        // Whoever stood in for the lost worker kicks its victims, too, if it had them back by then.
        expect(summary.faults[2]?.affected).toBeLessThanOrEqual(kicked.length);
        expect(summary.faults[2]?.affected).toBeGreaterThan(0);
      } finally {
        await broker.stop();
      }
    },
    240_000,
  );
});
