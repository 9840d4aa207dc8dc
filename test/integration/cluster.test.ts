import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Summary } from "../../coordinator/report/summary-schema.ts";
import {
  endedWell,
  onrush,
  type Result,
  runScenario,
  scratch,
  startTarget,
  type Target,
} from "../support/programs.ts";
import { type BrokerServer, brokersOf, missing, startBroker } from "../support/servers.ts";
import { type ClusterWorker, startClusterWorker } from "../support/workers.ts";

/** Runs on workers of their own over a real broker; the target's count is the judge. */

/** Messages a second of a connection where many are open for long. */
const SPARSE = "1/s";
/** Half of the usual time until a worker is lost, to be waited for. */
const LEASE = { ONRUSH_WORKER_FENCE_AFTER_MS: "10000" };

function scenario(url: string, rate = "2/s") {
  return {
    target: url,
    seed: 5,
    load: [
      { phase: "up", ramp: "linear", to: 150, over: "3s" },
      { phase: "hold", hold: "3s" },
      { phase: "down", ramp: "linear", to: 0, over: "1s" },
    ],
    messages: {
      rate,
      arrival: "poisson",
      mix: [
        {
          name: "echo",
          send: { binary: { size: 64, fill: "random" } },
          reply: { match: "echo", within: "2s" },
        },
      ],
    },
    integrity: { stamp: true },
    thresholds: { connect: ["failed == 0"], delivery: ["lost == 0"] },
  };
}

/** Waits until the target has accepted so many. */
async function opened(target: Target, count: number): Promise<void> {
  await expect.poll(async () => (await target.now()).accepted, WAIT).toBeGreaterThanOrEqual(count);
}

/** Waits until so many are open at the target. */
async function open(target: Target, count: number, timeout: number): Promise<void> {
  await expect
    .poll(async () => (await target.now()).open, { ...WAIT, timeout })
    .toBeGreaterThanOrEqual(count);
}

/** Counts that are the target's. */
async function expectExact({ summary, ...result }: Result, target: Target): Promise<void> {
  expect(endedWell({ summary, ...result }), result.stderr).toBe(true);
  const stats = await target.stats();
  expect(summary?.connections.established).toBe(stats.accepted);
  expect(summary?.messages.sent).toBe(stats.messagesIn);
  expect(summary?.messages.received).toBe(stats.messagesOut);
  expect(summary?.validity.ledger.balanced).toBe(true);
  expect(summary?.validity.framesMissing).toBe(0);
  expect(summary?.workers.map(({ id }) => id).sort()).toEqual(["worker-a", "worker-b"]);
}

const WAIT = { timeout: 60_000, interval: 100 };

describe.each(brokersOf("redis"))("two workers on %s, run after run", (kind) => {
  let broker: BrokerServer;
  let workers: readonly ClusterWorker[] = [];
  const leave = () => Promise.all(workers.map((worker) => worker.leave()));
  const absent = missing(kind);
  beforeAll(async () => {
    if (absent !== null) return;
    broker = await startBroker(kind);
    workers = ["worker-a", "worker-b"].map((id) => startClusterWorker(broker.url, id));
  });
  afterAll(async () => {
    await leave();
    await broker?.stop();
  });
  const args = () => ["--bus", broker.url, "--workers", "2"];

  /** One run, and what happens when half of its connections are open. */
  async function play(meanwhile: () => Promise<void>): Promise<Summary | null> {
    await using target = await startTarget();
    using folder = scratch();
    const running = runScenario(scenario(target.url), folder.path, { args: args() });
    await opened(target, 75);
    await meanwhile();
    const result = await running;
    await expectExact(result, target);
    return result.summary;
  }

  it.skipIf(absent !== null)("give the same numbers as the target", async () => {
    const summary = await play(async () => {});
    // Seconds in which the generator was saturated are left out of it.
    const { latencyMs, matched } = summary?.messages ?? {};
    expect(latencyMs?.count).toBeGreaterThan(0);
    expect(latencyMs?.count).toBeLessThanOrEqual(matched ?? 0);
  });

  it.skipIf(absent !== null)("go on when the broker is killed and started again", async () => {
    // Redis writes its file once a second; what it forgets of the last one is sent again.
    await play(() => broker.restart());
  });

  it.skipIf(absent !== null)("go on when the broker forgets everything", async () => {
    await play(() => broker.empty());
  });

  it.skipIf(absent !== null)("let one coordinator at a time run tests", async () => {
    await using target = await startTarget();
    using first = scratch();
    using second = scratch();
    let end = () => {};
    const long = {
      ...scenario(target.url),
      load: [{ phase: "on", ramp: "burst", to: 10, hold: "10m" }],
    };
    const running = runScenario(long, first.path, {
      args: args(),
      onStart: (child) => {
        end = () => child.kill("SIGINT");
      },
    });
    await opened(target, 10);
    const refused = await runScenario(scenario(target.url), second.path, { args: args() });
    end();
    expect(refused.exitCode).toBe(98);
    expect(refused.stderr).toContain("ONRUSH_COORDINATOR_TAKEN");
    expect((await running).exitCode).toBe(105);
  });

  it.skipIf(absent !== null)("leave in good order", async () => {
    expect(await leave()).toEqual([0, 0]);
  });
});

describe.each(brokersOf("redis"))("a cluster on %s", (kind) => {
  let broker: BrokerServer;
  const absent = missing(kind);
  beforeAll(async () => {
    if (absent === null) broker = await startBroker(kind);
  });
  afterAll(() => broker?.stop());

  it.skipIf(absent !== null || process.platform !== "linux")(
    "has others take over from a worker that was killed, and says what is not known",
    async () => {
      await using one = startClusterWorker(broker.url, "worker-a", LEASE);
      await using two = startClusterWorker(broker.url, "worker-b", LEASE);
      await using target = await startTarget();
      using folder = scratch();
      const long = {
        ...scenario(target.url, SPARSE),
        load: [
          { phase: "up", ramp: "linear", to: 200, over: "2s" },
          { phase: "hold", hold: "28s" },
        ],
      };
      const running = runScenario(long, folder.path, {
        args: ["--bus", broker.url, "--workers", "2"],
      });
      await opened(target, 200);
      // Until all of them have been reported.
      await new Promise((resolve) => setTimeout(resolve, 3000));
      await two.kill();
      await expect.poll(async () => (await target.now()).open, WAIT).toBeLessThan(200);
      await new Promise((resolve) => setTimeout(resolve, 500));
      const lost = 200 - (await target.now()).open;
      // Its lease, what the coordinator waits beyond it, and the time to open again.
      await open(target, 200, 40_000);
      const result = await running;
      const { summary } = result;
      expect(endedWell(result), result.stderr).toBe(true);
      expect(summary?.validity.notes.join(" ")).toContain("worker-b was lost");
      expect(summary?.validity.notes.join(" ")).toContain("Others took its work over");
      const [gone] = summary?.lostWorkers ?? [];
      expect(gone).toMatchObject({ id: "worker-b", recovery: "recovered" });
      expect(summary?.validity.disturbedSeconds).toBeGreaterThan(7);
      const { lostWithWorker, established } = summary?.connections ?? {};
      const stats = await target.stats();
      expect(stats.peakOpen).toBe(200);
      expect(summary?.validity.ledger.balanced).toBe(true);
      expect(lost).toBeGreaterThan(0);
      expect(lostWithWorker).toBe(lost);
      expect(established).toBe(stats.accepted);
      // Only what the killed worker did after its last report is not known, and that is bounded in the summary.
      const unknown = stats.messagesIn - (summary?.messages.sent ?? 0);
      expect(unknown).toBeGreaterThanOrEqual(0);
      expect(unknown).toBeLessThanOrEqual(gone?.messagesAtMost ?? 0);
      await one.leave();
    },
  );

  it.skipIf(absent !== null)(
    "scales while connections are held, and closes none by a join",
    async () => {
      await using one = startClusterWorker(broker.url, "worker-a");
      await using target = await startTarget();
      using folder = scratch();
      const long = {
        ...scenario(target.url, SPARSE),
        load: [
          { phase: "up", ramp: "linear", to: 300, over: "20s" },
          { phase: "hold", hold: "18s" },
        ],
      };
      const running = runScenario(long, folder.path, { args: ["--bus", broker.url] });
      await opened(target, 60);
      await using two = startClusterWorker(broker.url, "worker-b");
      await using three = startClusterWorker(broker.url, "worker-c");
      await opened(target, 300);
      const joined = await target.now();
      expect(joined.accepted).toBe(300);
      expect(joined.open).toBe(300);
      // One leaves: what it holds is opened elsewhere.
      expect(await one.leave()).toBe(0);
      await open(target, 300, 20_000);
      const result = await running;
      const { summary, stderr } = result;
      expect(endedWell(result), stderr).toBe(true);
      const stats = await target.stats();
      const { established, closedByCause, lostWithWorker } = summary?.connections ?? {};
      expect(established).toBe(stats.accepted);
      expect(lostWithWorker).toBe(0);
      expect(closedByCause?.["migrated"]).toBe(stats.accepted - 300);
      expect(closedByCause?.["migrated"]).toBeGreaterThan(0);
      expect(summary?.messages.sent).toBe(stats.messagesIn);
      expect(summary?.messages.received).toBe(stats.messagesOut);
      expect(summary?.messages.lost).toBe(0);
      expect(summary?.workers.map(({ id }) => id).sort()).toEqual([
        "worker-a",
        "worker-b",
        "worker-c",
      ]);
      expect(await Promise.all([two.leave(), three.leave()])).toEqual([0, 0]);
    },
  );
});

describe("a bus that is not there", () => {
  it("ends before any load, naming the server", async () => {
    using folder = scratch();
    await using target = await startTarget();
    const { exitCode, stderr } = await runScenario(scenario(target.url), folder.path, {
      args: ["--bus", "redis://127.0.0.1:1"],
    });
    expect(exitCode).toBe(98);
    expect(stderr).toContain("127.0.0.1:1");
    expect((await target.stats()).accepted).toBe(0);
  });

  it("is refused when its scheme is unknown", async () => {
    const { exitCode, stderr } = await onrush(["worker", "--bus", "amqp://127.0.0.1"]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain("amqp");
  });
});
