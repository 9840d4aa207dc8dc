/**
 * Goal: whoever looks after a worker's process is told the truth by its health endpoint, whatever its engines, its bus and
 * its control thread do. Method: the real command on a real broker; threads are held from outside by the inspector.
 */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { inControl, inEngine } from "../chaos/inspector.ts";
import { startWatchedWorker, type WatchedWorker } from "../support/health.ts";
import { freePort } from "../support/ports.ts";
import { runScenario, scratch, startTarget } from "../support/programs.ts";
import { type BrokerServer, missing, startBroker } from "../support/servers.ts";

const WAIT = { timeout: 60_000, interval: 100 };
const READY = { status: 200, text: "ok\n" };
/** Keeps its thread for ever, and takes no processor time for it. */
const STUCK = "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)";

let broker: BrokerServer;
const absent = missing("redis");
beforeAll(async () => {
  if (absent === null) broker = await startBroker("redis");
});
afterAll(() => broker?.stop());

const readiness = (worker: WatchedWorker) => expect.poll(() => worker.probe("/readyz"), WAIT);

/** The address of its debugger. */
async function debuggerOf(worker: WatchedWorker): Promise<string> {
  await expect.poll(() => worker.log(), WAIT).toContain("Debugger listening on ");
  return /Debugger listening on (ws:\S+)/.exec(worker.log())?.[1] ?? "";
}

/** Goes on until the scope ends; what becomes of it then is of no interest here. */
function startRun(scenario: object, folder: string): AsyncDisposable {
  let child: ChildProcess | null = null;
  const ended = runScenario(scenario, folder, {
    args: ["--bus", broker.url, "--workers", "1"],
    onStart: (started) => {
      child = started;
    },
  });
  return {
    async [Symbol.asyncDispose]() {
      child?.kill("SIGKILL");
      await ended;
    },
  };
}

function holding(url: string, connections: number) {
  return {
    target: url,
    load: [
      { phase: "up", ramp: "linear", to: connections, over: "1s" },
      { phase: "steady", hold: "10m" },
    ],
    messages: { rate: "1/s", mix: [{ name: "echo", send: { binary: { size: 32 } } }] },
  };
}

describe("a worker's health", () => {
  it("is live and not ready before there is a broker, and a signal ends it at once", async () => {
    await using worker = await startWatchedWorker({
      bus: `redis://127.0.0.1:${await freePort()}`,
    });
    expect(await worker.probe("/livez")).toEqual(READY);
    expect(await worker.probe("/readyz")).toEqual({
      status: 503,
      text: "not joined: it has no session at the bus\n",
    });
    expect(await worker.metric("onrush_worker_bus_connected")).toBe(0);
    const ended = once(worker.child, "exit");
    worker.child.kill("SIGTERM");
    expect(await ended).toEqual([0, null]);
  });

  it.skipIf(absent !== null)("tells what it holds, and that it drains", async () => {
    await using worker = await startWatchedWorker({ bus: broker.url, args: ["--engines", "1"] });
    await readiness(worker).toEqual(READY);
    await using target = await startTarget();
    using folder = scratch();
    await using _run = startRun(holding(target.url, 60), folder.path);
    await expect.poll(() => worker.metric("onrush_worker_connections_open"), WAIT).toBe(60);
    expect((await target.now()).open).toBe(60);
    expect(await worker.metric("onrush_worker_slices_held")).toBeGreaterThan(0);
    expect(await worker.metric("onrush_worker_session_epoch")).toBeGreaterThan(0);
    const ended = once(worker.child, "exit");
    worker.child.kill("SIGTERM");
    await readiness(worker).toEqual({ status: 503, text: "draining: it takes nothing more\n" });
    expect(await worker.probe("/livez")).toEqual(READY);
    expect(await worker.metric("onrush_worker_draining")).toBe(1);
    // Nobody can take over what it holds: the second signal does not wait for that.
    await expect
      .poll(() => {
        worker.child.kill("SIGTERM");
        return worker.log();
      }, WAIT)
      .toContain("leaving without waiting");
    expect(await ended).toEqual([0, null]);
  });

  it.skipIf(absent !== null)("says that the bus is away, and that it is back", async () => {
    const own = await startBroker("redis");
    try {
      await using worker = await startWatchedWorker({ bus: own.url });
      await readiness(worker).toEqual(READY);
      process.kill(own.pid ?? 0, "SIGSTOP");
      await readiness(worker).toEqual({
        status: 503,
        text: expect.stringMatching(/^the bus has not answered for \d+ s\n$/),
      });
      expect(await worker.probe("/livez")).toEqual(READY);
      process.kill(own.pid ?? 0, "SIGCONT");
      await readiness(worker).toEqual(READY);
      await own.empty();
      await readiness(worker).toEqual(READY);
    } finally {
      await own.stop();
    }
  });

  it.skipIf(absent !== null)("is not the engines': one that is stuck fails no probe", async () => {
    await using worker = await startWatchedWorker({
      ...{ bus: broker.url, args: ["--engines", "1"] },
      nodeArgs: ["--inspect=127.0.0.1:0"],
    });
    await readiness(worker).toEqual(READY);
    await using target = await startTarget();
    using folder = scratch();
    await using _run = startRun(holding(target.url, 60), folder.path);
    await expect.poll(async () => (await target.now()).open, WAIT).toBe(60);
    await inEngine(await debuggerOf(worker), STUCK);
    let { messagesIn } = await target.now();
    await expect
      .poll(
        async () => {
          const before = messagesIn;
          ({ messagesIn } = await target.now());
          return messagesIn - before;
        },
        { ...WAIT, interval: 3000 },
      )
      .toBe(0);
    for (let probes = 0; probes < 10; probes += 1) {
      expect(await worker.probe("/livez")).toEqual(READY);
      expect(await worker.probe("/readyz")).toEqual(READY);
    }
    worker.child.kill("SIGKILL");
  });

  it.skipIf(absent !== null)(
    "is the control thread's: nobody answers for a stuck one",
    async () => {
      await using worker = await startWatchedWorker({
        ...{ bus: broker.url, nodeArgs: ["--inspect=127.0.0.1:0"] },
      });
      await readiness(worker).toEqual(READY);
      await inControl(await debuggerOf(worker), STUCK);
      await expect(worker.probe("/livez")).rejects.toThrow();
    },
  );
});
