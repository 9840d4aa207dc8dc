/**
 * Goal: a request of a fault is over in its time, whatever answers, and tells what was answered. Method: servers that answer, hang, answer
 * byte by byte, redirect and flood; what they see of the socket says whether it was left behind.
 */
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { httpCall } from "../../../coordinator/outside/http-call.ts";
import { systemTimers } from "../../../shared/time/timer.ts";

const WAIT = { timeout: 30_000, interval: 20 };
const TLS = { ca: null, cert: null, key: null, servername: null, rejectUnauthorized: true };
const LIMIT_MS = 400;
const LONG_MS = 30_000;

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

async function serve(listener: RequestListener) {
  const server = createServer(listener);
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.once("close", () => sockets.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closing.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/do`, sockets };
}

function call(
  url: string,
  over: { limitMs?: number; signal?: AbortSignal; status?: number[] } = {},
) {
  const { limitMs = LONG_MS, signal = new AbortController().signal, status = [] } = over;
  const asked = { method: "POST", url, headers: [["x-a", "b"]], body: "body", status } as const;
  return httpCall(asked, { tls: TLS, allowed: [], limitMs, timers: systemTimers, signal });
}

describe("a request of a fault", () => {
  it("sends what it is to send, and tells what was answered, on one line", async () => {
    const seen: string[] = [];
    const { url } = await serve((request, response) => {
      request.on("data", (chunk) =>
        seen.push(`${request.method} ${request.headers["x-a"]} ${chunk}`),
      );
      request.on("end", () => response.writeHead(202).end("one\n\u001b[31mtwo"));
    });
    expect(await call(url)).toEqual({ ok: true, outcome: "HTTP 202 one  [31mtwo" });
    expect(seen).toEqual(["POST b body"]);
    expect(await call(url, { status: [200] })).toMatchObject({ ok: false });
  });

  it.each([
    ["never answers", () => {}],
    [
      "answers byte by byte, without an end",
      (_, response) => {
        response.writeHead(200);
        const timer = setInterval(() => response.write("."), 20);
        closing.push(() => clearInterval(timer));
      },
    ],
  ] satisfies [string, RequestListener][])(
    "is over at its limit when a server %s",
    async (_, listener) => {
      const { url, sockets } = await serve(listener);
      expect(await call(url, { limitMs: LIMIT_MS })).toEqual({
        ok: false,
        outcome: "no answer within 0.4 s",
      });
      await expect.poll(() => sockets.size, WAIT).toBe(0);
    },
  );

  it("is over when it is aborted", async () => {
    const { url, sockets } = await serve(() => {});
    const over = new AbortController();
    const calling = call(url, { signal: over.signal });
    await expect.poll(() => sockets.size, WAIT).toBe(1);
    over.abort();
    expect(await calling).toEqual({ ok: false, outcome: "cut off: the run was over" });
    await expect.poll(() => sockets.size, WAIT).toBe(0);
  });

  it("follows no redirect, and reads no more than it shows of an answer without an end", async () => {
    const asked: string[] = [];
    const { url } = await serve((request, response) => {
      asked.push(request.url ?? "");
      response.writeHead(307, { location: "/elsewhere" });
      const more = () => {
        while (response.write("x".repeat(65_536)));
        response.once("drain", more);
      };
      more();
    });
    const { ok, outcome } = await call(url);
    expect(ok).toBe(false);
    expect(outcome).toMatch(/^HTTP 307 x+…$/);
    expect(outcome.length).toBeLessThanOrEqual(4096);
    expect(asked).toEqual(["/do"]);
  });

  it("goes nowhere that was not allowed, and says what keeps it from going", async () => {
    expect((await call("http://192.0.2.1/")).outcome).toContain("was not allowed by the run");
    expect((await call("http://127.0.0.1:1/")).outcome).toContain("ECONNREFUSED");
  });
});
