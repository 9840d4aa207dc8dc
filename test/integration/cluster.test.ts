import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { onrush, runScenario, scratch, startTarget } from "../support/programs.ts";
import { type BrokerKind, type BrokerServer, missing, startBroker } from "../support/servers.ts";

/** Runs on workers of their own over a real broker; the target's count is the judge. */

const ENTRY = fileURLToPath(new URL("../../dist/coordinator/cli/main.js", import.meta.url));

interface WorkerHandle extends AsyncDisposable {
  /** SIGTERM, and the exit code. */
  leave(): Promise<number | null>;
}

function startWorker(bus: string, id: string): WorkerHandle {
  const args = ["worker", "--bus", bus, "--engines", "1", "--capacity", "2000", "--id", id];
  const child = spawn(process.execPath, [ENTRY, ...args], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  const leave = async () => {
    if (child.exitCode !== null) return child.exitCode;
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    const [code] = (await ended) as [number | null];
    return code;
  };
  return {
    leave,
    async [Symbol.asyncDispose]() {
      await leave();
    },
  };
}

function scenario(url: string) {
  return {
    target: url,
    seed: 5,
    load: [
      { phase: "up", ramp: "linear", to: 600, over: "3s" },
      { phase: "hold", hold: "3s" },
      { phase: "down", ramp: "linear", to: 0, over: "1s" },
    ],
    messages: {
      rate: "2/s",
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

const BROKERS = ["redis", "nats"] as const satisfies readonly BrokerKind[];

describe.each(BROKERS)("a cluster on %s", (kind) => {
  let broker: BrokerServer;
  const absent = missing(kind);
  beforeAll(async () => {
    if (absent === null) broker = await startBroker(kind);
  });
  afterAll(() => broker?.stop());

  it.skipIf(absent !== null)("gives the same numbers as the target, run after run", async () => {
    await using one = startWorker(broker.url, "worker-a");
    await using two = startWorker(broker.url, "worker-b");
    await using three = startWorker(broker.url, "worker-c");
    for (const attempt of ["first", "second"]) {
      await using target = await startTarget();
      using folder = scratch();
      const { exitCode, summary, stderr } = await runScenario(scenario(target.url), folder.path, {
        args: ["--bus", broker.url, "--workers", "3"],
      });
      expect(exitCode, `${attempt}: ${stderr}`).toBe(0);
      const stats = await target.stats();
      expect(summary?.connections.established).toBe(stats.accepted);
      expect(summary?.messages.sent).toBe(stats.messagesIn);
      expect(summary?.messages.received).toBe(stats.messagesOut);
      expect(summary?.validity.ledger.balanced).toBe(true);
      expect(summary?.messages.latencyMs?.count).toBe(summary?.messages.matched);
      const ids = summary?.workers.map(({ id }) => id).sort();
      expect(ids).toEqual(["worker-a", "worker-b", "worker-c"]);
    }
    expect(await Promise.all([one.leave(), two.leave(), three.leave()])).toEqual([0, 0, 0]);
  });

  it.skipIf(absent !== null)("lets one coordinator at a time run tests", async () => {
    await using worker = startWorker(broker.url, "worker-a");
    await using target = await startTarget();
    using first = scratch();
    using second = scratch();
    const args = ["--bus", broker.url];
    const running = runScenario(scenario(target.url), first.path, { args });
    await new Promise((resolve) => setTimeout(resolve, 3000));
    const refused = await runScenario(scenario(target.url), second.path, { args });
    expect(refused.exitCode).toBe(98);
    expect(refused.stderr).toContain("Another coordinator");
    expect((await running).exitCode).toBe(0);
    expect(await worker.leave()).toBe(0);
  });
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
