/**
 * Goal: whoever can write to the broker starts, ends and forges nothing. Method: an honest run over a real broker, and beside
 * it a stranger who writes all that makes workers act, in every form; the targets' counts are the judge. Record by record it is
 * tried on both brokers, always: test/conformance/bus-forgery.test.ts.
 */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makePlan } from "../../coordinator/plan/plan.ts";
import { type Bus, documentKey } from "../../shared/bus/bus.ts";
import { openBus } from "../../shared/bus/open-bus.ts";
import type { SignedBus } from "../../shared/bus/signed/signed-bus.ts";
import type { Transport } from "../../shared/bus/transport.ts";
import { systemTimers } from "../../shared/time/timer.ts";
import { readClusterKeys } from "../../shared/trust/cluster-key.ts";
import type { RunDocument } from "../../shared/wire/command.ts";
import { ticketOf, WORKER_INFO } from "../conformance/bus-samples.ts";
import { CLUSTER_KEY, OTHER_KEY } from "../support/cluster-key.ts";
import { Coordinator, echoScenario, flawsOf, startWorker } from "../support/coordinator.ts";
import { onrush, scratch, startTarget } from "../support/programs.ts";
import { scenario } from "../support/scenario.ts";
import { type BrokerServer, brokersOf, missing, startBroker } from "../support/servers.ts";

const FORGED = "forged-run";

async function sideOf(url: string, key: string): Promise<{ bus: Bus; raw: Transport }> {
  const parts = { timers: systemTimers, keys: readClusterKeys(key), log: null };
  const bus = await openBus(url, "coordinator", parts);
  return { bus, raw: Reflect.get(bus as SignedBus, "transport") as Transport };
}

/** Everything it takes to have workers load a target, as a coordinator would write it. */
async function forgeRun(side: { bus: Bus; raw: Transport }, target: string, epochs: number[]) {
  const plan = makePlan({ run: FORGED, scenario: scenario(target), allowTargets: ["192.0.2.1"] });
  const run: RunDocument = {
    ...{ run: FORGED, state: "running", startAtUs: (await side.bus.time()) + 200_000 },
    ...{ end: null, handOvers: [], steering: [], faults: [], cuts: [] },
  };
  const quotas = epochs.map((epoch) => ({ run: FORGED, epoch, slices: 8 }));
  const documents = {
    [documentKey.plan(FORGED)]: plan.document,
    [documentKey.run(FORGED)]: run,
    [documentKey.placement]: { quotas, challenge: "x" },
  };
  return { documents, ticket: ticketOf(FORGED, 0) };
}

async function overwrite(raw: Transport, key: string, text: string): Promise<void> {
  const there = await raw.getDocument(key);
  await raw.putDocument(key, text, there?.revision ?? 0);
}

describe.each(brokersOf("nats"))("on %s", (kind) => {
  describe.skipIf(missing(kind) !== null)("a stranger who can write to the broker", () => {
    let server: BrokerServer;
    beforeAll(async () => {
      server = await startBroker(kind);
    });
    afterAll(() => server?.stop());

    it("starts, ends and forges nothing, and is reported", async () => {
      using folder = scratch();
      await using honest = await startTarget();
      await using victim = await startTarget();
      const options = { bus: server.url, data: folder.path };
      await using coordinator = await Coordinator.start(options);
      await using _one = startWorker(server.url, "one");
      await using _two = startWorker(server.url, "two");
      type Cluster = { workers: { epoch: number }[]; refusals: { count: number } };
      const cluster = async () => (await coordinator.get<Cluster>("/workers")).body;
      await coordinator.until("two are there", async () => (await cluster()).workers.length === 2);
      const epochs = (await cluster()).workers.map(({ epoch }) => epoch);
      const id = await coordinator.submit(echoScenario(honest.url, { holdSeconds: 6 }));
      await coordinator.until(
        "it runs",
        async () => (await coordinator.info(id)).state === "running",
      );

      // Without a key, and with another one.
      const stranger = await sideOf(server.url, OTHER_KEY);
      const { raw } = stranger;
      const { documents, ticket } = await forgeRun(stranger, victim.url, epochs);
      await raw.offerTicket({ run: FORGED, id: "t-0-0", text: JSON.stringify(ticket) });
      await stranger.bus.offerTicket(ticket);
      for (const [key, value] of Object.entries(documents)) {
        await overwrite(raw, key, JSON.stringify(value));
        await stranger.bus.hint("tickets-offered", "");
      }
      for (const text of ["", "{bad", "null", JSON.stringify({ run: id, state: "aborted" })]) {
        await overwrite(raw, documentKey.run(id), text);
        await overwrite(raw, documentKey.placement, text);
        await stranger.bus.hint("run-changed", id);
      }
      for (const [key, value] of Object.entries(documents)) {
        await stranger.bus.putDocument(key, value, 0);
      }
      const ghost = await raw.openSession("ghost", randomUUID());
      await raw.renewSession(ghost, "{bad");
      await stranger.bus.openSession({ ...WORKER_INFO, capacity: 1e6 }, randomUUID());

      // Frames: garbage, of another key, and the workers' own once more under other names.
      const frames = await raw.readFrames(id, "", 4);
      for (const [at, epoch] of [...epochs, 424_242].entries()) {
        await raw.appendLateFrame({ run: id, epoch, seq: 1000 + at }, Buffer.from("garbage"));
        await stranger.bus.appendLateFrame({ run: id, epoch, seq: 2000 + at }, Buffer.from([0x90]));
        for (const { body } of frames) {
          await raw.appendLateFrame({ run: id, epoch, seq: 3000 + at }, body ?? Buffer.from("x"));
        }
      }

      const summary = await coordinator.result(id);
      const counted = await honest.stats();
      expect(flawsOf(summary)).toEqual([]);
      expect(summary.connections.established).toBe(counted.accepted);
      expect(summary.messages.sent).toBe(counted.messagesIn);
      expect(summary.messages.received).toBe(counted.messagesOut);
      expect((await victim.stats()).accepted).toBe(0);
      expect((await cluster()).workers.map(({ epoch }) => epoch).sort()).toEqual(
        [...epochs].sort(),
      );
      expect((await cluster()).refusals.count).toBeGreaterThan(4);
      expect(coordinator.log).toContain("refused a session on the bus");
      expect(coordinator.log).toContain("refused a frame on the bus");
      const events = await coordinator.get(`/runs/${id}/events`);
      expect(events.text).toContain("Not acted on: refused a frame on the bus");
      expect(events.text).toContain("Not acted on: worker ");

      await stranger.bus.close();
    });

    it("starts nothing again with what an earlier run was made of", async () => {
      using folder = scratch();
      await using target = await startTarget();
      await using coordinator = await Coordinator.start({ bus: server.url, data: folder.path });
      await using _one = startWorker(server.url, "one");
      const id = await coordinator.submit(echoScenario(target.url, { holdSeconds: 2 }));
      await coordinator.until(
        "it runs",
        async () => (await coordinator.info(id)).state === "running",
      );
      const spy = await sideOf(server.url, CLUSTER_KEY);
      const keys = [documentKey.plan(id), documentKey.run(id), documentKey.placement];
      const kept = new Map<string, string>();
      for (const key of keys) kept.set(key, (await spy.raw.getDocument(key))?.text ?? "");
      const sessions: { info: string; status: string }[] = [];
      await spy.raw.visitSessions(({ info, status }) => {
        sessions.push({ info: info ?? "", status: status ?? "" });
        return true;
      });
      await coordinator.result(id);
      const before = (await target.stats()).accepted;

      for (const [key, text] of kept) await overwrite(spy.raw, key, text);
      // Signed as the coordinator's were: tickets of a run are alike.
      await spy.bus.offerTicket(ticketOf(id, 0));
      await spy.bus.hint("tickets-offered", "");
      for (const { info, status } of sessions) {
        const ghost = await spy.raw.openSession(info, randomUUID());
        await spy.raw.renewSession(ghost, status);
      }
      await coordinator.until("it was reported", async () => coordinator.log.includes("refused"));
      const second = await coordinator.submit(echoScenario(target.url, { connections: 10 }));
      expect(flawsOf(await coordinator.result(second))).toEqual([]);
      expect((await target.stats()).accepted).toBe(before + 10);
      await spy.bus.close();
    });

    it("is what a worker with another key is: both sides say so, and the worker gets no work", async () => {
      using folder = scratch();
      await using coordinator = await Coordinator.start({ bus: server.url, data: folder.path });
      const env = { ONRUSH_CLUSTER_KEY: OTHER_KEY };
      await using foreign = startWorker(server.url, "foreign", { env });
      await coordinator.until("it is refused", async () =>
        coordinator.log.includes("signed with another key than ONRUSH_CLUSTER_KEY"),
      );
      expect((await coordinator.get<{ workers: [] }>("/workers")).body.workers).toEqual([]);
      await foreign.leave();
    });
  });
});

describe.skipIf(missing("redis") !== null)("limits of a worker", () => {
  let server: BrokerServer;
  beforeAll(async () => {
    server = await startBroker("redis");
  });
  afterAll(() => server?.stop());

  it("are not widened by a run: it ends with 98, and says which worker refused and why", async () => {
    using folder = scratch();
    await using target = await startTarget();
    const options = { bus: server.url, data: folder.path };
    await using coordinator = await Coordinator.start({
      ...options,
      args: ["--allow-target", "192.0.2.1"],
    });
    await using worker = startWorker(server.url, "careful", {
      args: ["--max-rate", "20"],
    });
    const busy = await coordinator.submit(echoScenario(target.url, { connections: 50 }));
    const refused = await coordinator.over(busy);
    expect(refused.exitCode).toBe(98);
    expect(refused.problem).toMatch(/--max-rate.*worker careful/);
    const elsewhere = await coordinator.submit(
      echoScenario("ws://192.0.2.1:9/", { connections: 4 }),
    );
    const forbidden = await coordinator.over(elsewhere);
    expect(forbidden.exitCode).toBe(98);
    expect(forbidden.problem).toMatch(/192\.0\.2\.1 .*not allowed by this worker.*worker careful/);
    const small = await coordinator.submit(echoScenario(target.url, { connections: 8 }));
    expect(flawsOf(await coordinator.result(small))).toEqual([]);
    expect((await target.stats()).accepted).toBe(8);
    await worker.leave();
  });

  it.each(["coordinator", "worker", "run scenario.yaml"])(
    "onrush %s wants a key",
    async (command) => {
      const env = { ONRUSH_CLUSTER_KEY: "" };
      using folder = scratch();
      const { exitCode, stderr } = await onrush(
        [...command.replace("scenario.yaml", "ws://127.0.0.1:9/").split(" "), "--bus", server.url],
        { env: { ...env, ONRUSH_RUNS: folder.path } },
      );
      expect(exitCode).toBe(2);
      expect(stderr).toMatch(/ONRUSH_CLUSTER_KEY (is not set|or ONRUSH_CLUSTER_KEY_FILE)/);
      expect(stderr).toContain("openssl rand -hex 32");
    },
  );
});
