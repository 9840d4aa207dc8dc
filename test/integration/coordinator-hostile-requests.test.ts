/**
 * Goal: no request gets by the doors of a coordinator, whatever its bytes are: not past the token, not into another
 * directory, not into another request, and never to an answer that no document has. Method: bytes on a socket, against a
 * coordinator with tokens; its data directory and its log are looked at afterwards.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Coordinator, echoScenario } from "../support/coordinator.ts";
import { oddities } from "../support/odd-requests.ts";
import { onrush, scratch } from "../support/programs.ts";
import { head, lastHead, say } from "../support/raw-http.ts";
import { type BrokerServer, missing, startBroker } from "../support/servers.ts";

const VIEWER = "viewer-token-0123456789";
const OPERATOR = "operator-token-0123456789";
const ADMIN = "admin-token-0123456789";
const RUNS = "/api/v1/runs";
const bearer = (token: string) => `Authorization: Bearer ${token}`;
const absent = missing("redis");

describe.skipIf(absent !== null)("hostile requests to a coordinator", () => {
  let broker: BrokerServer;
  let coordinator: Coordinator;
  const folder = scratch();
  const data = join(folder.path, "data");
  const ask = (bytes: string | Buffer) => say(coordinator.url, bytes);
  const get = (path: string, ...headers: string[]) => ask(lastHead(`GET ${path}`, ...headers));

  beforeAll(async () => {
    broker = await startBroker("redis");
    const file = join(folder.path, "tokens.json");
    const tokens = [
      { name: "vic", role: "viewer", token: VIEWER },
      { name: "opi", role: "operator", token: OPERATOR },
      { name: "ada", role: "admin", token: ADMIN },
    ];
    writeFileSync(file, JSON.stringify({ tokens }), { mode: 0o600 });
    // Beside the data: what somebody who climbs out of it would find.
    for (const name of ["victim", "data"]) mkdirSync(join(folder.path, name));
    writeFileSync(join(folder.path, "victim", "summary.json"), '"treasure"');
    writeFileSync(join(folder.path, "victim", "run.json"), '{"id":"victim"}');
    coordinator = await Coordinator.start({
      ...{ bus: broker.url, data, env: { ONRUSH_TOKENS_FILE: file } },
    });
  });

  afterAll(async () => {
    await coordinator?.kill();
    await broker?.stop();
    folder[Symbol.dispose]();
  });

  describe("without a token", () => {
    it.each([
      "/API/V1/runs",
      "/api/v1/RUNS",
      "/api/v1/runs/",
      "/api/v1/runs;a=b",
      "/api/v1/runs%2f",
      "/api/v1/runs%20",
      "/api/v1/runs%00",
      "/api//v1/runs",
      "//api/v1/runs",
      "/api/v1/./runs",
      "/api/v1/x/../runs",
      "/docs/../api/v1/runs",
      "/docs/%2e%2e/api/v1/runs",
      "/docs/..%2fapi/v1/runs",
      "/docs/static/../../api/v1/runs",
      "/docs/;/../api/v1/runs",
      "/livez/../api/v1/runs",
      "/livez;/api/v1/runs",
      "/%61pi/v1/runs",
      "/api/v1/%72uns",
      "\\api\\v1\\runs",
      "http://127.0.0.1/api/v1/runs",
      "http://evil.example/api/v1/runs",
      "/openapi.json",
      "/docs/json",
      "/docs/./json",
      "/docs/yaml",
      "/metrics",
    ])("%s shows nothing", async (path) => {
      for (const method of ["GET", "HEAD", "OPTIONS", "TRACE", "POST", "DELETE", "QUERY", "get"]) {
        const { text, statuses } = await ask(lastHead(`${method} ${path}`));
        expect(statuses, `${method}: ${text}`).toHaveLength(1);
        expect([400, 401, 403, 404, 405], `${method}: ${text}`).toContain(statuses[0]);
        expect(text).not.toMatch(/"runs"|"openapi"|onrush_/);
      }
    });

    const accepts = (token: string) => [
      [`X-Forwarded-User: admin`],
      [`X-Original-URL: /livez`],
      [`X-Rewrite-URL: /livez`],
      [`Cookie: token=${token}; Authorization=Bearer ${token}`],
      [`Proxy-${bearer(token)}`],
      [`Authorization: Basic ${btoa(`ada:${token}`)}`],
      [`Authorization: ${token}`],
      [`Authorization: Bearer ${token},`],
      [`Authorization: Bearer wrong-0123456789, Bearer ${token}`],
      [`Authorization: Bearer\t${token}`],
      [`Authorization: Bearer  ${token}`],
      [`Authorization: Bearer "${token}"`],
      [`Authorization: Bearer ${token}%00`],
      [`Authorization: Bearer ${token}\u00a0x`],
      [`Authorization: Bearer wrong-0123456789`, bearer(token)],
      [`Authorization:`, bearer(token)],
    ];
    it.each(accepts(ADMIN))("headers %j are no token", async (...headers) => {
      const { text, statuses } = await get(RUNS, ...headers);
      expect(statuses, text).toEqual([401]);
      expect(text).not.toContain(ADMIN);
    });

    it.each([
      ["folded", [`Authorization: Bearer`, ` ${ADMIN}`], 400],
      ["with a NUL", [`Authorization: Bearer ${ADMIN}\0`], 400],
      ["of 20 KB", [`Authorization: Bearer ${"a".repeat(20_000)}`], 431],
      ["with a space before its colon", [`Authorization : Bearer ${ADMIN}`], 400],
    ] as const)("a header %s is no request", async (_, headers, status) => {
      const { text, statuses } = await get(RUNS, ...headers);
      expect(statuses, text).toEqual([status]);
      expect(text).toContain("application/problem+json");
    });

    it("a token in the query is none", async () => {
      for (const key of ["token", "access_token", "authorization", "Authorization"]) {
        expect((await get(`${RUNS}?${key}=${ADMIN}`)).statuses).toEqual([401]);
      }
    });
  });

  it.each(["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])(
    "%s is no way to another method",
    async (name) => {
      const run = await coordinator.post<{ id: string }>("/runs", {
        ...{ token: OPERATOR, body: echoScenario("ws://127.0.0.1:9/") },
      });
      const { id } = run.body;
      await coordinator.post(`/runs/${id}/actions/abort`, { token: OPERATOR });
      const path = `${RUNS}/${id}`;
      const { statuses } = await get(path, bearer(ADMIN), `${name}: DELETE`);
      expect(statuses).toEqual([200]);
      expect((await get(path, bearer(VIEWER))).statuses).toEqual([200]);
      const refused = await ask(lastHead(`DELETE ${path}`, bearer(OPERATOR), `${name}: GET`));
      expect(refused.statuses).toEqual([403]);
    },
  );

  describe("a path that climbs", () => {
    const climbs = [
      "..",
      "%2e%2e",
      ".%2e",
      "..%2fvictim",
      "%2e%2e%2fvictim",
      "..%5cvictim",
      "..%252fvictim",
      "x%2f..%2f..%2fvictim",
      "%00",
      "..%00",
      "%zz",
      "%",
      "%c0%ae%c0%ae%c0%afvictim",
      "victim%0d%0aX-Injected:%20y",
      "%2fetc%2fpasswd",
      "a".repeat(600),
      "__proto__",
      "constructor",
      ".",
    ];
    it.each(climbs)("%s leads nowhere", async (id) => {
      const ends = ["", "/summary", "/report.json", "/report.html", "/scenario", "/timeline"];
      for (const end of ends) {
        const { text, statuses } = await get(`${RUNS}/${id}${end}`, bearer(ADMIN));
        expect([400, 404, 414], `${id}${end}: ${text}`).toContain(statuses[0]);
        expect(text).not.toMatch(/treasure|root:|^x-injected/im);
      }
      const deleted = await ask(lastHead(`DELETE ${RUNS}/${id}`, bearer(ADMIN)));
      expect([400, 404, 405, 414], deleted.text).toContain(deleted.statuses[0]);
      expect(readFileSync(join(folder.path, "victim", "summary.json"), "utf8")).toBe('"treasure"');
      expect(readdirSync(folder.path)).toContain("data");
    });

    it.each([
      "/docs/static/../../package.json",
      "/docs/static/%2e%2e/%2e%2e/package.json",
      "/docs/static/..%2f..%2fpackage.json",
      "/docs/static/..%5c..%5cpackage.json",
      "/docs/static/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
      "/docs/static//etc/passwd",
    ])("%s shows no file of the machine", async (path) => {
      const { text, statuses } = await get(path, bearer(ADMIN));
      expect(statuses[0], text).toBeGreaterThanOrEqual(400);
      expect(text).not.toMatch(/root:|"dependencies"/);
    });
  });

  describe("a message whose end two readers would see at different places", () => {
    const inner = head(`DELETE ${RUNS}/victim`, bearer(ADMIN));
    const post = (...headers: string[]) =>
      head("POST /api/v1/scenarios/validate", bearer(VIEWER), ...headers);
    const length = `Content-Length: ${inner.length}`;
    const type = "Content-Type: application/yaml";
    const chunked = "Transfer-Encoding: chunked";
    const cases: readonly (readonly [string, string])[] = [
      ["length and chunks", `${post(type, length, chunked)}0\r\n\r\n${inner}`],
      ["chunks and length", `${post(type, chunked, length)}0\r\n\r\n${inner}`],
      ["a coding nobody knows", `${post(type, "Transfer-Encoding: xchunked")}0\r\n\r\n${inner}`],
      [
        "a coding after chunked",
        `${post(type, "Transfer-Encoding: chunked, identity")}0\r\n\r\n${inner}`,
      ],
      ["a space before the colon", `${post(type, "Transfer-Encoding : chunked")}0\r\n\r\n${inner}`],
      ["two lengths", `${post(type, "Content-Length: 0", length)}${inner}`],
      ["two lengths in one", `${post(type, `Content-Length: 0, ${inner.length}`)}${inner}`],
      ["a negative length", `${post(type, "Content-Length: -1")}${inner}`],
      ["a length with a sign", `${post(type, "Content-Length: +0")}${inner}`],
      ["a length in hexadecimal", `${post(type, "Content-Length: 0x0")}${inner}`],
      ["a length beyond numbers", `${post(type, `Content-Length: ${"9".repeat(30)}`)}${inner}`],
      ["a chunk size that is none", `${post(type, chunked)}zz\r\n\r\n${inner}`],
      ["a chunk size with a sign", `${post(type, chunked)}+0\r\n\r\n${inner}`],
      ["a chunk size beyond numbers", `${post(type, chunked)}${"f".repeat(20)}\r\n\r\n${inner}`],
      ["a chunk that ends with a line feed", `${post(type, chunked)}0\n\n${inner}`],
      ["a header that is folded", `${post(type, "X-A: b", ` ${length}`)}${inner}`],
      ["a line feed alone", `${post(type).replaceAll("\r\n", "\n")}${inner}`],
      ["a carriage return alone", `${post(type, `X-A: b\r${length}`)}${inner}`],
      ["a NUL in a name", `${post(type, `Content-Length\0: 5`)}${inner}`],
    ];
    it.each(cases)("%s: one refusal, and the connection is closed", async (_, bytes) => {
      const { text, statuses } = await ask(bytes);
      expect(statuses, text).toHaveLength(1);
      expect([400, 411, 413, 501], text).toContain(statuses[0]);
      expect(text.toLowerCase()).toContain("connection: close");
    });

    it.each([
      ["HTTP/0.9", "GET /livez\r\n"],
      ["HTTP/2 by prior knowledge", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
      ["TLS", Buffer.from("16030100c8010000c40303", "hex")],
      ["no host", "GET /api/v1/runs HTTP/1.1\r\n\r\n"],
      ["a version nobody knows", "GET / HTTP/9.9\r\nHost: a\r\n\r\n"],
      ["a method nobody knows", lastHead("STEAL /api/v1/runs")],
    ] as const)("%s is refused", async (_, bytes) => {
      const { text, statuses } = await ask(bytes);
      expect(statuses, text).toEqual([400]);
    });

    it.each(["CONNECT example.org:443", "CONNECT 127.0.0.1:6379"])(
      "%s is no tunnel",
      async (line) => {
        const { text, statuses } = await ask(`${lastHead(line)}PING\r\n`);
        expect(statuses.filter((status) => status < 400)).toEqual([]);
        expect(text).not.toContain("PONG");
      },
    );

    it("pipelined requests are answered in their order, each by its own right", async () => {
      const lines = [
        head(`GET ${RUNS}`, bearer(VIEWER)),
        head(`GET ${RUNS}`),
        head(`DELETE ${RUNS}/x`, bearer(VIEWER)),
        lastHead("GET /livez"),
      ];
      expect((await ask(lines.join(""))).statuses).toEqual([200, 401, 403, 200]);
    });

    it("an upgrade is not followed, and what is expected beyond 100-continue is refused", async () => {
      const upgrade = [
        "Connection: Upgrade, HTTP2-Settings",
        "Upgrade: h2c",
        "HTTP2-Settings: AAMA",
      ];
      const h2c = await ask(head(`GET ${RUNS}`, ...upgrade));
      expect(h2c.statuses, h2c.text).toEqual([401]);
      const socket = await ask(
        head(`GET ${RUNS}`, "Connection: close, Upgrade", "Upgrade: websocket"),
      );
      expect(socket.statuses, socket.text).toEqual([401]);
      const expected = await ask(lastHead(`GET ${RUNS}`, "Expect: the-impossible"));
      expect(expected.statuses, expected.text).toEqual([417]);
    });
  });

  it("answers oddities of every route as its description says", async () => {
    type Operations = Record<string, Record<string, { responses: Record<string, unknown> }>>;
    const described = await coordinator.get<{ paths: Operations }>("/openapi.json", {
      token: VIEWER,
    });
    const seen = new Set<number>();
    for (const odd of oddities(Object.entries(described.body.paths), 12)) {
      const { method, path, request } = odd;
      const { text, statuses } = await ask(request(bearer(ADMIN)));
      const what = `${method} ${path}: ${text.slice(0, 1000)}`;
      expect(statuses, what).toHaveLength(1);
      const status = statuses[0] ?? 0;
      seen.add(status);
      expect(status, what).not.toBe(500);
      const problem = text.toLowerCase().includes("content-type: application/problem+json");
      expect(problem || status < 400, what).toBe(true);
    }
    for (const status of [200, 400, 404, 415, 422]) expect(seen).toContain(status);
  });

  it("has written none of it into its log, and still serves", async () => {
    expect(coordinator.log).not.toMatch(/internal error|at .*\.js:\d+/);
    expect((await coordinator.get("/livez")).status).toBe(200);
  });
});

describe.skipIf(absent !== null)("a coordinator without tokens", () => {
  it.each([
    "0.0.0.0:0",
    "[::]:0",
    "192.0.2.2:0",
    "0:0",
    "[::ffff:0.0.0.0]:0",
    "[::ffff:192.0.2.2]:0",
    "example.org:0",
    "127.0.0.1.nip.io:0",
    "*:0",
    ":0",
    "7700",
  ])("does not listen on %s", async (address) => {
    using folder = scratch();
    const bus = ["--bus", "redis://127.0.0.1:9", "--data", folder.path];
    const { exitCode, stderr } = await onrush(["coordinator", ...bus, "--listen", address]);
    expect(exitCode, stderr).toBe(2);
    expect(stderr).toMatch(/--listen|ONRUSH_TOKENS_FILE/);
  });
});
