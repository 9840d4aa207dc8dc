/** What is forged, on the memory store and on real brokers; and what only a broker's own client can write. */
import { randomUUID } from "node:crypto";
import { Kvm } from "@nats-io/kv";
import { connect as connectNats } from "@nats-io/transport-node";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MemoryStore } from "../../shared/bus/memory/store.ts";
import { MemoryBus } from "../../shared/bus/memory-bus.ts";
import { openNatsBus } from "../../shared/bus/nats/nats-bus.ts";
import { openRedisBus } from "../../shared/bus/redis/redis-bus.ts";
import { systemClock } from "../../shared/time/clock.ts";
import { systemTimers } from "../../shared/time/timer.ts";
import { readClusterKeys } from "../../shared/trust/cluster-key.ts";
import { OTHER_KEY, signingWith } from "../support/cluster-key.ts";
import { type BrokerServer, missing, startBroker } from "../support/servers.ts";
import { busForgerySuite, type ForgeryHarness } from "./bus-forgery-suite.ts";
import { ticketOf, WORKER_INFO, WORKER_STATUS } from "./bus-samples.ts";

const timers = systemTimers;
const prefixOf = () => `forged-${randomUUID().slice(0, 8)}`;

busForgerySuite("memory bus, forged", async () => {
  const store = new MemoryStore({ clock: systemClock, timers });
  const sides = [new MemoryBus(store), new MemoryBus(store)] as const;
  const stranger = new MemoryBus(store, readClusterKeys(OTHER_KEY));
  return {
    ...{ coordinator: sides[0], worker: sides[1], stranger },
    stop: async () => {
      await Promise.all([...sides, stranger].map((side) => side.close()));
    },
  };
});

describe.skipIf(missing("redis") !== null)("Redis", () => {
  let server: BrokerServer;
  beforeAll(async () => {
    server = await startBroker("redis");
  });
  afterAll(() => server?.stop());

  const open = (prefix: string, key?: string) =>
    openRedisBus({ url: server.url, prefix, timers, signing: signingWith(key) });
  const harness = async (prefix = prefixOf()): Promise<ForgeryHarness> => {
    const [coordinator, worker, stranger] = await Promise.all([
      open(prefix),
      open(prefix),
      open(prefix, OTHER_KEY),
    ]);
    const stop = async () => {
      await Promise.all([coordinator, worker, stranger].map((side) => side.close()));
    };
    return { coordinator, worker, stranger, stop };
  };
  busForgerySuite("redis bus, forged", harness);

  it("goes on with values of other types, numbers that are none, and jobs that are no JSON", async () => {
    const prefix = prefixOf();
    const { coordinator, worker, stop } = await harness(prefix);
    const raw = new Redis(server.url);
    const key = (name: string) => `{${prefix}}:${name}`;
    await coordinator.putDocument("a", 1, 0);
    const epoch = await worker.openSession(WORKER_INFO, "nonce");
    await raw.hset(key("sessions"), "999", "not json", "abc", "{}", "9".repeat(5000), "x");
    await raw.hset(key(`session:${epoch}`), "status", "{bad");
    expect((await coordinator.listSessions()).map((one) => one.epoch)).toEqual([epoch]);
    for (const name of [
      "sessions",
      `session:${epoch}`,
      "document:a",
      "lead",
      "revision",
      "epoch",
    ]) {
      await raw.del(key(name));
      if (name === "revision" || name === "epoch") await raw.set(key(name), "no number");
      else await raw.rpush(key(name), "a list");
    }
    expect(await coordinator.listSessions()).toEqual([]);
    expect(await coordinator.getDocument("a")).toBeNull();
    expect(await coordinator.putDocument("a", 2, 0)).not.toBe("conflict");
    expect(await coordinator.lead("me", 5000)).toBe("me");
    const next = await worker.openSession(WORKER_INFO, "another nonce");
    expect(next).toBeGreaterThan(epoch);
    expect(await worker.renewSession(next, WORKER_STATUS)).toBe("ok");

    await coordinator.offerTicket(ticketOf("r", 0));
    for (let job = 0; job < 20; job++) {
      await raw.hset(key(`tickets-r:bad-${job}`), "name", "ticket", "data", "{", "opts", "{}");
      await raw.rpush(key("tickets-r:wait"), `bad-${job}`);
    }
    expect((await worker.takeTicket("r", 4000))?.ticket).toEqual(ticketOf("r", 0));
    await stop();
    raw.disconnect();
  });

  it("reads past log entries that are larger than any frame, or no frames, without fetching them", async () => {
    const prefix = prefixOf();
    const { coordinator, worker, stop } = await harness(prefix);
    const raw = new Redis(server.url);
    const log = `{${prefix}}:log:r`;
    await worker.appendFrame({ run: "r", epoch: 1, seq: 0 }, Buffer.from("a"), 0);
    const large = Buffer.alloc(20 * 1024 * 1024, 1);
    for (let entry = 0; entry < 3; entry++) {
      await raw.xadd(log, "*", "e", "1", "s", "1", "b", large);
    }
    const sentBytes = async () =>
      Number(/total_net_output_bytes:(\d+)/.exec(await raw.info("stats"))?.[1]);
    await raw.xadd(log, "*", "foo", "bar");
    await raw.xadd(log, "*", "e", "abc", "s", "1e300", "b", "x");
    await worker.appendFrame({ run: "r", epoch: 1, seq: 1 }, Buffer.from("b"), 0);
    const before = await sentBytes();
    const entries = await coordinator.readFrames("r", "", 256);
    expect((await sentBytes()) - before).toBeLessThan(100_000);
    expect(entries.map(({ refused }) => refused === null)).toEqual([
      ...[true, false, false, false, false, false, true],
    ]);
    await coordinator.acknowledgeFrames("r", entries.at(-1)?.cursor ?? "");
    expect(await raw.xlen(log)).toBe(0);
    expect(await worker.acknowledgedSeq("r", 1)).toBe(1);
    await stop();
    raw.disconnect();
  });
});

describe.skipIf(missing("nats") !== null)("NATS", () => {
  let server: BrokerServer;
  beforeAll(async () => {
    server = await startBroker("nats");
  });
  afterAll(() => server?.stop());

  const open = (prefix: string, role: "coordinator" | "worker", key?: string) => {
    const parts = { clock: systemClock, timers, signing: signingWith(key) };
    return openNatsBus({ url: server.url, prefix, role, ...parts });
  };
  const harness = async (prefix = prefixOf()): Promise<ForgeryHarness> => {
    const coordinator = await open(prefix, "coordinator");
    const worker = await open(prefix, "worker");
    const stranger = await open(prefix, "coordinator", OTHER_KEY);
    const stop = async () => {
      await Promise.all([coordinator, worker, stranger].map((side) => side.close()));
    };
    return { coordinator, worker, stranger, stop };
  };
  busForgerySuite("nats bus, forged", harness);

  it("goes on with values that are no JSON, numbers that are none, and what is too large", async () => {
    const prefix = prefixOf();
    const { coordinator, worker, stop } = await harness(prefix);
    const connection = await connectNats({ servers: server.url });
    const kv = await new Kvm(connection).open(`${prefix}_state`);
    const revision = await coordinator.putDocument("a", 1, 0);
    const epoch = await worker.openSession(WORKER_INFO, "nonce");
    for (const value of ["null", "{", "", "[]", '{"count":1e9,"parts":"p"}']) {
      await kv.put("session.999", value);
      await kv.put("head.a", value);
      await kv.put("lead", value);
      expect((await coordinator.listSessions()).map((one) => one.epoch)).toEqual([epoch]);
      await expect(coordinator.getDocument("a")).rejects.toMatchObject({
        code: "ONRUSH_BUS_REFUSED",
      });
      expect(await coordinator.lead("me", 5000)).toBe("me");
    }
    expect(await coordinator.putDocument("a", 2, Number(revision))).not.toBe("conflict");
    expect((await worker.getDocument("a"))?.value).toBe(2);
    await kv.put("epoch", "no number");
    expect(await worker.openSession(WORKER_INFO, "another nonce")).toBeGreaterThan(epoch);
    await expect(kv.put("session.998", "x".repeat(4 * 1024 * 1024))).rejects.toThrow();
    connection.publish(`${prefix}.log.r.1`, "neither frame nor fence");
    await connection.flush();
    const [entry] = await coordinator.readFrames("r", "", 10);
    expect(entry?.refused).not.toBeNull();
    await connection.close();
    await stop();
  });
});
