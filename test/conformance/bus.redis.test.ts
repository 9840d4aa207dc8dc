/** The bus suite on a real Redis server, and what only a broker of its own can do wrong. */
import { randomUUID } from "node:crypto";
import { Redis } from "ioredis";
import { expect, it } from "vitest";
import { openRedisBus } from "../../shared/bus/redis/redis-bus.ts";
import { systemTimers } from "../../shared/time/timer.ts";
import { signingWith } from "../support/cluster-key.ts";
import { type BrokerBus, BUS_OPTIONS, brokerSuite } from "./broker-suite.ts";
import { WORKER_INFO } from "./bus-samples.ts";

const timers = systemTimers;
const signing = signingWith();

const redis: BrokerBus = {
  kind: "redis",
  open: ({ url, prefix }) => openRedisBus({ url, prefix, timers, signing, limits: BUS_OPTIONS }),
  forgetEverything: async ({ url }) => {
    const raw = new Redis(url);
    await raw.flushall();
    raw.disconnect();
  },
  // The server writes its file each second.
  keptAfterMs: 1500,
};

brokerSuite(redis, (stage) => {
  it("that may evict keys is refused, with the remedy", async () => {
    const raw = new Redis(stage.server.url);
    await raw.config("SET", "maxmemory-policy", "allkeys-lru");
    await expect(openRedisBus({ url: stage.server.url, timers, signing })).rejects.toMatchObject({
      code: "ONRUSH_BUS_UNSUITABLE",
      remedy: expect.stringContaining("noeviction"),
    });
    await raw.config("SET", "maxmemory-policy", "noeviction");
    raw.disconnect();
  });

  it("whose memory is full says full, and takes frames again when there is room", async () => {
    const { openWorker, stop } = await stage.harness();
    const worker = await openWorker();
    const run = randomUUID();
    const epoch = await worker.openSession(WORKER_INFO, "nonce");
    const frame = () => worker.appendFrame({ run, epoch, seq: 0 }, Buffer.alloc(1000), 0);
    const raw = new Redis(stage.server.url);
    await raw.config("SET", "maxmemory", "1mb");
    expect(await frame()).toBe("full");
    await raw.config("SET", "maxmemory", "0");
    expect(await frame()).toBe("ok");
    raw.disconnect();
    await stop();
  });

  it("that wants a password is named without it", async () => {
    const raw = new Redis(stage.server.url);
    await raw.config("SET", "requirepass", "secret-1");
    const wrong = stage.server.url.replace("redis://", "redis://:secret-2@");
    const refused = await openRedisBus({ url: wrong, timers, signing }).catch(
      (error: unknown) => error,
    );
    expect(refused).toMatchObject({ code: "ONRUSH_BUS_UNREACHABLE" });
    expect(String((refused as Error).message)).toContain("127.0.0.1:");
    expect(String((refused as Error).message)).not.toContain("secret");
    const right = stage.server.url.replace("redis://", "redis://:secret-1@");
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
