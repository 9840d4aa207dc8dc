/** The bus suite on a real NATS server, and what only a broker of its own can do wrong. */
import { randomUUID } from "node:crypto";
import { expect, it } from "vitest";
import { openNatsBus } from "../../shared/bus/nats/nats-bus.ts";
import { systemClock } from "../../shared/time/clock.ts";
import { systemTimers } from "../../shared/time/timer.ts";
import { signingWith } from "../support/cluster-key.ts";
import { type BrokerBus, BUS_OPTIONS, brokerSuite } from "./broker-suite.ts";
import { ticketOf, WORKER_INFO, WORKER_STATUS } from "./bus-samples.ts";

const parts = { clock: systemClock, timers: systemTimers, signing: signingWith() };

const nats: BrokerBus = {
  kind: "nats",
  open: (side) => openNatsBus({ ...side, ...parts, limits: BUS_OPTIONS }),
  forgetEverything: (server) => server.empty(),
  keptAfterMs: 0,
};

brokerSuite(nats, (stage) => {
  it("is not killed by many who ask for what was wiped, while it is made again", async () => {
    const { coordinator, openWorker, stop } = await stage.harness();
    const workers = await Promise.all(Array.from({ length: 4 }, () => openWorker()));
    const run = randomUUID();
    for (let round = 0; round < 10; round++) {
      await stage.server.empty();
      // Until all are connected again; what is asked before that is lost.
      await new Promise((resolve) => setTimeout(resolve, 700));
      const calls = workers.flatMap((worker, at) => [
        () => worker.getDocument("x"),
        () => worker.generation(),
        () => worker.appendFrame({ run, epoch: round * 4 + at, seq: 0 }, Buffer.from("x"), 0),
        () => coordinator.lead("me", 5000),
        () => coordinator.listSessions(),
        () => coordinator.getDocument("x"),
        () => coordinator.readFrames(run, "", 10),
      ]);
      const asking = calls.map(async (call) => {
        const answers = () =>
          call().then(
            () => true,
            () => false,
          );
        await expect.poll(answers, { timeout: 10_000, interval: 5 }).toBe(true);
      });
      await Promise.all(asking);
    }
    await stop();
  });

  it("takes a frame once from two writers of one epoch", async () => {
    const { coordinator, openWorker, stop } = await stage.harness();
    const [one, two] = [await openWorker(), await openWorker()];
    const run = randomUUID();
    const epoch = await one.openSession(WORKER_INFO, "nonce");
    for (let seq = 0; seq < 10; seq++) {
      const id = { run, epoch, seq };
      const results = await Promise.all(
        [one, two].map((side) => side.appendFrame(id, Buffer.from(String(seq)), 0)),
      );
      expect(results.sort()).toEqual(["duplicate", "ok"]);
    }
    const entries = await coordinator.readFrames(run, "", 100);
    expect(entries.map(({ id }) => id.seq)).toEqual([...Array(10).keys()]);
    await stop();
  });

  it("may meet many sides at once for the first time", async () => {
    for (let round = 0; round < 25; round++) {
      const prefix = `race-${randomUUID().slice(0, 8)}`;
      const open = (role: "coordinator" | "worker") =>
        openNatsBus({ url: stage.server.url, prefix, role, ...parts, limits: BUS_OPTIONS });
      const run = randomUUID();
      // Workers first: they wait for the coordinator.
      const opening = Array.from({ length: 6 }, () => open("worker"));
      const coordinator = await open("coordinator");
      await coordinator.offerTicket(ticketOf(run, 0));
      const sides = [coordinator, ...(await Promise.all(opening))];
      const results = await Promise.all(
        sides.map(async (side, at) => {
          const epoch = await side.openSession(WORKER_INFO, `nonce-${at}`);
          return side.appendFrame({ run, epoch, seq: 0 }, Buffer.from("x"), 0);
        }),
      );
      expect(results).toEqual(sides.map(() => "ok"));
      await Promise.all(sides.map((side) => side.close()));
    }
  });

  it("lists every session, however often they are renewed meanwhile", async () => {
    const { coordinator, openWorker, stop } = await stage.harness();
    const workers = await Promise.all(Array.from({ length: 6 }, () => openWorker()));
    const epochs = await Promise.all(
      workers.map((worker, at) => worker.openSession(WORKER_INFO, `nonce-${at}`)),
    );
    let listing = true;
    const renewing = workers.map(async (worker, at) => {
      while (listing) await worker.renewSession(epochs[at] ?? 0, WORKER_STATUS);
    });
    for (let lists = 0; lists < 40; lists++) {
      expect(await coordinator.listSessions()).toHaveLength(6);
    }
    listing = false;
    await Promise.all(renewing);
    await stop();
  });

  it("refuses a frame larger than its messages, with the remedy", async () => {
    const { openWorker, stop } = await stage.harness();
    const worker = await openWorker();
    const id = { run: randomUUID(), epoch: 1, seq: 0 };
    await expect(worker.appendFrame(id, new Uint8Array(2 * 1024 * 1024), 0)).rejects.toMatchObject({
      code: "ONRUSH_LIMITS_TOO_LOW",
      remedy: expect.stringContaining("max_payload"),
    });
    await stop();
  });

  it("that is not there is named", async () => {
    const url = "nats://user:secret@127.0.0.1:1";
    const refused = await openNatsBus({ url, role: "worker", ...parts }).catch(
      (error: unknown) => error,
    );
    expect(refused).toMatchObject({ code: "ONRUSH_BUS_UNREACHABLE" });
    expect(String((refused as Error).message)).toContain("127.0.0.1:1");
    expect(String((refused as Error).message)).not.toContain("secret");
  });
});
