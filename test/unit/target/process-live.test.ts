/**
 * Goal: what messages and upgrades cost, what befalls the whole process, and limits that answer with nothing, do what they
 * say and count it. Method: a target in this process, ws clients and raw sockets.
 */
import { afterEach, describe, expect, it } from "vitest";
import { Client, Raw, type Served, serve, sleep, until } from "./harness.ts";

let target: Served;
afterEach(() => target.stop());

const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

describe("replies", () => {
  it("slows down exactly one kind of message, and never makes it early", async () => {
    target = await serve({ reply: { slow: { type: "search", every: 1, byMs: 150 } } });
    const client = await Client.open(target.url);
    const startMs = performance.now();
    for (const n of upTo(10)) {
      client.say({ type: n % 2 === 0 ? "search" : "beat", n });
    }
    await until(() => client.got.length === 10);
    const order = client.json().map(({ n }) => n);
    expect(order).toEqual([1, 3, 5, 7, 9, 0, 2, 4, 6, 8]);
    expect((client.got[5]?.atMs ?? 0) - startMs).toBeGreaterThanOrEqual(149.9);
    expect((await target.stats()).behaviours).toMatchObject({ slowed: 5, reordered: 5 });
  });

  it("takes processor time by the message and by the kilobyte", async () => {
    target = await serve({ reply: { cpuMs: 1, cpuMsPerKb: 2 } });
    const client = await Client.open(target.url);
    const startMs = performance.now();
    for (const _ of upTo(5)) client.socket.send(Buffer.alloc(10_240));
    await until(() => client.got.length === 5);
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(5 * 21);
    expect((await target.stats()).behaviours.messagesWorked).toBe(5);
  });
});

describe("upgrades", () => {
  it("cost processor time", async () => {
    target = await serve({ upgrade: { cpuMs: 2 } });
    for (const _ of upTo(3)) await Client.open(target.url);
    expect((await target.stats()).behaviours.upgradesWorked).toBe(3);
  });

  it("are not answered beyond the cap, and are when there is room again", async () => {
    target = await serve({ cap: { connections: 2, hang: true } });
    const first = await Client.open(target.url);
    await Client.open(target.url);
    const ignored = new Raw(target.port);
    ignored.socket.write(Raw.request());
    await until(async () => (await target.stats()).behaviours.capped === 1);
    expect([ignored.received.length, ignored.closed]).toEqual([0, false]);
    await first.close();
    await until(async () => (await target.stats()).open === 1);
    await Client.open(target.url);
    expect(ignored.received.length).toBe(0);
    ignored.socket.destroy();
  });

  it("come byte by byte and never whole", async () => {
    target = await serve({ upgrade: { trickle: { count: 1, everyMs: 1 } } });
    const raw = new Raw(target.port);
    raw.socket.write(Raw.request());
    await until(() => raw.received.toString("latin1").endsWith("\r\n\r"));
    await sleep(50);
    expect(raw.received.toString("latin1")).toMatch(/^HTTP\/1.1 101 [\s\S]*\r\n\r$/);
    expect((await target.stats()).behaviours.upgradesTrickled).toBe(1);
    raw.socket.destroy();
  });

  it("are refused as a proxy refuses them", async () => {
    const headers = { via: "1.1 edge", server: "proxy" };
    target = await serve({ upgrade: { refuse: { status: 502, count: 1, headers } } });
    const raw = new Raw(target.port);
    raw.socket.write(Raw.request());
    await until(() => raw.ended);
    expect(raw.received.toString("latin1")).toMatch(
      /^HTTP\/1.1 502 [\s\S]*\r\nvia: 1.1 edge\r\nserver: proxy\r\n/,
    );
  });
});

describe("the process", () => {
  it("pauses the longer the more it keeps, and starts again when memory is exhausted", async () => {
    target = await serve({
      memory: { bytesPerMessage: 1_000_000, limitBytes: 20_000_000 },
      process: {
        collect: { everyMs: 20, msPerMb: 1 },
        exhaust: { everyMs: 30, atBytes: 5_000_000, forMs: 50 },
      },
    });
    const client = await Client.open(target.url);
    for (const _ of upTo(4)) client.socket.send("x");
    await until(async () => (await target.stats()).behaviours.collections >= 2);
    const { collections, collectionMs, exhausted } = (await target.stats()).behaviours;
    expect(collectionMs).toBeLessThanOrEqual(4 * collections);
    expect(collectionMs).toBeGreaterThan(0);
    expect(exhausted).toBe(0);
    client.socket.send("the last one");
    await until(() => client.closed !== null);
    await until(async () => (await Client.open(target.url).catch(() => null)) !== null);
    const { behaviours } = await target.stats();
    expect(behaviours).toMatchObject({ exhausted: 1, outages: 1, bytesKept: 5_000_000 });
    await sleep(100);
    // The memory is free again.
    expect((await target.stats()).behaviours.exhausted).toBe(1);
  });

  it("pauses for what replies hold that wait", async () => {
    target = await serve({
      reply: { delay: 5000 },
      process: { collect: { everyMs: 20, msPerMb: 1, waitingBytes: 1_000_000 } },
    });
    const client = await Client.open(target.url);
    await sleep(100);
    expect((await target.stats()).behaviours.collections).toBe(0);
    for (const _ of upTo(4)) client.socket.send("x");
    await until(async () => (await target.stats()).behaviours.collections >= 2);
    expect((await target.stats()).behaviours.collectionMs).toBeGreaterThan(0);
  });

  it("loses everybody when more connections are open than it bears", async () => {
    target = await serve({ process: { overload: { everyMs: 20, connections: 2, forMs: 50 } } });
    const clients = [await Client.open(target.url), await Client.open(target.url)];
    await sleep(100);
    expect((await target.stats()).behaviours.overloads).toBe(0);
    clients.push(await Client.open(target.url));
    await until(() => clients.every(({ closed }) => closed !== null));
    await until(async () => (await Client.open(target.url).catch(() => null)) !== null);
    expect((await target.stats()).behaviours).toMatchObject({ overloads: 1, outages: 1 });
  });

  it("has a planned outage also when memory was exhausted before", async () => {
    target = await serve({
      memory: { bytesPerMessage: 1_000_000 },
      process: { exhaust: { everyMs: 20, atBytes: 1, forMs: 10 } },
      outage: { afterMs: 700, forMs: 10 },
    });
    const client = await Client.open(target.url);
    client.socket.send("x");
    await until(() => client.closed !== null);
    await until(async () => {
      const stats = await target.stats().catch(() => null);
      return stats?.behaviours.outages === 2 && stats.behaviours.exhausted === 1;
    });
  });

  it("does not keep broadcasts for a peer that does not read", async () => {
    target = await serve({
      limits: { buffered: { bytes: 65_536, over: "reset" } },
      process: { broadcast: { everyMs: 20, bytes: 1_000_000 } },
    });
    const raw = await Raw.open(target.port);
    raw.socket.pause();
    await until(async () => (await target.stats()).behaviours.slowReaders === 1);
    await until(async () => (await target.stats()).abnormal === 1);
    const { behaviours, messagesOut } = await target.stats();
    expect(behaviours.broadcastMessages).toBe(messagesOut);
    raw.socket.destroy();
  });

  it("sends a broadcast with the batch of a connection", async () => {
    target = await serve({
      conversation: { batch: { most: 3, waitMs: 10_000 } },
      process: { broadcast: { everyMs: 20, bytes: 1 } },
    });
    const client = await Client.open(target.url);
    await until(() => client.got.length >= 1);
    expect(client.texts()[0]).toBe(" \n \n ");
  });

  it("sends to everybody what it counts", async () => {
    target = await serve({ process: { broadcast: { everyMs: 20, bytes: 3 } } });
    const clients = [await Client.open(target.url), await Client.open(target.url)];
    await until(() => clients.every(({ got }) => got.length >= 3));
    expect(clients[0]?.texts()[0]).toBe("   ");
    await fetch(`${target.httpUrl}/behaviour`, { method: "PUT", body: "{}" });
    const { behaviours, messagesOut } = await target.stats();
    expect(behaviours.broadcastMessages).toBe(messagesOut);
    await until(() => clients.reduce((sum, { got }) => sum + got.length, 0) === messagesOut);
    expect(behaviours.broadcasts).toBeLessThanOrEqual(behaviours.broadcastMessages);
  });
});

it("a message that is too big is answered by a reset", async () => {
  target = await serve({ limits: { maxMessageBytes: 100, tooBig: "reset" } });
  const client = await Client.open(target.url);
  client.socket.send(Buffer.alloc(101));
  await until(() => client.closed !== null);
  expect(client.closed?.code).toBe(1006);
  await until(async () => (await target.stats()).closed === 1);
  expect(await target.stats()).toMatchObject({ abnormal: 1, behaviours: { tooBig: 1 } });
});

it("a token ends: its connection is closed, and it is good for none", async () => {
  target = await serve();
  const asked = { method: "POST", body: JSON.stringify({ user: "ann", ttlMs: 1500 }) };
  const { token } = (await (await fetch(`${target.httpUrl}/login`, asked)).json()) as {
    token: string;
  };
  const url = `${target.url}/with/token?token=${token}`;
  const client = await Client.open(url);
  await until(() => client.closed !== null);
  expect(client.closed).toEqual({ code: 4401, reason: "token expired" });
  await expect(Client.open(url)).rejects.toThrow("401");
  expect((await target.stats()).conversation).toMatchObject({ tokensExpired: 1, tokensRefused: 1 });
});
