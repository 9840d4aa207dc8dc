/** The bus suite on a real Redis server, and what only a broker of its own can do wrong. */
import { randomUUID } from "node:crypto";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openRedisBus } from "../../shared/bus/redis/redis-bus.ts";
import { systemTimers } from "../../shared/time/timer.ts";
import { signingWith } from "../support/cluster-key.ts";
import { type BrokerServer, missing, startBroker } from "../support/servers.ts";
import { busRecoverySuite } from "./bus-recovery-suite.ts";
import { WORKER_INFO, WORKER_STATUS } from "./bus-samples.ts";
import { type BusHarness, busSuite } from "./bus-suite.ts";

const options = { eventuallyMs: 4000, ticketVisibilityMs: 400, logBytes: 64 * 1024 };
const timers = systemTimers;
const signing = signingWith();
const absent = missing("redis");
let server: BrokerServer;

async function harness(): Promise<BusHarness> {
  const prefix = `test-${randomUUID().slice(0, 8)}`;
  const open = () => openRedisBus({ url: server.url, prefix, timers, signing, limits: options });
  const sides = [await open()];
  const [coordinator] = sides;
  if (coordinator === undefined) throw new Error("no side");
  return {
    coordinator,
    openWorker: async () => {
      const side = await open();
      sides.push(side);
      return side;
    },
    forgetEverything: async () => {
      const raw = new Redis(server.url);
      await raw.flushall();
      raw.disconnect();
    },
    stop: async () => {
      await Promise.all(sides.map((side) => side.close()));
    },
  };
}

describe.skipIf(absent !== null)("Redis", () => {
  beforeAll(async () => {
    server = await startBroker("redis");
  });
  afterAll(() => server?.stop());

  busSuite("redis bus", harness, options);
  busRecoverySuite("redis bus, recovery", harness, options);

  describe("a broker of its own", () => {
    it("may be killed and started again: nothing is lost and calls go on", async () => {
      const { coordinator, openWorker, stop } = await harness();
      const worker = await openWorker();
      const run = randomUUID();
      const epoch = await worker.openSession(WORKER_INFO, "nonce");
      expect(await worker.appendFrame({ run, epoch, seq: 0 }, Buffer.from("a"), 0)).toBe("ok");
      // The server writes its file each second.
      await new Promise((resolve) => setTimeout(resolve, 1500));
      await server.restart();
      await expect
        .poll(() => worker.renewSession(epoch, WORKER_STATUS).catch(() => "later"), {
          timeout: 10_000,
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

    it("that may evict keys is refused, with the remedy", async () => {
      const raw = new Redis(server.url);
      await raw.config("SET", "maxmemory-policy", "allkeys-lru");
      await expect(openRedisBus({ url: server.url, timers, signing })).rejects.toMatchObject({
        code: "ONRUSH_BUS_UNSUITABLE",
        remedy: expect.stringContaining("noeviction"),
      });
      await raw.config("SET", "maxmemory-policy", "noeviction");
      raw.disconnect();
    });

    it("whose memory is full says full, and takes frames again when there is room", async () => {
      const { openWorker, stop } = await harness();
      const worker = await openWorker();
      const run = randomUUID();
      const epoch = await worker.openSession(WORKER_INFO, "nonce");
      const frame = () => worker.appendFrame({ run, epoch, seq: 0 }, Buffer.alloc(1000), 0);
      const raw = new Redis(server.url);
      await raw.config("SET", "maxmemory", "1mb");
      expect(await frame()).toBe("full");
      await raw.config("SET", "maxmemory", "0");
      expect(await frame()).toBe("ok");
      raw.disconnect();
      await stop();
    });

    it("that wants a password is named without it", async () => {
      const raw = new Redis(server.url);
      await raw.config("SET", "requirepass", "secret-1");
      const wrong = server.url.replace("redis://", "redis://:secret-2@");
      const refused = await openRedisBus({ url: wrong, timers, signing }).catch(
        (error: unknown) => error,
      );
      expect(refused).toMatchObject({ code: "ONRUSH_BUS_UNREACHABLE" });
      expect(String((refused as Error).message)).toContain("127.0.0.1:");
      expect(String((refused as Error).message)).not.toContain("secret");
      const right = server.url.replace("redis://", "redis://:secret-1@");
      await (await openRedisBus({ url: right, timers, signing })).close();
      await raw.config("SET", "requirepass", "");
      raw.disconnect();
    });

    it("that is not there is named", async () => {
      await expect(
        openRedisBus({ url: "redis://127.0.0.1:1", timers, signing }),
      ).rejects.toMatchObject({
        code: "ONRUSH_BUS_UNREACHABLE",
        message: expect.stringContaining("127.0.0.1:1"),
      });
    });
  });
});
