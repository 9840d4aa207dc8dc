/**
 * The control thread against the reference bus, with real threads that speak the engine port but open no
 * sockets. The test is the coordinator: it writes documents, offers tickets and reads the log.
 */
import { setTimeout as delay } from "node:timers/promises";
import { BroadcastChannel } from "node:worker_threads";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { documentKey } from "../../../shared/bus/bus.ts";
import { MemoryStore } from "../../../shared/bus/memory/store.ts";
import { MemoryBus } from "../../../shared/bus/memory-bus.ts";
import { systemClock } from "../../../shared/time/clock.ts";
import { systemTimers } from "../../../shared/time/timer.ts";
import type { RunDocument } from "../../../shared/wire/command.ts";
import { WIRE_VERSION } from "../../../shared/wire/plan.ts";
import type { WorkerStatus } from "../../../shared/wire/worker-info.ts";
import type { WorkerLimits } from "../../../worker/config.ts";
import { Control } from "../../../worker/control/control.ts";
import { engineThreads } from "../../../worker/execution/engine-thread.ts";
import type { ControlTimings } from "../../../worker/execution/timings.ts";
import { ticketOf, WORKER_INFO } from "../../conformance/bus-samples.ts";
import { planOf, QUICK, quiet, SHARDS, type Told } from "./control-parts.ts";

describe("control thread", () => {
  let store: MemoryStore;
  let bus: MemoryBus;
  let placing: NodeJS.Timeout;
  let saying: NodeJS.Timeout[];
  let channel: InstanceType<typeof BroadcastChannel>;
  let placed = "";
  let controls: { control: Control; side: MemoryBus; served: Promise<number> }[];

  beforeEach(() => {
    const limits = { ticketVisibilityMs: 300 };
    store = new MemoryStore({ clock: systemClock, timers: systemTimers, limits });
    bus = new MemoryBus(store);
    controls = [];
    saying = [];
    channel = new BroadcastChannel("fake-engine");
    placed = "";
    placing = setInterval(() => void place(), 20);
  });
  afterEach(async () => {
    clearInterval(placing);
    for (const { control } of controls) control.drain();
    // Frames that nobody would take keep a worker.
    const taking = setInterval(() => {
      for (const run of ["r1", "r2"]) void acknowledgeAll(run).catch(() => {});
    }, 20);
    await Promise.all(controls.map(({ served }) => served));
    for (const timer of [taking, ...saying]) clearInterval(timer);
    channel.close();
  });

  /** To the engines, until the test is over: they may not listen yet. */
  const say = (word: "prepare" | "over") => {
    saying.push(setInterval(() => channel.postMessage(word), 10));
  };

  /** Every worker may hold all slices of the run that was offered last, as far as it has room. */
  const place = async () => {
    const sessions = await bus.listSessions();
    const quotas = sessions.map(({ epoch }) => ({ run: placed, epoch, slices: SHARDS }));
    const read = await bus.getDocument(documentKey.placement);
    const placement = { quotas, challenge: "" };
    if (placed === "" || JSON.stringify(read?.value) === JSON.stringify(placement)) return;
    await bus.putDocument(documentKey.placement, placement, read?.revision ?? 0);
    await bus.hint("tickets-offered", "");
  };

  const startWorker = (
    over: {
      capacity?: number;
      engines?: number;
      rejoin?: boolean;
      limits?: Partial<WorkerLimits>;
    } = {},
    timings: Partial<ControlTimings> = {},
  ) => {
    const side = new MemoryBus(store);
    const { capacity = 10_000, engines = 2, rejoin = false, limits = {} } = over;
    const control = new Control({
      bus: side,
      info: { ...WORKER_INFO, id: `worker-${controls.length}`, capacity, engines },
      limits: { maxConnections: null, maxRate: null, ...limits },
      rejoin,
      startEngine: engineThreads(new URL("../../fixtures/fake-engine.mjs", import.meta.url), {
        worker: "worker",
        rawLogDirectory: null,
        allowTargets: [],
        allowHooks: false,
      }),
      timings: { ...QUICK, ...timings },
      clock: systemClock,
      timers: systemTimers,
      log: quiet,
    });
    const entry = { control, side, served: control.serve() };
    controls.push(entry);
    return entry;
  };

  const document = (run: string, over: Partial<RunDocument> = {}): RunDocument => ({
    run,
    state: "offered",
    startAtUs: null,
    end: null,
    handOvers: [],
    steering: [],
    faults: [],
    cuts: [],
    ...over,
  });
  const write = async (run: string, over: Partial<RunDocument>) => {
    const read = await bus.getDocument(documentKey.run(run));
    const next = { ...document(run), ...(read?.value as RunDocument | undefined), ...over };
    await bus.putDocument(documentKey.run(run), next, read?.revision ?? 0);
  };
  const offer = async (run: string, words = "", durationUs?: number) => {
    placed = run;
    await bus.putDocument(documentKey.plan(run), planOf(run, words, durationUs), 0);
    await write(run, {});
    for (let shard = 0; shard < SHARDS; shard += 1) {
      await bus.offerTicket(ticketOf(run, shard));
    }
  };
  const start = async (run: string) =>
    write(run, { state: "running", startAtUs: (await bus.time()) + 30_000 });
  const statuses = async () =>
    (await bus.listSessions()).map(({ status }) => status).filter((status) => status !== null);
  const untilState = async (state: WorkerStatus["state"], workers = 1) => {
    await expect
      .poll(async () => (await statuses()).map((status) => status.state))
      .toEqual(Array(workers).fill(state));
    return statuses();
  };
  const told = async (run: string): Promise<Told[]> =>
    (await bus.readFrames(run, "", 10_000)).map(
      ({ body }) => JSON.parse(new TextDecoder().decode(body)) as Told,
    );
  const acknowledgeAll = async (run: string) => {
    const last = (await bus.readFrames(run, "", 10_000)).at(-1);
    if (last !== undefined) await bus.acknowledgeFrames(run, last.cursor);
  };

  it("opens a session, idle, with a clock offset and its error", async () => {
    startWorker();
    const [status] = await untilState("idle");
    expect(status?.slicesHeld).toBe(0);
    expect(status?.problem).toBe("");
    expect(status?.lastSeq).toBe(-1);
    // Both sides use one clock here.
    expect(Math.abs(status?.clockOffsetUs ?? 1e9)).toBeLessThanOrEqual(status?.clockErrorUs ?? 0);
    expect((await bus.listSessions())[0]?.info.id).toBe("worker-0");
  });

  it("takes every slice, gets ready, runs, and finishes with its last seq", async () => {
    startWorker();
    await offer("r1", "held-prepare held-end");
    const [preparing] = await untilState("preparing");
    expect(preparing?.slicesReady).toBe(0);
    say("prepare");
    const [ready] = await untilState("ready");
    expect(ready).toMatchObject({ slicesHeld: SHARDS, slicesReady: SHARDS, lastSeq: -1 });
    expect((await bus.listClaims("r1")).size).toBe(SHARDS);
    await start("r1");
    const [running] = await untilState("running");
    expect(running?.lastSeq).toBe(-1);
    say("over");
    const [finished] = await untilState("finished");
    const frames = await bus.readFrames("r1", "", 10_000);
    expect(frames.map(({ id }) => id.seq)).toEqual(frames.map((_, seq) => seq));
    expect(finished?.lastSeq).toBe(frames.length - 1);
    const finals = (await told("r1")).filter(({ final }) => final);
    expect(finals.map(({ slices }) => slices.length)).toEqual([4, 4]);
    expect(finals.flatMap(({ slices }) => slices).sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(finals.every(({ log }) => log.includes("plan over"))).toBe(true);
  });

  it("tells an unprepared engine nothing but to prepare, then all it has missed, lease first", async () => {
    startWorker({ engines: 1 });
    await offer("r1", "held-prepare");
    await untilState("preparing");
    await start("r1");
    say("prepare");
    await untilState("finished");
    const log = (await told("r1")).at(-1)?.log ?? [];
    expect(log.slice(0, 2)).toEqual(["prepare", "lease"]);
    expect(log.slice(2)).toEqual(expect.arrayContaining(["slices", "start"]));
  });

  it("maps the start to this host's clock, the same for all engines", async () => {
    startWorker({ engines: 3 });
    await offer("r1");
    await untilState("ready");
    const startAtUs = (await bus.time()) + 200_000;
    await write("r1", { state: "running", startAtUs });
    const [finished] = await untilState("finished");
    const starts = (await told("r1"))
      .flatMap(({ log }) => log)
      .filter((word) => word.startsWith("startUs "))
      .map((word) => Number(word.slice(8)));
    expect(new Set(starts).size).toBe(1);
    // Both sides use one clock here, so what there is between them is how exactly it is known.
    expect(Math.abs((starts[0] ?? 0) - startAtUs)).toBeLessThanOrEqual(
      2 * (finished?.clockErrorUs ?? 0) + 50_000,
    );
  });

  it("takes no more than it can hold, and workers share what there is", async () => {
    // 100 connections a shard at the peak.
    startWorker({ capacity: 599 });
    startWorker({ capacity: 300 });
    await offer("r1");
    await expect
      .poll(async () => (await statuses()).map((status) => status.slicesHeld).sort())
      .toEqual([3, 5]);
    expect(await untilState("ready", 2)).toHaveLength(2);
  });

  it("takes slices that are offered while it runs, but none once an engine has ended", async () => {
    startWorker();
    placed = "r1";
    await bus.putDocument(documentKey.plan("r1"), planOf("r1", "held-end"), 0);
    await write("r1", {});
    for (const shard of [0, 1, 2]) await bus.offerTicket(ticketOf("r1", shard));
    await expect.poll(async () => (await statuses())[0]?.slicesReady).toBe(3);
    await start("r1");
    await untilState("running");
    for (const shard of [3, 4]) await bus.offerTicket(ticketOf("r1", shard));
    await expect.poll(async () => (await statuses())[0]?.slicesReady).toBe(5);
    say("over");
    await untilState("finished");
    const finals = (await told("r1")).filter(({ final }) => final);
    expect(finals.map(({ slices }) => slices.length).sort()).toEqual([2, 3]);
    await bus.offerTicket(ticketOf("r1", 5));
    await delay(300);
    expect([...(await bus.listClaims("r1")).keys()].sort()).toEqual([0, 1, 2, 3, 4]);
  });

  it("leaves a run whose shards are too big for it to others, and says why", async () => {
    startWorker({ capacity: 99 });
    await offer("r1");
    await expect.poll(async () => (await statuses())[0]?.problem).toContain("100 connections");
    expect((await bus.listClaims("r1")).size).toBe(0);
    startWorker({ capacity: 5000 });
    await expect.poll(async () => (await bus.listClaims("r1")).size).toBe(SHARDS);
  });

  it("leaves a plan of another version to others", async () => {
    startWorker();
    placed = "r1";
    await bus.putDocument(
      documentKey.plan("r1"),
      { ...planOf("r1", ""), version: WIRE_VERSION + 1 },
      0,
    );
    await write("r1", {});
    await bus.offerTicket(ticketOf("r1", 0));
    await expect
      .poll(async () => (await statuses())[0]?.problem)
      .toContain(`version ${WIRE_VERSION + 1}`);
    expect((await bus.listClaims("r1")).size).toBe(0);
  });

  it("drops tickets of runs that are over", async () => {
    startWorker();
    placed = "old";
    await bus.putDocument(documentKey.plan("old"), planOf("old", ""), 0);
    await write("old", { state: "done" });
    await bus.offerTicket(ticketOf("old", 0));
    await bus.offerTicket(ticketOf("never", 0));
    await delay(200);
    expect(await bus.takeTicket("old", 500)).toBeNull();
    expect((await statuses())[0]?.state).toBe("idle");
  });

  it("drains at a stop, with final frames", async () => {
    startWorker();
    await offer("r1", "long");
    await untilState("ready");
    await start("r1");
    await untilState("running");
    await expect.poll(async () => (await statuses())[0]?.connectionsOpen).toBe(SHARDS * 10);
    await write("r1", { state: "draining", end: { mode: "stop", reason: "interrupted" } });
    const [finished] = await untilState("finished");
    const finals = (await told("r1")).filter(({ final }) => final);
    expect(finals.every(({ log }) => log.includes("ended stop"))).toBe(true);
    expect(finals).toHaveLength(2);
    expect(finished?.connectionsOpen).toBe(0);
  });

  it("ends before the start as well", async () => {
    startWorker();
    await offer("r1", "held-prepare");
    await untilState("preparing");
    await write("r1", { end: { mode: "abort", reason: "interrupted" } });
    say("prepare");
    await untilState("finished");
    expect((await told("r1")).map(({ log }) => log.at(-1))).toEqual(["ended abort", "ended abort"]);
  });

  it("goes idle when the run is over and serves the next one", async () => {
    startWorker();
    for (const run of ["r1", "r2"]) {
      await offer(run);
      await untilState("ready");
      await start(run);
      await untilState("finished");
      expect((await bus.readFrames(run, "", 1))[0]?.id.seq).toBe(0);
      await write(run, { state: "done" });
      await untilState("idle");
    }
    expect(await bus.listSessions()).toHaveLength(1);
  });

  it("goes idle when the run is forgotten", async () => {
    startWorker();
    await offer("r1");
    await untilState("ready");
    await start("r1");
    await untilState("finished");
    await bus.deleteDocument(documentKey.run("r1"));
    await bus.deleteDocument(documentKey.plan("r1"));
    await bus.forgetRun("r1");
    await untilState("idle");
  });

  it("goes on when the bus forgets the run's document meanwhile", async () => {
    startWorker();
    await offer("r1", "held-end");
    await untilState("ready");
    await start("r1");
    await untilState("running");
    await bus.deleteDocument(documentKey.run("r1"));
    await delay(300);
    expect((await statuses())[0]?.state).toBe("running");
    say("over");
    await untilState("idle");
    expect((await told("r1")).filter(({ final }) => final)).toHaveLength(2);
  });

  it("is done with a run that failed elsewhere", async () => {
    startWorker();
    await offer("r1", "long");
    await untilState("ready");
    await start("r1");
    await untilState("running");
    await write("r1", { state: "failed" });
    await untilState("idle");
  });

  it.each([
    ["crash:1", "engine 1 died: engine broke"],
    ["exit:0", "engine 0 exited with code 3"],
  ])("fails, with the shards, when an engine dies (%s); the others end", async (words, problem) => {
    startWorker();
    await offer("r1", `long ${words}`);
    await untilState("ready");
    await start("r1");
    const [failed] = await untilState("failed");
    expect(failed?.problem).toBe(problem);
    await expect.poll(async () => (await statuses())[0]?.lastSeq).toBeGreaterThanOrEqual(0);
    const survivors = (await told("r1")).filter(({ final }) => final);
    expect(survivors.map(({ log }) => log.at(-1))).toEqual(["ended abort"]);
    await write("r1", { state: "failed" });
    const [idle] = await untilState("idle");
    expect(idle?.problem).toBe("");
  });

  it("fails when preparing fails", async () => {
    startWorker();
    await offer("r1", "refuse");
    const [failed] = await untilState("failed");
    expect(failed?.problem).toContain("could not prepare: ONRUSH_TARGET_UNREACHABLE no such host");
    expect(failed?.slicesReady).toBe(0);
  });

  it("kills an engine that does not end in time", async () => {
    startWorker({}, { endGraceMs: 100 });
    await offer("r1", "deaf");
    await untilState("ready");
    await start("r1");
    const [failed] = await untilState("failed");
    expect(failed?.problem).toContain("did not end in time");
  });

  it("fences itself when the coordinator ends its session", async () => {
    const { served } = startWorker();
    await offer("r1", "long");
    await untilState("ready");
    await start("r1");
    await untilState("running");
    const [session] = await bus.listSessions();
    await bus.endSession(session?.epoch ?? 0);
    expect(await served).toBe(97);
    // The log of a session that is gone takes no more: a last frame may come too late for it.
    const finals = (await told("r1")).filter(({ final }) => final);
    expect(new Set(["fenced", ...finals.map(({ log }) => log.at(-1))])).toEqual(
      new Set(["fenced"]),
    );
    expect(await bus.listSessions()).toEqual([]);
  });

  it("opens a new session after a lost one when it is to rejoin", async () => {
    startWorker({ rejoin: true });
    await untilState("idle");
    const [first] = await bus.listSessions();
    await bus.endSession(first?.epoch ?? 0);
    await expect
      .poll(async () => (await bus.listSessions())[0]?.epoch ?? 0)
      .toBeGreaterThan(first?.epoch ?? 0);
    await offer("r1");
    await untilState("ready");
  });

  it("fences itself when the bus stays silent", async () => {
    const { side, served } = startWorker({}, { fenceAfterMs: 3000 });
    await offer("r1", "long");
    await untilState("ready");
    await start("r1");
    await untilState("running");
    side.renewSession = () => new Promise(() => {});
    expect(await served).toBe(97);
    // The log of a session that is gone takes no more: a last frame may come too late for it.
    const finals = (await told("r1")).filter(({ final }) => final);
    expect(new Set(["fenced", ...finals.map(({ log }) => log.at(-1))])).toEqual(
      new Set(["fenced"]),
    );
  });

  it("outlives renewals that fail for a while", async () => {
    const { side } = startWorker();
    await untilState("idle");
    const [session] = await bus.listSessions();
    side.renewSession = () => Promise.reject(new Error("connection reset"));
    await expect.poll(async () => (await bus.listSessions())[0]?.silentMs).toBeGreaterThan(400);
    Reflect.deleteProperty(side, "renewSession");
    await expect.poll(async () => (await bus.listSessions())[0]?.silentMs).toBeLessThan(400);
    expect((await bus.listSessions())[0]?.epoch).toBe(session?.epoch);
  });

  it("stops when the bus is closed", async () => {
    const { side, served } = startWorker();
    await offer("r1", "long");
    await untilState("ready");
    await side.close();
    expect(await served).toBe(97);
  });

  it("leaves in good order when drained while idle", async () => {
    const { control, served } = startWorker();
    await untilState("idle");
    control.drain();
    control.drain();
    expect(await served).toBe(0);
    expect(await bus.listSessions()).toEqual([]);
  });

  it("leaves in good order when drained in a run: final frames delivered, claims released", async () => {
    const { control, served } = startWorker();
    await offer("r1", "long");
    await untilState("ready");
    await start("r1");
    await untilState("running");
    control.drain();
    const [finished] = await untilState("finished");
    const frames = await told("r1");
    expect(finished?.lastSeq).toBe(frames.length - 1);
    await acknowledgeAll("r1");
    expect(await served).toBe(0);
    expect(frames.filter(({ final }) => final)).toHaveLength(2);
    expect((await bus.listClaims("r1")).size).toBe(0);
  });

  it("leaves after a bounded time when nobody acknowledges", async () => {
    const { control, served } = startWorker({}, { flushMs: 200 });
    await offer("r1", "long");
    await untilState("ready");
    await start("r1");
    await untilState("running");
    control.drain();
    expect(await served).toBe(0);
  });

  it("looks again at once at a hint, where it would have waited for the next poll", async () => {
    startWorker({}, { documentPollMs: 600_000 });
    await offer("r1", "held-end");
    await untilState("ready");
    await start("r1");
    await delay(150);
    expect((await statuses())[0]?.state).toBe("ready");
    await bus.hint("run-changed", "another run");
    await delay(50);
    expect((await statuses())[0]?.state).toBe("ready");
    await bus.hint("run-changed", "r1");
    await untilState("running");
    say("over");
    await untilState("finished");
  });
});
