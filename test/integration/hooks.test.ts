/**
 * Goal: a scenario's hooks do what they say, and what they take or break is theirs. Method: whole runs with real hooks against
 * services of the test's own, which keep the account that summary.json is compared with.
 */
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type RawData, type WebSocket, WebSocketServer } from "ws";
import { endedWell, type Result, runScenario, scratch, startTarget } from "../support/programs.ts";

interface Service extends AsyncDisposable {
  readonly url: string;
}

async function serve(on: {
  message: (socket: WebSocket, data: RawData, binary: boolean) => void;
  open?: (request: IncomingMessage) => void;
}): Promise<Service> {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await once(server, "listening");
  server.on("connection", (socket, request) => {
    on.open?.(request);
    socket.on("error", () => {});
    socket.on("message", (data, binary) => on.message(socket, data, binary));
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `ws://127.0.0.1:${port}/`,
    async [Symbol.asyncDispose]() {
      for (const client of server.clients) client.terminate();
      server.close();
      await once(server, "close");
    },
  };
}

const LOAD = [
  { phase: "open", ramp: "linear", to: 5, over: "500ms", messages: 0 },
  { phase: "steady", hold: "2s" },
];
const SAY = {
  name: "say",
  send: { json: { own: true, id: "{{uuid}}" } },
  reply: { where: "m.id == sent.id", within: "1s" },
};

/** Runs a scenario with these hooks. */
async function runHooks(
  source: string,
  scenario: { readonly target: string; readonly hooks?: object } & Record<string, unknown>,
): Promise<Result & { readonly page: string }> {
  using folder = scratch();
  writeFileSync(join(folder.path, "hooks.js"), source);
  const { hooks, ...rest } = scenario;
  const result = await runScenario(
    {
      ...{ load: LOAD, messages: { rate: "20/s", mix: [SAY] }, ...rest },
      hooks: { file: "hooks.js", ...hooks },
    },
    folder.path,
  );
  const page = join(result.runDirectory, "report.html");
  return { ...result, page: result.summary === null ? "" : readFileSync(page, "utf8") };
}

const echoBack = (socket: WebSocket, data: RawData, binary: boolean) => {
  socket.send(data, { binary });
};

describe("hooks", () => {
  it("sign what is sent, log in ahead, and see what comes", { retry: 1 }, async () => {
    const service = { signed: 0, forged: 0, tokens: new Set<string>(), greeted: 0 };
    await using server = await serve({
      open: ({ url }) =>
        service.tokens.add(new URL(url ?? "", "ws://x").searchParams.get("t") ?? ""),
      message: (socket, data) => {
        const { id, sign } = JSON.parse(String(data)) as { id: string; sign: string };
        const isRight = sign === createHmac("sha256", "a-long-secret-key").update(id).digest("hex");
        service[isRight ? "signed" : "forged"]++;
        socket.send(JSON.stringify({ id }));
      },
    });
    const source = `
      import { createHmac } from "node:crypto";
      let made = 0;
      let heard = 0;
      export async function before(conn) {
        return { token: "t" + conn.index + "." + conn.attempt };
      }
      export async function onOpen(conn) {
        if (conn.token !== "t" + conn.index + "." + conn.attempt) throw new Error("no token");
      }
      export async function payload(conn, name) {
        const id = name + conn.index + "-" + made++;
        return { id, sign: createHmac("sha256", vars.key).update(id).digest("hex") };
      }
      export function onMessage(conn, message) {
        if (typeof JSON.parse(message.text).id !== "string" || message.size !== message.text.length) throw new Error("odd");
        heard++;
      }
      export function onEnd() {}
    `;
    const result = await runHooks(source, {
      target: `${server.url}?t={{conn.token}}`,
      vars: { key: "a-long-secret-key" },
      hooks: { set: ["token"] },
    });
    const { summary } = result;
    expect(endedWell(result), result.stderr).toBe(true);
    expect(service.forged).toBe(0);
    expect([...service.tokens].sort()).toEqual([0, 1, 2, 3, 4].map((index) => `t${index}.0`));
    const { messages, hooks, validity } = summary ?? {};
    expect(validity?.ledger.balanced).toBe(true);
    expect(messages).toMatchObject({ sent: service.signed, matched: service.signed, timedOut: 0 });
    expect(messages?.sent).toBeGreaterThan(100);
    const ended = (calls: number) => ({ calls, completed: calls, failed: 0 });
    expect(hooks?.byFunction).toMatchObject({
      before: ended(5),
      onOpen: ended(5),
      onMessage: ended(service.signed),
      onEnd: ended(5),
    });
    expect(hooks?.byFunction["payload"]?.completed).toBeGreaterThanOrEqual(service.signed);
    expect(result.page).toContain("hooks.js");
  });

  it("send binary messages and texts, or leave a message to its own send", {
    retry: 1,
  }, async () => {
    const came = { binary: 0, text: 0, own: 0 };
    await using server = await serve({
      message: (socket, data, binary) => {
        const text = String(data);
        if (binary) came.binary++;
        else came[text.startsWith("text ") ? "text" : "own"]++;
        socket.send(data, { binary });
      },
    });
    const source = `
      let made = 0;
      export const payload = (conn, name) => {
        if (name === "own") return undefined;
        if (name === "text") return "text " + conn.index + " " + made++;
        const bytes = new Uint8Array(64);
        bytes.set(new TextEncoder().encode(conn.index + " " + made++));
        return bytes;
      };
    `;
    const echo = { match: "echo", within: "1s" };
    const mix = [
      { name: "bytes", send: { binary: { size: 64 } }, reply: echo },
      { name: "text", send: { text: "never sent" }, reply: echo },
      { name: "own", send: { json: { own: "{{uuid}}" } }, reply: echo },
    ];
    const target = server.url;
    const result = await runHooks(source, { target, messages: { rate: "30/s", mix } });
    expect(endedWell(result), result.stderr).toBe(true);
    const byName = result.summary?.messages.byName ?? {};
    expect(came.binary * came.text * came.own).toBeGreaterThan(0);
    expect(byName["bytes"]).toMatchObject({ sent: came.binary, matched: came.binary });
    expect(byName["text"]).toMatchObject({ sent: came.text, matched: came.text });
    expect(byName["own"]).toMatchObject({ sent: came.own, matched: came.own });
  });

  it("that throw make the run invalid with exit code 107, and are no failure of the target", {
    retry: 1,
  }, async () => {
    await using server = await serve({ message: echoBack });
    const source = `
      let made = 0;
      export async function payload(conn) {
        if (++made % 10 === 0) throw new RangeError("the tenth");
        return { id: conn.index + "-" + made };
      }
      export function onOpen(conn) { return { undeclared: 1 }; }
    `;
    const result = await runHooks(source, { target: server.url });
    expect(result.exitCode).toBe(107);
    const { summary } = result;
    expect(summary).toMatchObject({ verdict: "invalid", exitCode: 107 });
    expect(summary?.reason).toMatch(/^\d+ calls of the scenario's hooks failed/);
    const { payload, onOpen } = summary?.hooks?.byFunction ?? {};
    expect(onOpen).toMatchObject({ calls: 5, failed: 5 });
    expect(payload?.failed).toBe(Math.floor((payload?.calls ?? 0) / 10));
    const told = summary?.failures.map(({ kind, signature, count, cause }) => {
      return [kind, signature, count, cause];
    });
    expect(told).toContainEqual([
      ...["hook-failed", expect.stringMatching(/^payload: RangeError: the tenth \(hooks.js:4\)/)],
      ...[payload?.failed, "scenario"],
    ]);
    expect(told).toContainEqual([
      "hook-failed",
      "onOpen: it returned undeclared, which hooks.set does not name",
      5,
      "scenario",
    ]);
    expect(summary?.messages).toMatchObject({ matched: summary?.messages.sent, timedOut: 0 });
  });

  it("whose before() throws connect nothing: no attempt reaches the target", async () => {
    await using target = await startTarget();
    const source = `export async function before() { throw new Error("no token to be had"); }`;
    const { exitCode, summary } = await runHooks(source, { target: target.url });
    expect(exitCode).toBe(107);
    expect(summary?.connections).toMatchObject({
      attempted: 5,
      established: 0,
      failedByKind: { "hook-before": 5 },
    });
    expect((await target.stats()).accepted).toBe(0);
  });

  it("that are too slow have messages skipped, and none sent late", { retry: 1 }, async () => {
    await using server = await serve({ message: echoBack });
    const source = `
      let made = 0;
      export async function payload(conn) {
        await sleep(400);
        return { id: conn.index + "-" + made++ };
      }
    `;
    const { summary } = await runHooks(source, {
      target: server.url,
      messages: { rate: "40/s", mix: [SAY] },
    });
    const { messages, hooks, validity } = summary ?? {};
    expect(validity?.valid).toBe(false);
    const what = `Hooks too slow: they had not made ${hooks?.messagesSkipped} of ${messages?.planned} planned`;
    expect(validity?.reasons.filter((reason) => reason.startsWith(what))).toHaveLength(1);
    expect(hooks?.messagesSkipped).toBeGreaterThan(0);
    expect(messages?.skippedBy.behind).toBeGreaterThanOrEqual(hooks?.messagesSkipped ?? 0);
    // Those that were made went out when they were due: the hook's 400 ms are in no latency.
    expect(messages?.latencyMs?.p50).toBeLessThan(200);
    expect(hooks?.byFunction["payload"]?.tookMs?.p50).toBeGreaterThanOrEqual(399);
  });

  it("that take longer than hooks.timeout fail: 107", async () => {
    await using server = await serve({ message: echoBack });
    const source = `export async function onOpen() { await sleep(2000); }`;
    const { exitCode, summary } = await runHooks(source, {
      target: server.url,
      hooks: { timeout: "100ms" },
    });
    expect(exitCode).toBe(107);
    expect(summary?.failures).toMatchObject([
      { kind: "hook-slow", signature: "onOpen: longer than hooks.timeout", count: 5 },
    ]);
  });

  it.each([
    ["keep their thread for ever", "for (;;) {}", "a function kept it", "100ms"],
    [
      "take all memory",
      "const all = []; for (;;) all.push(new Array(1e6).fill(1));",
      "memory",
      "20s",
    ],
  ])(
    "that %s lose it; the engine and its other messages go on",
    { retry: 1 },
    async (_, body, why, timeout) => {
      await using server = await serve({ message: echoBack });
      const source = `export async function onOpen() { ${body} }`;
      const { exitCode, summary } = await runHooks(source, {
        target: server.url,
        hooks: { timeout },
        load: [LOAD[0], { phase: "steady", hold: "4s" }],
      });
      expect(exitCode).toBe(107);
      expect(summary?.failures.every(({ kind }) => kind === "hook-failed")).toBe(true);
      expect(summary?.failures[0]?.signature).toMatch(`onOpen: their thread has ended: `);
      expect(JSON.stringify(summary?.failures)).toContain(why);
      expect(summary?.hooks?.byFunction["onOpen"]).toMatchObject({ calls: 5, failed: 5 });
      expect(summary?.messages.matched).toBe(summary?.messages.sent);
      expect(summary?.messages.sent).toBeGreaterThan(200);
    },
  );
});

describe("what hooks can reach", () => {
  it.each([
    ["a file system", `import { readFileSync } from "node:fs"; export function onOpen() {}`],
    ["a module of their own", `import "./other.js"; export function onOpen() {}`],
    ["nothing to call", `export const sum = 1;`],
    ["an error in the language", `export function onOpen( {`],
  ])("%s: the run does not begin, and the exit code is 107", async (_, source) => {
    const { exitCode, summary } = await runHooks(source, { target: "ws://127.0.0.1:9/" });
    expect(summary?.started).toBe(false);
    expect(summary?.reason).toContain("The hooks in hooks.js cannot be loaded: ");
    expect(exitCode).toBe(107);
  });

  it("no process, environment, timers, network or eval", async () => {
    await using server = await serve({ message: echoBack });
    const source = `
      const found = ["process", "require", "fetch", "WebSocket", "setTimeout", "globalThis.process"].filter((name) => name in globalThis);
      export function onOpen() {
        if (found.length > 0) throw new Error("found " + found);
        try { eval("1"); } catch { return; }
        throw new Error("eval works");
      }
    `;
    const result = await runHooks(source, { target: server.url });
    expect(endedWell(result), JSON.stringify(result.summary?.failures)).toBe(true);
    expect(result.summary?.hooks?.byFunction["onOpen"]).toMatchObject({ calls: 5, failed: 0 });
  });
});
