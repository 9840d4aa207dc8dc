/**
 * Goal: the target is a correct WebSocket and HTTP server. Method: a target in this process, the ws package
 * and raw sockets as clients, and the target's own counts compared with what the clients saw.
 */
import { request } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { Client, clientFrame, Raw, type Served, serve, sleep, until } from "./harness.ts";

let target: Served;
afterEach(() => target.stop());

const SIZES = [0, 1, 125, 126, 127, 65535, 65536, 65537, 200_000, 1_000_000];

function pattern(size: number): Buffer {
  return Buffer.from(Uint8Array.from({ length: size }, (_, at) => (at * 31 + (at >> 8)) & 0xff));
}

describe("echo", () => {
  for (const deflate of [false, true]) {
    it(`gives back every length, binary and text${deflate ? ", compressed" : ""}`, async () => {
      target = await serve({}, { compression: deflate });
      const client = await Client.open(target.url, { deflate });
      expect(client.socket.extensions).toBe(deflate ? "permessage-deflate" : "");
      for (const size of SIZES) {
        client.socket.send(pattern(size));
        client.socket.send("é".repeat(size / 2) + "x".repeat(size % 2));
      }
      await until(() => client.got.length === 2 * SIZES.length);
      for (const [place, size] of SIZES.entries()) {
        const [binary, text] = client.got.slice(2 * place, 2 * place + 2);
        expect(binary?.isBinary).toBe(true);
        expect(binary?.data.equals(pattern(size))).toBe(true);
        expect(text?.isBinary).toBe(false);
        expect(text?.data.toString()).toBe("é".repeat(size / 2) + "x".repeat(size % 2));
      }
      await client.close();
      await until(async () => (await target.stats()).open === 0);
      const stats = await target.stats();
      const bytes = 2 * SIZES.reduce((sum, size) => sum + size, 0) - 0;
      const textBytes = SIZES.reduce((sum, size) => sum + 2 * Math.floor(size / 2) + (size % 2), 0);
      expect(stats.bytesIn).toBe(bytes / 2 + textBytes);
      expect(stats).toMatchObject({
        accepted: 1,
        closed: 1,
        abnormal: 0,
        peakOpen: 1,
        messagesIn: 2 * SIZES.length,
        messagesOut: 2 * SIZES.length,
        bytesOut: stats.bytesIn,
        closedByCode: { 1000: 1 },
        closedBy: { client: 1, target: 0 },
      });
    });
  }

  it("keeps order over many messages in one write and over fragments", async () => {
    target = await serve();
    const raw = await Raw.open(target.port);
    const wire: Buffer[] = [];
    for (let n = 0; n < 500; n += 1) {
      const text = Buffer.from(`message ${n}`);
      if (n % 5 === 0) {
        wire.push(clientFrame(1, text.subarray(0, 3), { fin: false }));
        wire.push(clientFrame(9, Buffer.from("now")));
        wire.push(clientFrame(0, text.subarray(3)));
      } else wire.push(clientFrame(1, text));
    }
    const all = Buffer.concat(wire);
    for (let at = 0; at < all.length; at += 997) {
      raw.socket.write(all.subarray(at, at + 997));
      if (at % 3 === 0) await sleep(0);
    }
    const texts: string[] = [];
    let pongs = 0;
    while (texts.length < 500) {
      const [first, payload] = await raw.nextFrame();
      if (first === 0x8a) pongs += 1;
      else texts.push(payload.toString());
    }
    expect(texts).toEqual(Array.from({ length: 500 }, (_, n) => `message ${n}`));
    expect(pongs).toBe(100);
    expect((await target.stats()).pings).toBe(100);
    raw.socket.destroy();
  });

  it("does not lose or mix bytes when clients stop reading", async () => {
    target = await serve();
    const clients = await Promise.all(Array.from({ length: 4 }, () => Client.open(target.url)));
    const blob = pattern(60_000);
    for (const client of clients) client.socket.pause();
    for (let n = 0; n < 200; n += 1) {
      for (const [place, client] of clients.entries()) {
        blob[0] = place;
        blob[1] = n;
        client.socket.send(Buffer.from(blob));
      }
    }
    await sleep(200);
    for (const client of clients) client.socket.resume();
    await until(() => clients.every((client) => client.got.length === 200));
    for (const [place, client] of clients.entries()) {
      for (const [n, { data }] of client.got.entries()) {
        blob[0] = place;
        blob[1] = n;
        expect(data.equals(blob)).toBe(true);
      }
      client.socket.terminate();
    }
  });

  it("takes frames that come together with the request", async () => {
    target = await serve();
    const raw = new Raw(target.port);
    raw.socket.write(
      Buffer.concat([Buffer.from(Raw.request()), clientFrame(1, Buffer.from("early"))]),
    );
    await raw.upgraded();
    expect((await raw.nextFrame())[1].toString()).toBe("early");
    raw.socket.destroy();
  });

  it("echoes JSON that is no business of its own, unchanged", async () => {
    target = await serve();
    const client = await Client.open(target.url);
    const texts = [
      '{"type":"tick","id":1}',
      '{ "type" : "joinery" }',
      '{"type":"join"}',
      '{"type":"say","id":1}',
      '{"type":"ask"}',
      '{"type":"join","room":5}',
      '{"nested":{"type":"say"}}',
      '{"type":"join","room":"x"',
      "[1,2]",
      "{",
      "",
    ];
    for (const text of texts) client.socket.send(text);
    await until(() => client.got.length === texts.length);
    expect(client.texts()).toEqual(texts);
    await client.close();
  });
});

describe("closing", () => {
  for (const code of [1000, 1001, 3000, 4999]) {
    it(`answers a Close ${code} and counts it`, async () => {
      target = await serve();
      const client = await Client.open(target.url);
      client.socket.close(code, "bye");
      await until(() => client.closed !== null);
      expect(client.closed?.code).toBe(code);
      await until(async () => (await target.stats()).closed === 1);
      expect((await target.stats()).closedByCode).toEqual({ [code]: 1 });
    });
  }

  it("counts a Close without a code as 1005 and a vanished client as 1006", async () => {
    target = await serve();
    const one = await Client.open(target.url);
    one.socket.close();
    const other = await Client.open(target.url);
    other.socket.terminate();
    await until(async () => (await target.stats()).closed === 2);
    expect(one.closed?.code).toBe(1005);
    expect(await target.stats()).toMatchObject({
      abnormal: 1,
      closedByCode: { 1005: 1, 1006: 1 },
      closedBy: { client: 1, target: 0, nobody: 1 },
    });
  });

  const illegal: [string, Buffer, number][] = [
    ["code 1005", Buffer.from([0x03, 0xed]), 1002],
    ["code 999", Buffer.from([0x03, 0xe7]), 1002],
    ["one byte", Buffer.from([0x03]), 1002],
    ["a reason that is not UTF-8", Buffer.from([0x03, 0xe8, 0xff]), 1007],
  ];
  for (const [name, payload, code] of illegal) {
    it(`refuses a Close with ${name}`, async () => {
      target = await serve();
      const raw = await Raw.open(target.port);
      raw.socket.write(clientFrame(8, payload));
      const [first, answer] = await raw.nextFrame();
      expect(first).toBe(0x88);
      expect(answer.readUInt16BE(0)).toBe(code);
      await until(() => raw.closed);
      await until(async () => (await target.stats()).closed === 1);
      expect(await target.stats()).toMatchObject({
        closedByCode: { [code]: 1 },
        closedBy: { target: 1 },
        violations: { [code]: 1 },
      });
    });
  }

  it("closes with the code of a violation and ends the transport", async () => {
    target = await serve({ limits: { maxMessageBytes: 100 } });
    const wires: [Buffer, number][] = [
      [clientFrame(2, Buffer.from("x"), { masked: false }), 1002],
      [clientFrame(1, Buffer.from([0xff])), 1007],
      [clientFrame(2, Buffer.alloc(101)), 1009],
    ];
    for (const [wire, code] of wires) {
      const raw = await Raw.open(target.port);
      raw.socket.write(wire);
      expect((await raw.nextFrame())[1].readUInt16BE(0)).toBe(code);
      await until(() => raw.closed);
      expect(raw.error).toBe("");
    }
    await until(async () => (await target.stats()).closed === 3);
    expect(await target.stats()).toMatchObject({
      violations: { 1002: 1, 1007: 1, 1009: 1 },
      behaviours: { tooBig: 1 },
    });
  });

  it("stops with 1001 for every connection", async () => {
    target = await serve();
    const clients = await Promise.all(Array.from({ length: 20 }, () => Client.open(target.url)));
    await target.stop();
    await until(() => clients.every((client) => client.closed !== null));
    expect(clients.map((client) => client.closed?.code)).toEqual(new Array(20).fill(1001));
    target = await serve();
  });
});

describe("upgrade", () => {
  async function answerTo(text: string): Promise<string> {
    const raw = new Raw(target.port);
    raw.socket.write(text);
    await until(() => raw.closed || raw.received.toString("latin1").startsWith("HTTP/1.1 101"));
    raw.socket.destroy();
    return raw.received.toString("latin1");
  }

  it("accepts the RFC's example with the RFC's answer", async () => {
    target = await serve();
    const answer = await answerTo(Raw.request());
    expect(answer).toContain("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n");
    expect(answer).not.toContain("Sec-WebSocket-Protocol");
  });

  const refused: [string, string, number][] = [
    ["another version", Raw.request().replace("Version: 13", "Version: 8"), 426],
    ["a short key", Raw.request().replace("dGhlIHNhbXBsZSBub25jZQ==", "c2hvcnQ="), 400],
    ["no Connection: Upgrade", Raw.request().replace("keep-alive, Upgrade", "keep-alive"), 400],
    ["another protocol", Raw.request().replace("Upgrade: websocket", "Upgrade: h2c"), 400],
    ["POST", Raw.request().replace("GET", "POST"), 405],
    ["no Host", Raw.request().replace("Host: x\r\n", ""), 400],
    ["HTTP/1.0", Raw.request().replace("HTTP/1.1", "HTTP/1.0"), 505],
    ["two keys", Raw.request("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"), 400],
    ["a header without a colon", Raw.request("nonsense\r\n"), 400],
    ["a folded header", Raw.request(" folded: 1\r\n"), 400],
    ["nonsense", "hello\r\n\r\n", 400],
    ["too long a head", `GET / HTTP/1.1\r\nHost: ${"x".repeat(17_000)}\r\n\r\n`, 431],
    ["a chunked body", "POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", 501],
    [
      "too long a body",
      "PUT /behaviour HTTP/1.1\r\nHost: x\r\nContent-Length: 999999\r\n\r\n",
      413,
    ],
  ];
  it("refuses what is not an upgrade, and counts it", async () => {
    target = await serve();
    const expected: Record<string, number> = {};
    for (const [name, text, status] of refused) {
      expect(await answerTo(text), name).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
      expected[status] = (expected[status] ?? 0) + 1;
    }
    const stats = await target.stats();
    expect(stats.upgradesRefused).toEqual(expected);
    expect(stats.accepted).toBe(0);
  });

  it("reads a request that comes byte by byte", async () => {
    target = await serve();
    const raw = new Raw(target.port);
    for (const byte of Raw.request()) {
      raw.socket.write(byte);
      await sleep(0);
    }
    await raw.upgraded();
    raw.socket.destroy();
  });

  it("agrees on a subprotocol", async () => {
    target = await serve({}, { subprotocols: ["chat.v2", "chat.v1"] });
    const client = await Client.open(target.url, { protocols: ["chat.v3", "chat.v1", "chat.v2"] });
    expect(client.socket.protocol).toBe("chat.v1");
    await client.close();
    await target.stop();
    target = await serve();
    const any = await Client.open(target.url, { protocols: ["chat.v3", "chat.v1"] });
    expect(any.socket.protocol).toBe("chat.v3");
    await any.close();
  });

  it("gives up its port when it is full, and takes it again when there is room", async () => {
    target = await serve({}, { maxSockets: 20 });
    const clients = await Promise.all(Array.from({ length: 20 }, () => Client.open(target.url)));
    const refusedClient = new Client(target.url);
    await until(() => refusedClient.error !== null);
    expect(refusedClient.error?.message).toContain("ECONNREFUSED");
    for (const client of clients.slice(0, 5)) await client.close();
    let again: Client | null = null;
    await until(async () => {
      again = await Client.open(target.url).catch(() => null);
      return again !== null;
    });
    clients[10]?.socket.send("still here");
    await until(() => clients[10]?.got.length === 1);
    for (const client of clients) client.socket.terminate();
  });
});

describe("pages", () => {
  async function call(method: string, path: string, body?: string): Promise<[number, unknown]> {
    const response = await fetch(`${target.httpUrl}${path}`, {
      method,
      ...(body === undefined ? {} : { body }),
    });
    return [response.status, await response.json()];
  }

  it("shows, changes and refuses behaviours", async () => {
    target = await serve({ seed: 5 });
    expect((await call("GET", "/behaviour"))[1]).toMatchObject({ seed: 5 });
    const [status, answer] = await call("PUT", "/behaviour", '{"reply":{"dalay":5}}');
    expect(status).toBe(422);
    expect(answer).toMatchObject({ issues: [{ path: "reply" }] });
    expect((await call("PUT", "/behaviour", "{"))[0]).toBe(400);
    expect((await call("GET", "/behaviour"))[1]).toMatchObject({ seed: 5 });
    expect((await call("PUT", "/behaviour", '{"reply":{"drop":{"count":1}}}'))[0]).toBe(200);
    const client = await Client.open(target.url);
    client.socket.send("one");
    client.socket.send("two");
    await until(() => client.got.length === 1);
    expect(client.texts()).toEqual(["two"]);
    await client.close();
  });

  it("answers wrong paths and methods", async () => {
    target = await serve();
    expect((await call("GET", "/nothing"))[0]).toBe(404);
    expect((await call("DELETE", "/stats"))[0]).toBe(405);
    expect((await call("GET", "/healthz"))[0]).toBe(200);
  });

  it.each([
    [{ host: "evil.example" }, 403],
    [{ host: "evil.example", origin: "http://evil.example" }, 403],
    [{ origin: "http://evil.example" }, 403],
    [{ origin: "null" }, 403],
    [{ host: "target:9001" }, 200],
    [{ host: "target.load.svc.cluster.local" }, 200],
    [{ host: "LOCALHOST:1", origin: "http://localhost:1" }, 200],
    [{ host: "[::1]:1" }, 200],
  ])("is changed by %j: %s", async (headers, status) => {
    target = await serve();
    const statusOf = (method: string, path: string) =>
      new Promise<number | undefined>((resolve, reject) => {
        const asking = request(`${target.httpUrl}${path}`, {
          method,
          headers: { ...headers, "content-length": method === "PUT" ? 2 : 0 },
        });
        asking.on("response", (response) => {
          response.resume();
          resolve(response.statusCode);
        });
        asking.on("error", reject);
        asking.end(method === "PUT" ? "{}" : "");
      });
    expect(await statusOf("PUT", "/behaviour")).toBe(status);
    expect(await statusOf("POST", "/stats/reset")).toBe(status);
    expect(await statusOf("GET", "/stats")).toBe(200);
  });

  it("accepts a body after 100-continue", async () => {
    target = await serve();
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const put = request(`${target.httpUrl}/behaviour`, {
        method: "PUT",
        headers: { expect: "100-continue", "content-length": 2 },
      });
      put.on("continue", () => put.end("{}"));
      put.on("response", (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      put.on("error", reject);
    });
    expect(status).toBe(200);
  });

  it("lists connections and accept times, and counts afresh after a reset", async () => {
    target = await serve();
    const clients = await Promise.all(Array.from({ length: 3 }, () => Client.open(target.url)));
    clients[1]?.socket.send("abc");
    await until(() => clients[1]?.got.length === 1);
    await clients[2]?.close();
    await until(async () => (await target.stats()).open === 2);
    const stats = await target.stats("?perConnection=1&acceptTimes=1");
    const connections = stats["connections"] as {
      open: boolean;
      messagesIn: number;
      bytesIn: number;
    }[];
    expect(connections.length).toBe(3);
    expect(connections.filter(({ open }) => open).length).toBe(2);
    expect(connections.map(({ messagesIn }) => messagesIn).sort()).toEqual([0, 0, 1]);
    const times = stats["acceptTimes"] as { counts: number[]; binMs: number; firstWallMs: number };
    expect(times.counts.reduce((sum, count) => sum + count, 0)).toBe(3);
    expect(Math.abs(times.firstWallMs - Date.now())).toBeLessThan(60_000);
    expect((await target.stats("?perConnection=1&limit=1"))["connections"]).toHaveLength(1);
    expect((await call("POST", "/stats/reset"))[0]).toBe(200);
    expect(await target.stats()).toMatchObject({
      accepted: 0,
      open: 2,
      peakOpen: 2,
      closed: 0,
      messagesIn: 0,
    });
    for (const client of clients.slice(0, 2)) await client.close();
    await until(async () => (await target.stats()).closed === 2);
    expect((await target.stats()).open).toBe(0);
  });
});
