/**
 * The local cluster as it is in single-node mode: the built worker program in real processes, engines and
 * sockets included. Goal: nobody outlives anybody, no death goes unnoticed, and a run's frames all arrive.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocketServer } from "ws";
import {
  type LocalCluster,
  type LocalClusterOptions,
  startLocalCluster,
} from "../../coordinator/local/local-cluster.ts";
import type { WorkerExit } from "../../coordinator/local/worker-process.ts";
import { documentKey } from "../../shared/bus/bus.ts";
import { PHASE_COUNTERS } from "../../shared/stats/counters.ts";
import { systemClock } from "../../shared/time/clock.ts";
import type { RunDocument } from "../../shared/wire/command.ts";
import type { Frame, FrameId } from "../../shared/wire/frame/frame.ts";
import { decodeFrame } from "../../shared/wire/frame/frame-codec.ts";
import { type PlanDocument, WIRE_VERSION } from "../../shared/wire/plan.ts";
import { wholeShard } from "../../shared/wire/slice.ts";
import { messages, scenario } from "../support/scenario.ts";

const DIST = fileURLToPath(new URL("../../dist", import.meta.url));
const PATIENCE = { timeout: 20_000, interval: 20 };

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe("local cluster", () => {
  const clusters: LocalCluster[] = [];
  const start = async (over: Partial<LocalClusterOptions> = {}) => {
    const cluster = await startLocalCluster({
      workers: 2,
      enginesPerWorker: 1,
      capacityPerWorker: 1000,
      env: { PATH: process.env["PATH"] ?? "" },
      workerEntry: new URL("../../dist/worker/main.js", import.meta.url),
      write: () => {},
      ...over,
    });
    clusters.push(cluster);
    const exits: WorkerExit[] = [];
    cluster.onWorkerExit((exit) => void exits.push(exit));
    return { cluster, exits, pids: cluster.workers.map(({ pid }) => pid) };
  };
  afterEach(async () => {
    await Promise.all(clusters.splice(0).map((cluster) => cluster.close(2000)));
  });

  it("starts workers that are members when it is ready, and leaves none behind", async () => {
    const { cluster, exits, pids } = await start();
    const sessions = await cluster.bus.listSessions();
    expect(sessions.map(({ info }) => info.id).sort()).toEqual(["worker-1", "worker-2"]);
    expect(sessions.map(({ info }) => info.pid).sort()).toEqual([...pids].sort());
    expect(sessions[0]?.info).toMatchObject({ engines: 1, capacity: 1000, node: process.version });
    await cluster.close(10_000);
    expect(pids.map(isAlive)).toEqual([false, false]);
    expect(exits.map(({ code, signal, epochs }) => ({ code, signal, epochs }))).toEqual([
      { code: 0, signal: null, epochs: [] },
      { code: 0, signal: null, epochs: [] },
    ]);
    await expect(cluster.bus.listSessions()).rejects.toMatchObject({ code: "ONRUSH_BUS_CLOSED" });
    await cluster.close(10);
  });

  it("knows a killed worker at once; its sessions end after the listeners are done", async () => {
    const { cluster, exits, pids } = await start();
    const [victim] = cluster.workers;
    const heard: string[] = [];
    cluster.onWorkerExit(async ({ id, epochs }) => {
      await cluster.bus.fence("r1", epochs[0] ?? 0);
      const stillThere = (await cluster.bus.listSessions()).some(({ info }) => info.id === id);
      heard.push(`${id} ${stillThere}`);
    });
    process.kill(pids[0] ?? Number.NaN, "SIGKILL");
    await expect.poll(() => exits.length, PATIENCE).toBe(1);
    expect(exits[0]).toMatchObject({ id: victim?.id, pid: victim?.pid, signal: "SIGKILL" });
    expect(exits[0]?.epochs).toHaveLength(1);
    await expect.poll(async () => (await cluster.bus.listSessions()).length, PATIENCE).toBe(1);
    expect(heard).toEqual([`${victim?.id} true`]);
  });

  it("has workers that leave Ctrl-C to the coordinator", async () => {
    const { cluster, exits, pids } = await start();
    for (const pid of pids) process.kill(pid, "SIGINT");
    const sentUs = systemClock.monotonicUs();
    // Both were heard of since.
    await expect
      .poll(async () => {
        const sinceMs = (systemClock.monotonicUs() - sentUs) / 1000;
        const sessions = await cluster.bus.listSessions();
        return sessions.filter(({ silentMs }) => silentMs < sinceMs - 100).length;
      }, PATIENCE)
      .toBe(2);
    expect(exits).toEqual([]);
    expect(pids.map(isAlive)).toEqual([true, true]);
  });

  it("kills what does not leave within the grace period", async () => {
    const { cluster, exits, pids } = await start();
    process.kill(pids[0] ?? Number.NaN, "SIGSTOP");
    await cluster.close(1500);
    expect(pids.map(isAlive)).toEqual([false, false]);
    expect(exits.find(({ pid }) => pid === pids[0])?.signal).toBe("SIGKILL");
    expect(exits.find(({ pid }) => pid === pids[1])?.code).toBe(0);
  });

  it("is refused, with nothing left running, when workers do not come up", async () => {
    const lines: string[] = [];
    await expect(
      start({
        workerEntry: new URL("../fixtures/broken-worker.mjs", import.meta.url),
        write: (line) => lines.push(line),
      }),
    ).rejects.toMatchObject({
      code: "ONRUSH_WORKER_FAILED",
      message: expect.stringContaining("ended at its start with exit code 7"),
    });
    expect(lines.filter((line) => line.startsWith("[worker-1]"))).toEqual([
      "[worker-1] no luck\n",
      "[worker-1] half  [31mred\n",
    ]);
  });

  it("does not outlive its coordinator", async () => {
    const coordinator = fork(
      fileURLToPath(new URL("../fixtures/lone-coordinator.mjs", import.meta.url)),
      [DIST],
      { execArgv: [] },
    );
    const [pids] = (await Promise.race([
      once(coordinator, "message"),
      once(coordinator, "exit").then(() => [[]]),
    ])) as [number[]];
    expect(pids.map(isAlive)).toEqual([true, true]);
    coordinator.kill("SIGKILL");
    await expect.poll(() => pids.map(isAlive), PATIENCE).toEqual([false, false]);
  });

  describe("in a run", () => {
    const SHARDS = 8;
    const CONNECTIONS = 40;
    let server: WebSocketServer | null = null;
    let accepted = 0;
    let received = 0;

    afterEach(async () => {
      for (const client of server?.clients ?? []) client.terminate();
      await new Promise((resolve) => server?.close(resolve) ?? resolve(null));
      server = null;
    });

    const serve = async () => {
      accepted = 0;
      received = 0;
      server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
      server.on("connection", (socket) => {
        accepted += 1;
        socket.on("message", (data, isBinary) => {
          received += 1;
          socket.send(data, { binary: isBinary });
        });
      });
      await once(server, "listening");
      return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
    };
    const planOf = (url: string, durationUs: number): PlanDocument => {
      const strict = scenario(url, { messages: messages() });
      const [phase] = strict.phases;
      const ramp = { ...phase, phase: "ramp", ramp: "linear", from: 0, to: CONNECTIONS };
      const hold = { ...ramp, phase: "hold", from: CONNECTIONS };
      const phases = [
        { ...ramp, durationUs: 500_000 },
        { ...hold, durationUs },
      ] as typeof strict.phases;
      return {
        version: WIRE_VERSION,
        run: "r1",
        hash: "hash",
        scenario: { ...strict, phases },
        shards: SHARDS,
        connections: CONNECTIONS,
        durationUs: 500_000 + durationUs,
        allowTargets: [],
        drainUs: 1_000_000,
        recoverWithinUs: 1_000_000,
        onBusLoss: "fence",
      };
    };
    const documentOf = (change: Partial<RunDocument>): RunDocument => ({
      ...{
        run: "r1",
        state: "created",
        startAtUs: null,
        end: null,
        handOvers: [],
        cuts: [],
        steering: [],
        faults: [],
      },
      ...change,
    });
    const offer = async ({ bus }: LocalCluster, plan: PlanDocument) => {
      await bus.putDocument(documentKey.plan("r1"), plan, 0);
      await bus.putDocument(documentKey.run("r1"), documentOf({ state: "offered" }), 0);
      for (let shard = 0; shard < SHARDS; shard += 1) {
        await bus.offerTicket({ run: "r1", slice: wholeShard(shard), offer: 0 });
      }
      const sessions = await bus.listSessions();
      const slices = Math.ceil(SHARDS / sessions.length);
      const quotas = sessions.map(({ epoch }) => ({ run: "r1", epoch, slices }));
      await bus.putDocument(documentKey.placement, { quotas, challenge: "alive" }, 0);
      await bus.hint("tickets-offered", "r1");
    };
    const states = async ({ bus }: LocalCluster) =>
      (await bus.listSessions()).map(({ status }) => `${status?.state}${status?.problem}`);
    const startRun = async ({ bus }: LocalCluster) => {
      const read = await bus.getDocument(documentKey.run("r1"));
      const startAtUs = (await bus.time()) + 200_000;
      const document = documentOf({ state: "running", startAtUs });
      await bus.putDocument(documentKey.run("r1"), document, read?.revision ?? 0);
      await bus.hint("run-changed", "r1");
    };
    /** Reads and acknowledges what is there. */
    const collect = async ({ bus }: LocalCluster, into: { id: FrameId; frame: Frame }[]) => {
      const entries = await bus.readFrames("r1", "", 1000);
      for (const { id, body } of entries) into.push({ id, frame: decodeFrame(body) });
      const last = entries.at(-1);
      if (last === undefined) return;
      await bus.acknowledgeFrames("r1", last.cursor);
      await bus.hint("frames-acknowledged", "r1");
    };
    const total = (frames: readonly { frame: Frame }[], name: (typeof PHASE_COUNTERS)[number]) =>
      frames
        .flatMap(({ frame }) => frame.phases)
        .reduce((sum, { counters }) => sum + (counters[PHASE_COUNTERS.indexOf(name)] ?? 0), 0);

    it("shares the shards, and the frames say what the server saw", async () => {
      const url = await serve();
      const { cluster } = await start({ capacityPerWorker: 4 * 5, enginesPerWorker: 2 });
      await offer(cluster, planOf(url, 1_500_000));
      await expect.poll(() => states(cluster), PATIENCE).toEqual(["ready", "ready"]);
      const claims = [...(await cluster.bus.listClaims("r1")).values()];
      const epochs = (await cluster.bus.listSessions()).map(({ epoch }) => epoch);
      for (const epoch of epochs) {
        expect(claims.filter((holder) => holder === epoch)).toHaveLength(SHARDS / 2);
      }
      await startRun(cluster);
      const frames: { id: FrameId; frame: Frame }[] = [];
      await expect
        .poll(async () => {
          await collect(cluster, frames);
          return states(cluster);
        }, PATIENCE)
        .toEqual(["finished", "finished"]);
      await collect(cluster, frames);
      for (const { epoch, status } of await cluster.bus.listSessions()) {
        const seqs = frames.filter(({ id }) => id.epoch === epoch).map(({ id }) => id.seq);
        expect(seqs).toEqual(seqs.map((_, index) => index));
        expect(status?.lastSeq).toBe(seqs.length - 1);
      }
      expect(frames.filter(({ frame }) => frame.final)).toHaveLength(4);
      expect(total(frames, "attempted")).toBe(CONNECTIONS);
      expect(total(frames, "established")).toBe(accepted);
      expect(accepted).toBe(CONNECTIONS);
      expect(total(frames, "closed")).toBe(CONNECTIONS);
      expect(total(frames, "sent")).toBe(received);
      expect(received).toBeGreaterThan(CONNECTIONS);
    });

    it("drains a worker on SIGTERM: its last frame is in before it goes", async () => {
      const url = await serve();
      const { cluster, exits, pids } = await start({ capacityPerWorker: 4 * 5 });
      await offer(cluster, planOf(url, 60_000_000));
      await expect.poll(() => states(cluster), PATIENCE).toEqual(["ready", "ready"]);
      await startRun(cluster);
      await expect.poll(() => server?.clients.size, PATIENCE).toBe(CONNECTIONS);
      const [leaving] = await cluster.bus.listSessions();
      const frames: { id: FrameId; frame: Frame }[] = [];
      process.kill(leaving?.info.pid ?? Number.NaN, "SIGTERM");
      await expect
        .poll(async () => {
          await collect(cluster, frames);
          return exits.length;
        }, PATIENCE)
        .toBe(1);
      expect(exits[0]).toMatchObject({ code: 0, signal: null, epochs: [] });
      const own = frames.filter(({ id }) => id.epoch === leaving?.epoch);
      expect(own.at(-1)?.frame.final).toBe(true);
      expect(total(own, "established")).toBe(total(own, "closed"));
      expect(server?.clients.size).toBe(CONNECTIONS / 2);
      expect(pids.filter(isAlive)).toHaveLength(1);
    });

    it("stops the load of a worker whose session was ended", async () => {
      const url = await serve();
      const { cluster, exits } = await start({ capacityPerWorker: 4 * 5 });
      await offer(cluster, planOf(url, 60_000_000));
      await expect.poll(() => states(cluster), PATIENCE).toEqual(["ready", "ready"]);
      await startRun(cluster);
      await expect.poll(() => server?.clients.size, PATIENCE).toBe(CONNECTIONS);
      const [ended] = await cluster.bus.listSessions();
      await cluster.bus.fence("r1", ended?.epoch ?? 0);
      await cluster.bus.endSession(ended?.epoch ?? 0);
      await expect.poll(() => exits.length, PATIENCE).toBe(1);
      expect(exits[0]?.code).toBe(97);
      await expect.poll(() => server?.clients.size, PATIENCE).toBe(CONNECTIONS / 2);
    });

    it("sends nothing more after it was paused for longer than its lease", async () => {
      const url = await serve();
      const { cluster, exits, pids } = await start({
        workers: 1,
        capacityPerWorker: CONNECTIONS,
        fenceAfterMs: 1500,
      });
      await offer(cluster, planOf(url, 60_000_000));
      await expect.poll(() => states(cluster), PATIENCE).toEqual(["ready"]);
      await startRun(cluster);
      await expect.poll(() => server?.clients.size, PATIENCE).toBe(CONNECTIONS);
      await expect.poll(() => received, PATIENCE).toBeGreaterThan(CONNECTIONS);
      process.kill(pids[0] ?? Number.NaN, "SIGSTOP");
      await delay(2500);
      const before = received;
      process.kill(pids[0] ?? Number.NaN, "SIGCONT");
      await expect.poll(() => exits.length, PATIENCE).toBe(1);
      expect(exits[0]?.code).toBe(97);
      await expect.poll(() => server?.clients.size, PATIENCE).toBe(0);
      expect(received).toBe(before);
      const frames: { id: FrameId; frame: Frame }[] = [];
      await collect(cluster, frames);
      const closes = frames.flatMap(({ frame }) => frame.closes);
      expect(closes).toEqual([{ cause: "fenced", count: CONNECTIONS }]);
    });
  });
});
