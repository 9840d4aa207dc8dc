/**
 * Goal: each behaviour does what it says, exactly as often as it says, and the target's counts equal what
 * clients see. Method: a target in this process, ws clients and raw sockets, fixed seeds.
 */
import { afterEach, describe, expect, it } from "vitest";
import { Client, clientFrame, Raw, type Served, serve, sleep, until } from "./harness.ts";

let target: Served;
afterEach(() => target.stop());

/** Sends n numbered messages on one connection and waits until nothing more comes. */
async function exchange(
  behaviour: unknown,
  messages: number,
): Promise<{ client: Client; got: number[] }> {
  target = await serve(behaviour);
  const client = await Client.open(target.url);
  for (let n = 0; n < messages; n += 1) client.socket.send(`m${String(n).padStart(40, "0")}`);
  await settle(client);
  return { client, got: client.texts().map((text) => Number(text.slice(1))) };
}

/** A ping that comes back has overtaken nothing: what was due is there. */
async function settle(client: Client): Promise<void> {
  const before = client.pongs.length;
  client.socket.ping("settle");
  await until(() => client.pongs.length > before);
  await sleep(20);
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

describe("replies", () => {
  it("drops exactly the ones chosen", async () => {
    const { got } = await exchange({ reply: { drop: { after: 3, every: 4, count: 2 } } }, 20);
    expect(got).toEqual(upTo(20).filter((n) => n !== 3 && n !== 7));
    expect(await target.stats()).toMatchObject({
      messagesIn: 20,
      messagesOut: 18,
      behaviours: { dropped: 2 },
    });
  });

  it("drops an exact share", async () => {
    const { got } = await exchange({ seed: 9, reply: { drop: { share: 0.05 } } }, 1000);
    expect(got.length).toBe(950);
    expect((await target.stats()).behaviours.dropped).toBe(50);
  });

  it("duplicates exactly k", async () => {
    const { got } = await exchange({ reply: { duplicate: { every: 5, count: 3 } } }, 20);
    expect(got.length).toBe(23);
    expect(got.filter((n, at) => got.indexOf(n) !== at)).toEqual([0, 5, 10]);
    expect(await target.stats()).toMatchObject({ messagesOut: 23, behaviours: { duplicated: 3 } });
  });

  it("reorders exactly k, each with its successor", async () => {
    const { got } = await exchange({ reply: { reorder: { every: 10, count: 3 } } }, 40);
    const late = got.filter((n, at) => got.slice(0, at).some((before) => before > n));
    expect(late).toEqual([0, 10, 20]);
    expect(got.toSorted((a, b) => a - b)).toEqual(upTo(40));
    expect((await target.stats()).behaviours).toMatchObject({ reordered: 3, reorderExpired: 0 });
  });

  it("lets a held reply go after its time, and reorders another instead", async () => {
    target = await serve({ reply: { reorder: { count: 1, holdMs: 200 } } });
    const client = await Client.open(target.url);
    client.socket.send("lonely");
    await until(() => client.got.length === 1);
    client.socket.send("a");
    client.socket.send("b");
    await until(() => client.got.length === 3);
    expect(client.texts()).toEqual(["lonely", "b", "a"]);
    expect((await target.stats()).behaviours).toMatchObject({ reordered: 1, reorderExpired: 1 });
  });

  it("corrupts exactly k, one bit each, where it was told to", async () => {
    target = await serve({
      reply: { corrupt: { every: 3, count: 4, where: "body", stampBytes: 20 } },
    });
    const client = await Client.open(target.url);
    const payload = Buffer.alloc(64, 0x55);
    for (let n = 0; n < 30; n += 1) client.socket.send(payload);
    await until(() => client.got.length === 30);
    const flipped = client.got.map(({ data }) =>
      [...data.entries()].filter(([at, byte]) => byte !== payload[at]).map(([at]) => at),
    );
    expect(flipped.filter((places) => places.length === 1).length).toBe(4);
    expect(flipped.flat().every((at) => at >= 20)).toBe(true);
    expect((await target.stats()).behaviours.corrupted).toBe(4);
  });

  for (const mode of ["also", "instead"]) {
    it(`leaks exactly k to another connection (${mode})`, async () => {
      target = await serve({ reply: { leak: { after: 2, every: 2, count: 3, mode } } });
      const [owner, other] = [await Client.open(target.url), await Client.open(target.url)];
      for (let n = 0; n < 10; n += 1) owner.socket.send(`mine ${n}`);
      await settle(owner);
      await settle(other);
      expect(other.texts()).toEqual(["mine 2", "mine 4", "mine 6"]);
      expect(owner.got.length).toBe(mode === "also" ? 10 : 7);
      expect((await target.stats()).behaviours.leaked).toBe(3);
    });
  }

  it("owes a leak while there is nobody to leak to", async () => {
    target = await serve({ reply: { leak: { count: 1 } } });
    const owner = await Client.open(target.url);
    owner.socket.send("kept");
    await until(() => owner.got.length === 1);
    expect((await target.stats()).behaviours.leaked).toBe(0);
    const other = await Client.open(target.url);
    owner.socket.send("leaked");
    await until(() => other.got.length === 1);
    expect(other.texts()).toEqual(["leaked"]);
    expect((await target.stats()).behaviours.leaked).toBe(1);
  });

  it("fragments a reply that reads the same", async () => {
    const { got } = await exchange({ reply: { fragment: { every: 2, parts: 5 } } }, 10);
    expect(got).toEqual(upTo(10));
    expect((await target.stats()).behaviours.fragmented).toBe(5);
  });

  const malformedFrames: [string, number][] = [
    ["masked", 1002],
    ["bad-utf8", 1007],
    ["bad-opcode", 1002],
    ["reserved-bit", 1002],
    ["oversize-control", 1002],
    ["fragmented-control", 1002],
    ["orphan-continuation", 1002],
    ["bad-close-code", 1002],
  ];
  for (const [frame, code] of malformedFrames) {
    it(`sends a frame no client may accept: ${frame}`, async () => {
      target = await serve({ reply: { malformed: [{ frame, after: 1, count: 1 }] } });
      const client = await Client.open(target.url);
      client.socket.send(Buffer.from("good"));
      client.socket.send(Buffer.from("bad"));
      await until(() => client.closed !== null);
      expect(client.texts()).toEqual(["good"]);
      expect(client.error?.message).toMatch(/Invalid|MASK|RSV/);
      await until(async () => (await target.stats()).closed === 1);
      expect(await target.stats()).toMatchObject({
        behaviours: { malformed: 1 },
        closedByCode: { [code]: 1 },
        closedBy: { client: 1 },
      });
    });
  }

  it("delays by exact shares, never early", async () => {
    const mixture = [
      { share: 0.9, delay: 20 },
      { share: 0.08, delay: 100 },
      { share: 0.02, delay: 300 },
    ];
    target = await serve({ reply: { delay: { mixture } } });
    const client = await Client.open(target.url);
    const sentMs: number[] = [];
    for (let n = 0; n < 100; n += 1) {
      sentMs.push(performance.now());
      client.socket.send(String(n));
    }
    await until(() => client.got.length === 100);
    const tookMs = client.got.map(({ data, atMs }) => atMs - (sentMs[Number(data)] ?? 0));
    const atLeast = (ms: number): number => tookMs.filter((took) => took >= ms).length;
    expect(atLeast(19.9)).toBe(100);
    expect(atLeast(99.9)).toBeGreaterThanOrEqual(10);
    expect(atLeast(299.9)).toBeGreaterThanOrEqual(2);
    const { behaviours } = await target.stats();
    expect(behaviours.delayed).toBe(100);
    // Ten overtaken ones, as the clients see them too.
    const order = client.texts().map(Number);
    const late = order.filter((n, at) => order.slice(0, at).some((before) => before > n)).length;
    expect(behaviours.reordered).toBe(late);
    expect(late).toBeGreaterThan(0);
  });

  it("keeps the order when told to", async () => {
    const delay = { uniformMs: [0, 60] };
    const { client } = await exchange({ reply: { delay, keepOrder: true } }, 200);
    await until(() => client.got.length === 200);
    expect(client.texts().map((text) => Number(text.slice(1)))).toEqual(upTo(200));
    expect((await target.stats()).behaviours.reordered).toBe(0);
  });

  it("counts a reply whose connection is gone", async () => {
    target = await serve({ reply: { delay: 1500 } });
    const client = await Client.open(target.url);
    client.socket.send("late");
    await settle(client);
    client.socket.terminate();
    await until(async () => (await target.stats()).behaviours.undeliverable === 1);
    expect((await target.stats()).messagesOut).toBe(0);
  });

  it("keeps memory per message up to a limit", async () => {
    await exchange({ memory: { bytesPerMessage: 1000, limitBytes: 4500 } }, 10);
    expect((await target.stats()).behaviours.bytesKept).toBe(4000);
  });
});

describe("pauses", () => {
  it("a stall holds back replies, pongs and upgrades until its end", async () => {
    target = await serve();
    const client = await Client.open(target.url);
    const start = performance.now();
    await fetch(`${target.httpUrl}/behaviour`, {
      method: "PUT",
      body: JSON.stringify({ pause: { everyMs: 60_000, forMs: 1500, afterMs: 0 } }),
    });
    client.socket.send("waits");
    client.socket.ping("waits");
    const late = new Client(target.url);
    await until(() => client.got.length === 1 && client.pongs.length === 1);
    expect(performance.now() - start).toBeGreaterThanOrEqual(1499);
    await until(() => late.socket.readyState === 1);
    expect((await target.stats()).behaviours.paused).toBe(1);
  });

  it("a block stops the whole process", async () => {
    target = await serve({ pause: { everyMs: 10_000, forMs: 50, afterMs: 0, mode: "block" } });
    await until(async () => (await target.stats()).behaviours.blocked === 1);
  });
});

describe("upgrades", () => {
  it("refuses exactly those it was told to, with Retry-After", async () => {
    target = await serve({
      upgrade: { refuse: [{ status: 429, retryAfterSec: 7, after: 2, count: 3 }] },
    });
    const outcomes: string[] = [];
    for (let n = 0; n < 8; n += 1) {
      const client = new Client(target.url);
      client.socket.on("unexpected-response", (request, response) => {
        outcomes.push(`${n}:${response.statusCode}:${response.headers["retry-after"]}`);
        request.destroy();
      });
      await until(
        () => client.socket.readyState === 1 || outcomes.some((text) => text.startsWith(`${n}:`)),
      );
    }
    expect(outcomes).toEqual(["2:429:7", "3:429:7", "4:429:7"]);
    expect(await target.stats()).toMatchObject({
      accepted: 5,
      upgradesRefused: { 429: 3 },
      behaviours: { refused: 3 },
    });
  });

  it("limits the rate of upgrades", async () => {
    target = await serve({ upgrade: { refuse: [{ status: 503, abovePerSec: 5 }] } });
    const clients = upTo(30).map(() => new Client(target.url));
    await until(() => clients.every(({ socket }) => socket.readyState !== 0));
    const stats = await target.stats();
    expect(stats.accepted).toBeGreaterThanOrEqual(5);
    expect(stats.upgradesRefused["503"]).toBe(30 - stats.accepted);
    expect(stats.upgradesRefused["503"]).toBeGreaterThan(0);
  });

  it("hangs, resets and answers wrongly", async () => {
    target = await serve({
      upgrade: {
        reset: { count: 1 },
        hang: { after: 1, count: 1 },
        invalid: { after: 2, count: 1 },
      },
    });
    const [reset, hung, invalid] = [
      new Raw(target.port),
      new Raw(target.port),
      new Raw(target.port),
    ];
    reset.socket.write(Raw.request());
    await until(() => reset.closed);
    expect(reset.error).toBe("ECONNRESET");
    hung.socket.write(Raw.request());
    await sleep(100);
    expect([hung.received.length, hung.closed]).toEqual([0, false]);
    invalid.socket.write(Raw.request());
    await until(() => invalid.received.includes("\r\n\r\n"));
    const answer = invalid.received.toString("latin1");
    expect(answer).toMatch(/^HTTP\/1.1 101 /);
    expect(answer).not.toContain("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    expect((await Client.open(target.url)).socket.readyState).toBe(1);
    expect((await target.stats()).behaviours).toMatchObject({
      upgradesReset: 1,
      hung: 1,
      upgradesInvalid: 1,
    });
    hung.socket.destroy();
  });

  it("is slow to accept", async () => {
    target = await serve({ upgrade: { delay: 120 } });
    const start = performance.now();
    await Client.open(target.url);
    expect(performance.now() - start).toBeGreaterThanOrEqual(120);
    expect((await target.stats()).behaviours.upgradesDelayed).toBe(1);
  });

  it("caps connections with a status, or by closing them", async () => {
    target = await serve({ cap: { connections: 3, status: 503 } });
    const clients = upTo(5).map(() => new Client(target.url));
    await until(() => clients.every(({ socket }) => socket.readyState !== 0));
    expect(await target.stats()).toMatchObject({
      accepted: 3,
      upgradesRefused: { 503: 2 },
      behaviours: { capped: 2 },
    });
    await target.stop();
    target = await serve({ cap: { connections: 3, close: 1013, reason: "try later" } });
    const others = upTo(5).map(() => new Client(target.url));
    await until(() => others.filter(({ closed }) => closed !== null).length === 2);
    expect(others.find(({ closed }) => closed !== null)?.closed).toEqual({
      code: 1013,
      reason: "try later",
    });
    expect(await target.stats()).toMatchObject({ accepted: 5, behaviours: { capped: 2 } });
  });
});

describe("endings", () => {
  const hostile = "<script>\"\u001b[2J',=cmd()\r\n";
  it("closes after n messages, with any code and reason", async () => {
    target = await serve({ close: [{ afterMessages: 3, code: 4401, reason: hostile }] });
    const client = await Client.open(target.url);
    for (const text of ["a", "b", "c"]) client.socket.send(text);
    await until(() => client.closed !== null);
    expect(client.texts()).toEqual(["a", "b", "c"]);
    expect(client.closed).toEqual({ code: 4401, reason: hostile });
    await until(async () => (await target.stats()).closed === 1);
    expect(await target.stats()).toMatchObject({
      closedByCode: { 4401: 1 },
      closedBy: { target: 1, client: 0 },
      behaviours: { closedAfterMessages: 1 },
    });
  });

  it("closes at an age, without a code, and only the connections chosen", async () => {
    target = await serve({ close: [{ afterMs: 80, code: null, connections: { every: 2 } }] });
    const clients: Client[] = [];
    for (let n = 0; n < 4; n += 1) clients.push(await Client.open(target.url));
    await until(() => clients.filter(({ closed }) => closed !== null).length === 2);
    await sleep(100);
    expect(clients.map(({ closed }) => closed?.code ?? null)).toEqual([1005, null, 1005, null]);
    expect((await target.stats()).behaviours.closedAfterMs).toBe(2);
  });

  it("closes the idle and spares the busy", async () => {
    target = await serve({ close: [{ idleMs: 2000, code: 1001 }] });
    const [idle, busy] = [await Client.open(target.url), await Client.open(target.url)];
    for (let n = 0; n < 200 && idle.closed === null; n += 1) {
      busy.socket.send("x");
      await sleep(50);
    }
    expect(idle.closed?.code).toBe(1001);
    expect(busy.closed).toBeNull();
    expect((await target.stats()).behaviours.closedIdle).toBe(1);
  });

  it("resets and ends without a Close", async () => {
    target = await serve({
      reply: { drop: { every: 1 } },
      close: [{ afterMessages: 1, how: "reset" }],
    });
    const raw = await Raw.open(target.port);
    raw.socket.write(clientFrame(1, Buffer.from("x")));
    await until(() => raw.closed);
    expect(raw.error).toBe("ECONNRESET");
    await target.stop();
    target = await serve({ close: [{ afterMessages: 1, how: "end" }] });
    const other = await Raw.open(target.port);
    other.socket.write(clientFrame(1, Buffer.from("x")));
    await until(() => other.closed);
    expect([other.error, other.ended, other.received.toString("latin1")]).toEqual([
      "",
      true,
      "\x81\x01x",
    ]);
    await until(async () => (await target.stats()).closed === 1);
    expect(await target.stats()).toMatchObject({
      abnormal: 1,
      closedByCode: { 1006: 1 },
      closedBy: { target: 1 },
    });
  });

  it("closes who sends too fast with 1008", async () => {
    target = await serve({ limits: { rate: { perSec: 0.5, burst: 4 } } });
    const client = await Client.open(target.url);
    for (let n = 0; n < 20; n += 1) client.socket.send("x");
    await until(() => client.closed !== null);
    expect(client.closed).toEqual({ code: 1008, reason: "rate limit" });
    expect(client.got.length).toBe(4);
    expect((await target.stats()).behaviours.rateLimited).toBe(1);
  });

  it("zombies accept and never answer again", async () => {
    target = await serve({ zombie: { every: 2 } });
    const [zombie, living] = [await Client.open(target.url), await Client.open(target.url)];
    for (const client of [zombie, living]) {
      client.socket.send("x");
      client.socket.ping("x");
    }
    await settle(living);
    await sleep(50);
    expect([zombie.got.length, zombie.pongs.length, zombie.closed]).toEqual([0, 0, null]);
    expect(living.got.length).toBe(1);
    expect(await target.stats()).toMatchObject({
      messagesIn: 2,
      behaviours: { zombies: 1, silenced: 2 },
    });
    zombie.socket.terminate();
  });

  it("resets a slow reader beyond the bound", async () => {
    target = await serve({
      reply: { duplicate: { every: 1 } },
      limits: { buffered: { bytes: 65_536 } },
    });
    const raw = await Raw.open(target.port);
    raw.socket.pause();
    const blob = clientFrame(2, Buffer.alloc(60_000));
    raw.socket.on("error", () => {});
    for (let n = 0; n < 400 && !raw.closed; n += 1) raw.socket.write(blob);
    await until(async () => (await target.stats()).behaviours.slowReaders >= 1);
    // Gone although the client has not read a byte of what waits for it.
    await until(async () => (await target.stats()).open === 0);
    raw.socket.destroy();
  });

  it("an outage loses everybody and comes to an end", async () => {
    target = await serve();
    const client = await Client.open(target.url);
    await fetch(`${target.httpUrl}/behaviour`, {
      method: "PUT",
      body: JSON.stringify({ outage: { afterMs: 20, forMs: 300, how: "close", code: 1012 } }),
    });
    await until(() => client.closed !== null);
    expect(client.closed?.code).toBe(1012);
    const refused = new Client(target.url);
    await until(() => refused.error !== null);
    expect(refused.error?.message).toContain("ECONNREFUSED");
    await until(async () => (await Client.open(target.url).catch(() => null)) !== null);
    expect((await target.stats()).behaviours.outages).toBe(1);
  });
});
