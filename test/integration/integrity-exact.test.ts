/**
 * Goal: whatever a target does to messages k times, the summary says k: lost, repeated, reordered, altered, leaked; also when
 * connections are cut in between, and when a worker dies. Method: the bundled target is dialled while the run is on, half of
 * the times before the cut and half after it; its own count is waited for. With ONRUSH_TEST_ALL=1 up to 1,000 times.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  CONNECTIONS,
  cutAll,
  expectCounts,
  MISDEEDS,
  type Misdeed,
  misbehave,
  pairs,
  talking,
} from "../support/misdeeds.ts";
import {
  type Result,
  runScenario,
  scratch,
  startTarget,
  type Target,
} from "../support/programs.ts";
import { type BrokerServer, brokersOf, missing, startBroker } from "../support/servers.ts";
import { startClusterWorker } from "../support/workers.ts";

const TIMES = process.env["ONRUSH_TEST_ALL"] === "1" ? [0, 1, 37, 1000] : [37];

/** A run whose target misbehaves `count` times in each way, half of it before `between`. */
async function run(
  misdeeds: readonly Misdeed[],
  count: number,
  options: {
    readonly between: (target: Target) => Promise<void>;
    readonly args?: readonly string[];
  },
): Promise<Result> {
  const { between, args = [] } = options;
  await using target = await startTarget();
  using folder = scratch();
  const scenario = pairs(target.url, misdeeds.includes("corrupt"));
  let end = (): void => {};
  const running = runScenario(scenario, folder.path, {
    args,
    onStart: (child) => {
      end = () => child.kill("SIGINT");
    },
  });
  const before = Math.floor(count / 2);
  await talking(target);
  await misbehave(target, Object.fromEntries(misdeeds.map((one) => [one, before])));
  await between(target);
  await misbehave(target, Object.fromEntries(misdeeds.map((one) => [one, count - before])));
  // What is passed over is missing after two seconds; what we cut off before that is not judged.
  await sleep(3000);
  end();
  const result = await running;
  expect(result.summary, result.stderr).not.toBeNull();
  return result;
}

describe.each(MISDEEDS)("a target that is to %s", (misdeed) => {
  test.each(TIMES)("%i messages, cut in between, is told so many", async (count) => {
    const { summary } = await run([misdeed], count, {
      between: cutAll,
    });
    expectCounts(summary, { [misdeed]: count });
    expect(summary?.connections.dropped).toBe(CONNECTIONS);
  });
});

test("a target that does nothing wrong is told so, and how much that says", async () => {
  const { summary } = await run(["lose", "repeat", "leak"], 0, {
    between: cutAll,
  });
  expectCounts(summary, {});
  const { order, isolation } = summary?.integrity ?? {};
  expect(order?.audited).toBeGreaterThan(500);
  const { judged = 0, upperBound } = isolation?.owner ?? {};
  expect(upperBound).toBe(3 / judged);
});

describe.each(brokersOf("redis"))("on %s, with a worker that is killed", (kind) => {
  let broker: BrokerServer;
  const absent = missing(kind);
  beforeAll(async () => {
    if (absent === null) broker = await startBroker(kind);
  });
  afterAll(() => broker?.stop());

  test.skipIf(absent !== null)(
    "what was lost, repeated and leaked before and after is counted",
    async () => {
      await using one = startClusterWorker(broker.url, "worker-a");
      await using two = startClusterWorker(broker.url, "worker-b");
      const counts = { lose: 37, repeat: 37, leak: 37 };
      const { summary } = await run(["lose", "repeat", "leak"], 37, {
        args: ["--bus", broker.url, "--workers", "2"],
        between: async (target) => {
          // What is passed over is missing by then, and reported.
          await sleep(5000);
          await two.kill();
          await expect.poll(async () => (await target.now()).open).toBeLessThan(CONNECTIONS);
          await talking(target);
        },
      });
      expect(summary?.lostWorkers).toMatchObject([{ id: "worker-b" }]);
      expectCounts(summary, counts);
      await one.leave();
    },
  );
});
