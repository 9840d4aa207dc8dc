/** The bus suite on a real NATS server, and what only a broker of its own can do wrong. */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openNatsBus } from "../../shared/bus/nats/nats-bus.ts";
import { systemClock } from "../../shared/time/clock.ts";
import { systemTimers } from "../../shared/time/timer.ts";
import { signingWith } from "../support/cluster-key.ts";
import { type BrokerServer, missing, startBroker } from "../support/servers.ts";
import { busRecoverySuite } from "./bus-recovery-suite.ts";
import { ticketOf, WORKER_INFO, WORKER_STATUS } from "./bus-samples.ts";
import { type BusHarness, busSuite } from "./bus-suite.ts";

const options = { eventuallyMs: 4000, ticketVisibilityMs: 400, logBytes: 64 * 1024 };
const parts = { clock: systemClock, timers: systemTimers, signing: signingWith() };
const absent = missing("nats");
let server: BrokerServer;

async function harness(): Promise<BusHarness> {
  const prefix = `test-${randomUUID().slice(0, 8)}`;
  const open = (role: "coordinator" | "worker") =>
    openNatsBus({ url: server.url, prefix, role, ...parts, limits: options });
  const coordinator = await open("coordinator");
  const sides = [coordinator];
  return {
    coordinator,
    openWorker: async () => {
      const side = await open("worker");
      sides.push(side);
      return side;
    },
    forgetEverything: () => server.empty(),
    stop: async () => {
      await Promise.all(sides.map((side) => side.close()));
    },
  };
}

describe.skipIf(absent !== null)("NATS", () => {
  beforeAll(async () => {
    server = await startBroker("nats");
  });
  afterAll(() => server?.stop());

  busSuite("nats bus", harness, options);
  busRecoverySuite("nats bus, recovery", harness, options);

  describe("a broker of its own", () => {
    it("may be killed and started again: nothing is lost and calls go on", async () => {
      const { coordinator, openWorker, stop } = await harness();
      const worker = await openWorker();
      const run = randomUUID();
      const epoch = await worker.openSession(WORKER_INFO, "nonce");
      expect(await worker.appendFrame({ run, epoch, seq: 0 }, Buffer.from("a"), 0)).toBe("ok");
      await server.restart();
      await expect
        .poll(() => worker.renewSession(epoch, WORKER_STATUS).catch(() => "later"), {
          timeout: 15_000,
        })
        .toBe("ok");
      expect(await worker.appendFrame({ run, epoch, seq: 0 }, Buffer.from("a"), 0)).toBe(
        "duplicate",
      );
      expect(await worker.appendFrame({ run, epoch, seq: 1 }, Buffer.from("b"), 0)).toBe("ok");
      const entries = await coordinator.readFrames(run, "", 10);
      expect(entries.map(({ id, body }) => [id.seq, String(Buffer.from(body))])).toEqual([
        [0, "a"],
        [1, "b"],
      ]);
      await stop();
    });

    it("is not killed by many who ask for what was wiped, while it is made again", async () => {
      const { coordinator, openWorker, stop } = await harness();
      const workers = await Promise.all(Array.from({ length: 4 }, () => openWorker()));
      const run = randomUUID();
      for (let round = 0; round < 10; round++) {
        await server.empty();
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
      const { coordinator, openWorker, stop } = await harness();
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
          openNatsBus({ url: server.url, prefix, role, ...parts, limits: options });
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
      const { coordinator, openWorker, stop } = await harness();
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
      const { openWorker, stop } = await harness();
      const worker = await openWorker();
      const id = { run: randomUUID(), epoch: 1, seq: 0 };
      await expect(
        worker.appendFrame(id, new Uint8Array(2 * 1024 * 1024), 0),
      ).rejects.toMatchObject({
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
});
