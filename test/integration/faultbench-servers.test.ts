/**
 * Goal: the servers of the benchmark speak the protocol and do what a behaviour document says, all in the same way; its path
 * adds what it should. Method: the built programs, ws clients.
 */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { type AddressInfo, connect, createServer } from "node:net";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { type ClientOptions, WebSocket } from "ws";
import { fill, readCases, STRENGTHS } from "../faultbench/case-file.ts";
import { certificateOptions, makeCertificate } from "../faultbench/servers/certificate.ts";
import { SERVER_NAMES } from "../faultbench/servers/names.ts";
import { SERVERS, startBalancer, startPath } from "../faultbench/servers/registry.ts";
import { type RunningServer, startByLines } from "../faultbench/servers/server.ts";
import { marked, markOf } from "../support/process-tree.ts";
import { scratch } from "../support/programs.ts";

const running: RunningServer[] = [];
afterEach(async () => {
  for (const server of running.splice(0).reverse()) await server.stop();
});

async function started(name: (typeof SERVER_NAMES)[number]): Promise<RunningServer> {
  const server = await SERVERS[name].start([]);
  running.push(server);
  return server;
}

async function open(url: string): Promise<WebSocket> {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  await once(socket, "open");
  return socket;
}

async function echo(socket: WebSocket, payload: Buffer | string): Promise<Buffer> {
  const answer = once(socket, "message");
  socket.send(payload);
  const [data] = (await answer) as [Buffer];
  return data;
}

/** The code a connection ends with, or the status of the answer in place of a 101. */
async function ending(socket: WebSocket): Promise<number> {
  return await new Promise((resolve) => {
    socket.on("unexpected-response", (request, { statusCode }) => {
      request.destroy();
      resolve(statusCode ?? 0);
    });
    socket.on("error", () => {});
    socket.on("close", resolve);
  });
}

describe.each(SERVER_NAMES)("%s", (name) => {
  const missing = SERVERS[name].missing();

  it.skipIf(missing !== null)(
    "echoes messages of every size and form, and answers pings",
    async () => {
      const server = await started(name);
      const socket = await open(server.url);
      await server.firstConnection();
      for (const size of [0, 1, 125, 126, 65_535, 65_536, 200_000]) {
        const payload = Buffer.alloc(size, size);
        expect((await echo(socket, payload)).equals(payload)).toBe(true);
      }
      expect((await echo(socket, "ünal ☃")).toString()).toBe("ünal ☃");
      const whole = once(socket, "message");
      socket.send("one ", { fin: false });
      socket.send("message");
      expect(String((await whole)[0])).toBe("one message");
      const pong = once(socket, "pong");
      socket.ping("now");
      expect(String((await pong)[0])).toBe("now");
      const ended = ending(socket);
      socket.close(1000);
      expect(await ended).toBe(1000);
    },
  );

  it.skipIf(missing !== null)("has limits, endings and refusals", async () => {
    const server = await started(name);
    await server.behave({
      cap: { connections: 2, status: 503 },
      limits: { maxMessageBytes: 1000, rate: { perSec: 0.1, burst: 3 } },
    });
    const [first, second] = [await open(server.url), await open(server.url)];
    expect(await ending(new WebSocket(server.url))).toBe(503);
    const tooBig = ending(first);
    first.send(Buffer.alloc(1001));
    expect(await tooBig).toBe(1009);
    const tooFast = ending(second);
    for (const text of ["1", "2", "3", "4"]) second.send(text);
    expect(await tooFast).toBe(1008);
    await server.behave({
      close: [
        { afterMessages: 2, code: 4000 },
        { idleMs: 400, code: 4001 },
      ],
    });
    const [talker, idler] = [await open(server.url), await open(server.url)];
    const [talked, idled] = [ending(talker), ending(idler)];
    for (const text of ["1", "2"]) talker.send(text);
    expect([await talked, await idled]).toEqual([4000, 4001]);
    const lost = ending(await open(server.url));
    await server.behave({ outage: { afterMs: 1, forMs: 300, how: "reset" } });
    expect(await lost).toBe(1006);
    await expect
      .poll(async () => (await open(server.url).catch(() => null)) !== null, { timeout: 30_000 })
      .toBe(true);
  });

  it.skipIf(missing !== null)(
    "takes what cases ask of it, and nothing that it does not know",
    async () => {
      const server = await started(name);
      // The target has a schema, against which cases.test.ts holds each case; here an outage would take its page along.
      const cases = name === "target" ? [] : readCases();
      for (const one of cases.filter(({ servers }) => servers.includes(name))) {
        const [strength] = STRENGTHS.filter((it) => it in one.strengths);
        const trial = { case: one, server: name, strength: strength ?? "strong", seed: 1 };
        await server.behave(fill(trial).behaviour);
      }
      const unknown = { reply: { pool: { size: 1, serviceMs: 1, unheardOf: 1 } } };
      await expect(server.behave(unknown)).rejects.toThrow();
    },
  );

  it.skipIf(missing !== null)("counts messages from the moment a behaviour was set", async () => {
    const server = await started(name);
    const socket = await open(server.url);
    const ended = ending(socket);
    for (const text of ["1", "2", "3"]) await echo(socket, text);
    await server.behave({ close: [{ afterMessages: 2, code: 4000 }] });
    await echo(socket, "4");
    socket.send("5");
    expect(await ended).toBe(4000);
  });

  it.skipIf(missing !== null)("keeps the order of replies that a pause holds back", async () => {
    const server = await started(name);
    const socket = await open(server.url);
    await server.behave({ pause: { everyMs: 1000, forMs: 900, afterMs: 0, mode: "replies" } });
    const sent = Array.from({ length: 300 }, (_, at) => String(at));
    const came: string[] = [];
    socket.on("message", (data) => came.push(String(data)));
    for (const text of sent) {
      socket.send(text);
      if (Number(text) % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 3));
    }
    await expect.poll(() => came.length, { timeout: 10_000 }).toBe(sent.length);
    expect(came).toEqual(sent);
    socket.terminate();
  });

  it.skipIf(missing !== null)("slows one kind of message down, and loses some", async () => {
    const server = await started(name);
    await server.behave({ reply: { slow: { type: "search", every: 1, byMs: 200 } } });
    const socket = await open(server.url);
    const startMs = performance.now();
    const order: string[] = [];
    socket.on("message", (data) => order.push(String(data)));
    socket.send('{"type":"search"}');
    socket.send("beat");
    await expect.poll(() => order).toEqual(["beat", '{"type":"search"}']);
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(199);
    await server.behave({ reply: { drop: { every: 2 } } });
    for (const text of ["a", "b", "c", "d"]) socket.send(text);
    await expect.poll(() => order.slice(2)).toEqual(["b", "d"]);
    socket.terminate();
  });
});

describe.each(["ws", "python"] as const)("%s, as one of several", (name) => {
  const missing = SERVERS[name].missing();
  const named = async (server: string, ...options: string[]) => {
    const started = await SERVERS[name].start(["--name", server, ...options]);
    running.push(started);
    return started;
  };
  /** What the server of a new connection calls itself. */
  const servedBy = async (url: string, options: ClientOptions = {}) => {
    const socket = new WebSocket(url, options);
    const [{ headers }] = (await once(socket, "upgrade")) as [IncomingMessage];
    socket.on("open", () => socket.terminate());
    return headers["x-served-by"];
  };

  it.skipIf(missing !== null)("serves TLS, and says who it is", async () => {
    using folder = scratch();
    const made = makeCertificate(join(folder.path, "tls"), { rsaBits: null, isExpired: false });
    const server = await named("s1", ...certificateOptions(made));
    expect(server.url).toMatch(/^wss:/);
    expect(await servedBy(server.url, { ca: readFileSync(made.cert) })).toBe("s1");
    const old = makeCertificate(join(folder.path, "old"), { rsaBits: 2048, isExpired: true });
    const expired = await named("s2", ...certificateOptions(old));
    const socket = new WebSocket(expired.url, { ca: readFileSync(old.cert) });
    const [error] = (await once(socket, "error")) as [NodeJS.ErrnoException];
    expect(error.code).toBe("CERT_HAS_EXPIRED");
  });

  it.skipIf(missing !== null)("is reached through a balancer, by share or by source", async () => {
    const servers = [await named("s1"), await named("s2")];
    const by = async (shares: readonly number[] | null) => {
      const balancer = await startBalancer(servers, { seed: 1, shares });
      running.push(balancer);
      return balancer.url;
    };
    const seen = async (url: string, options?: ClientOptions) => {
      const all = await Promise.all(Array.from({ length: 12 }, () => servedBy(url, options)));
      return [...new Set(all)].sort();
    };
    expect(await seen(await by([0.5, 0.5]))).toEqual(["s1", "s2"]);
    expect(await seen(await by([0, 1]))).toEqual(["s2"]);
    const bySource = await by(null);
    expect(await seen(bySource, { localAddress: "127.0.0.4" })).toEqual(["s1"]);
    expect(await seen(bySource, { localAddress: "127.0.0.5" })).toEqual(["s2"]);
  });
});

it.runIf(process.platform === "linux")(
  "a server that does not start in time is ended",
  async () => {
    const [[name = "", mark = ""] = []] = Object.entries(markOf(`silent ${process.pid}`));
    const args = [`${name}=${mark}`, process.execPath, "-e", "setInterval(() => {}, 1000)"];
    await expect(startByLines("env", args, 300)).rejects.toThrow("did not start within 0.3 s");
    expect(marked(mark)).toEqual([]);
  },
);

describe("the path", () => {
  it("adds time, and forgets connections on which nothing passed", async () => {
    const path = await startPath([await started("target")]);
    running.push(path);
    const socket = await open(path.url);
    await path.firstConnection();
    await path.behave({ delayMs: 60 });
    await expect
      .poll(async () => {
        const startMs = performance.now();
        await echo(socket, "there and back");
        return performance.now() - startMs;
      })
      .toBeGreaterThanOrEqual(119);
    await path.behave({ idleResetMs: 200 });
    await new Promise((resolve) => setTimeout(resolve, 400));
    const ended = ending(socket);
    socket.send("anybody there?");
    expect(await ended).toBe(1006);
  });

  it("leads to the next server while the first takes no connections, and to none without any", async () => {
    const [first, second] = [await started("target"), await started("ws")];
    const path = await startPath([first, second]);
    running.push(path);
    const socket = await open(path.url);
    const ended = ending(socket);
    await first.stop();
    await ended;
    const other = await open(path.url);
    await second.firstConnection();
    expect((await echo(other, "still there")).toString()).toBe("still there");
    other.terminate();
    await second.stop();
    expect(await ending(new WebSocket(path.url))).toBe(1006);
  });

  it("keeps bytes in order, and the end behind them", async () => {
    const numbers = Buffer.alloc(400_000);
    for (let at = 0; at < numbers.length; at += 4) numbers.writeUInt32BE(at, at);
    const source = createServer(async (socket) => {
      socket.on("error", () => {});
      for (let at = 0; at < numbers.length; at += 1000) {
        socket.write(numbers.subarray(at, at + 1000));
        if (at % 10_000 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
      }
      socket.end();
    });
    source.listen(0, "127.0.0.1");
    await once(source, "listening");
    const { port } = source.address() as AddressInfo;
    const path = await startPath([{ url: `ws://127.0.0.1:${port}` }]);
    running.push(path);
    await path.behave({ delayMs: 20, jitterMs: 5, stallShare: 0.05, stallMs: 30 });
    const socket = connect(Number(new URL(path.url).port), "127.0.0.1");
    const parts: Buffer[] = [];
    socket.on("data", (bytes: Buffer) => parts.push(bytes));
    await once(socket, "end");
    expect(Buffer.concat(parts).equals(numbers)).toBe(true);
    socket.destroy();
    source.close();
  });

  it("lets nothing pass on part of the connections", async () => {
    const path = await startPath([await started("target")]);
    running.push(path);
    const sockets = await Promise.all(Array.from({ length: 20 }, () => open(path.url)));
    await path.behave({ seed: 3, blackholeShare: 0.5 });
    let answered = 0;
    for (const socket of sockets) {
      socket.on("message", () => {
        answered += 1;
      });
      socket.send("x");
    }
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect(answered).toBeGreaterThan(2);
    expect(answered).toBeLessThan(18);
    for (const socket of sockets) socket.terminate();
  });

  it("does what it is to do to connections from some ports alone", async () => {
    const path = await startPath([await started("target")]);
    running.push(path);
    const answered: string[] = [];
    const openNamed = async (name: string) => {
      const socket = new WebSocket(path.url, { perMessageDeflate: false });
      const [response] = (await once(socket, "upgrade")) as [IncomingMessage];
      socket.on("message", () => answered.push(name));
      return { socket, port: response.socket.localPort };
    };
    const [meant, other] = [await openNamed("meant"), await openNamed("other")];
    await path.behave({ mostBytes: 100, ports: [meant.port] });
    for (const { socket } of [meant, other]) socket.send(Buffer.alloc(1000));
    await expect.poll(() => answered).toEqual(["other"]);
    // What is to hold of all holds of both.
    await path.behave({});
    const small = await openNamed("small");
    small.socket.send("x");
    await expect.poll(() => answered).toEqual(["other", "small"]);
    for (const { socket } of [meant, other, small]) socket.terminate();
  });
});
