/**
 * Goal: what is no good request is refused in one form, holds nothing, and writes nothing into the log; nobody gets more
 * connections than the server has for clients. Method: the server itself, on a socket, asked with bytes.
 */
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { type AddressInfo, connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { connectionBounds } from "../../../coordinator/http/access/connections.ts";
import { sparingly } from "../../../coordinator/http/error-log.ts";
import { buildServer, type ServerOptions } from "../../../coordinator/http/server.ts";
import { buildStandby } from "../../../coordinator/http/standby.ts";
import { RunArchive } from "../../../coordinator/service/run-archive.ts";
import type { Service } from "../../../coordinator/service/service.ts";
import { createLog } from "../../../shared/log.ts";

type App = Awaited<ReturnType<typeof buildServer>>;
const TOKEN = "viewer-token-0123456789";
const tokens = {
  doubts: [],
  caller: (header: string | undefined) =>
    header === `Bearer ${TOKEN}` ? { name: "v", role: "viewer" as const } : null,
} as unknown as NonNullable<ServerOptions["tokens"]>;

let app: App;
let port = 0;
let folder = "";
const lines: string[] = [];

async function serve(options: Partial<ServerOptions> = {}): Promise<void> {
  folder = await mkdtemp(join(tmpdir(), "onrush-doors-"));
  lines.length = 0;
  app = await buildServer({
    service: {
      archive: new RunArchive(folder),
      entry: () => null,
      entries: [],
      fleet: { waiting: [], sessions: [], trouble: null },
    } as unknown as Service,
    lead: { held: true, standing: async () => "leads" },
    tokens: null,
    local: true,
    log: createLog("c", "info", (line) => lines.push(line)),
    ...options,
  });
  await listen(app);
}

async function listen(server: App): Promise<void> {
  await server.listen({ host: "127.0.0.1", port: 0 });
  port = (server.server.address() as AddressInfo).port;
}

afterEach(async () => {
  await app.close();
  await rm(folder, { recursive: true, force: true });
});

/** Everything the server says until it closes the connection. */
async function talk(text: string, keepSending = ""): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  let said = "";
  socket.on("data", (chunk) => {
    said += chunk.toString("latin1");
  });
  socket.on("error", () => {});
  await once(socket, "connect");
  socket.write(text);
  const drip = keepSending === "" ? null : setInterval(() => socket.write(keepSending), 50);
  await once(socket, "close");
  if (drip !== null) clearInterval(drip);
  return said;
}

const SLOW = "Content-Type: application/yaml\r\nContent-Length: 100000\r\n\r\n";
const head = (line: string, more = "") => `${line} HTTP/1.1\r\nHost: 127.0.0.1\r\n${more}`;

/** The problem of an answer. */
function problemOf(said: string): { status: number; detail: string } {
  const [heads = "", body = ""] = said.split("\r\n\r\n");
  expect(heads.toLowerCase()).toContain("content-type: application/problem+json; charset=utf-8");
  return JSON.parse(body);
}

describe("a body that does not come", () => {
  test.each([
    ["POST /api/v1/scenarios/validate", 401],
    ["POST /api/v1/runs", 401],
    ["GET /api/v1/runs", 401],
    ["POST /no/such/path", 401],
    ["GET /livez", 200],
  ])("of %s: its connection is closed with the answer %s", async (line, status) => {
    await serve({ tokens });
    const said = await talk(head(line, SLOW), "a");
    expect(said).toContain(`HTTP/1.1 ${status} `);
    expect(said.toLowerCase()).toContain("connection: close");
  });

  test("after the limit of requests: closed, too", async () => {
    await serve({ requestsPerMinute: 1 });
    await talk(head("GET /api/v1/runs", "Connection: close\r\n\r\n"));
    const said = await talk(head("POST /api/v1/scenarios/validate", SLOW), "a");
    expect(problemOf(said).status).toBe(429);
    expect(said.toLowerCase()).toContain("retry-after");
  });

  test.each(["the coordinator", "a standby"])(
    "is not waited for longer than a request may take, by %s",
    async (who) => {
      await serve({ tokens, requestMs: 300 });
      if (who === "a standby") {
        await app.close();
        app = buildStandby(() => null);
        await listen(app);
        expect(await talk(head("POST /api/v1/runs", SLOW), "a")).toContain("HTTP/1.1 503 ");
        return;
      }
      const bearer = `Authorization: Bearer ${TOKEN}\r\n`;
      const said = await talk(head("POST /api/v1/scenarios/validate", `${bearer}${SLOW}`), "a");
      expect(problemOf(said)).toMatchObject({ status: 408 });
    },
    20_000,
  );
});

describe("connections", () => {
  test("leave open files to runs, whatever the limit is", () => {
    expect(connectionBounds(90)).toEqual({ all: 26, each: 20 });
    expect(connectionBounds(1024)).toEqual({ all: 768, each: 614 });
    expect(connectionBounds(20_000)).toEqual({ all: 10_000, each: 1000 });
    expect(connectionBounds(10)).toEqual({ all: 8, each: 8 });
  });

  test("beyond those of one address are closed, and make room when they go", async () => {
    await serve({ bounds: { all: 10, each: 3 } });
    const held: Socket[] = [];
    for (let at = 0; at < 3; at++) {
      const socket = connect(port, "127.0.0.1");
      await once(socket, "connect");
      held.push(socket);
    }
    expect(await talk(head("GET /livez", "\r\n"))).toBe("");
    const [first] = held;
    first?.destroy();
    await expect
      .poll(async () => talk(head("GET /livez", "Connection: close\r\n\r\n")), { timeout: 10_000 })
      .toContain("HTTP/1.1 200 ");
    for (const socket of held) socket.destroy();
  });
});

describe("bytes that are held for clients", () => {
  const large = (token: string, length: number) =>
    head(
      "POST /api/v1/scenarios/validate",
      `Authorization: Bearer ${token}\r\nContent-Type: application/yaml\r\nContent-Length: ${length}\r\n\r\n`,
    );

  test("have a bound: large bodies beyond it are refused before they are read, and one client has a share", async () => {
    const others = "another-token-0123456789";
    const known = new Map([TOKEN, others].map((token, at) => [`Bearer ${token}`, `v${at}`]));
    const caller = (header = "") => {
      const name = known.get(header);
      return name === undefined ? null : { name, role: "viewer" as const };
    };
    await serve({ tokens: { doubts: [], caller } as unknown as typeof tokens });
    const held: Socket[] = [];
    const hold = async (token: string) => {
      const socket = connect(port, "127.0.0.1");
      await once(socket, "connect");
      socket.write(large(token, 32 * 1024 * 1024));
      held.push(socket);
    };
    for (let at = 0; at < 4; at++) await hold(TOKEN);
    const refused = () => talk(large(TOKEN, 32 * 1024 * 1024), "a");
    expect(problemOf(await refused()).status).toBe(503);
    const answer = await refused();
    expect(answer.toLowerCase()).toContain("retry-after");
    expect(answer).toContain("ONRUSH_BUSY");
    // One that says no length counts as the largest.
    const chunked = large(TOKEN, 0).replace("Content-Length: 0", "Transfer-Encoding: chunked");
    expect(problemOf(await talk(chunked, "1\r\na\r\n")).status).toBe(503);
    // Too large is too large, whoever else is there; small ones and other clients have their own.
    expect(problemOf(await talk(large(TOKEN, 33 * 1024 * 1024), "a")).status).toBe(413);
    const small = large(TOKEN, 1).replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");
    expect(problemOf(await talk(`${small}x`)).status).toBe(500);
    for (let at = 0; at < 4; at++) await hold(others);
    expect(problemOf(await talk(large(others, 32 * 1024 * 1024), "a")).status).toBe(503);
    for (const socket of held) socket.destroy();
    await expect
      .poll(async () => (await Promise.race([refused(), settled()])).includes("503"), {
        timeout: 10_000,
      })
      .toBe(false);
  }, 30_000);

  const settled = () => new Promise<string>((resolve) => setTimeout(() => resolve("taken"), 300));

  test.each(["/api/v1/runs/x/actions/scale", "/api/v1/workers/x/drain"])(
    "are few where no scenario is taken: %s",
    async (url) => {
      await serve();
      const answer = await app.inject({
        ...{ method: "POST", url, payload: "x".repeat(65 * 1024) },
        headers: { host: "127.0.0.1", "content-type": "application/json" },
      });
      expect(answer.statusCode).toBe(413);
    },
  );
});

describe("what is no request", () => {
  test.each([
    ["GARBAGE\r\n\r\n", 400],
    ["GET / HTTP/1.1\r\nHost 127.0.0.1\r\n\r\n", 400],
    [`GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Large: ${"a".repeat(20_000)}\r\n\r\n`, 431],
  ])("%# is refused as a problem", async (text, status) => {
    await serve();
    expect(problemOf(await talk(text)).status).toBe(status);
  });

  test("clients that go before they are answered leave nothing in the log", async () => {
    await serve();
    for (let at = 0; at < 40; at++) {
      const socket = connect(port, "127.0.0.1");
      socket.on("error", () => {});
      await once(socket, "connect");
      socket.write(head("GET /api/v1/runs", "\r\n").repeat(3));
      socket.resetAndDestroy();
    }
    expect(await talk(head("GET /livez", "Connection: close\r\n\r\n"))).toContain("200 OK");
    expect(lines.join("")).toBe("");
  });

  test("a log of errors has a bound, and says what it left out", () => {
    const written: string[] = [];
    let nowUs = 0;
    const clock = { monotonicUs: () => nowUs, wallMs: () => 0 };
    const log = sparingly(
      createLog("c", "info", (line) => written.push(line)),
      clock,
    );
    for (let at = 0; at < 500; at++) log.error("broken");
    expect(written).toHaveLength(20);
    nowUs = 61_000_000;
    log.error("again");
    expect(written.slice(20)).toEqual([
      "c error: 480 more errors in the minute before were not written\n",
      "c error: again\n",
    ]);
  });
});

describe("what no route takes", () => {
  test("a method that brings no type: 405, too", async () => {
    await serve();
    const said = await talk(head("QUERY /api/v1/runs", "Connection: close\r\n\r\n"));
    expect(problemOf(said).status).toBe(405);
    expect(said.toLowerCase()).toContain("allow: get, head, post");
  });

  const ask = (method: string, url: string, headers: Record<string, string> = {}) =>
    app.inject({ method: method as "GET", url, headers: { host: "127.0.0.1", ...headers } });

  test.each([
    ["PUT", "/api/v1/runs", "GET, HEAD, POST"],
    ["PATCH", "/api/v1/runs/x", "DELETE, GET, HEAD"],
    ["GET", "/api/v1/runs/x/actions/stop", "POST"],
    ["POST", "/api/v1/workers", "GET, HEAD"],
    ["DELETE", "/livez", "GET, HEAD"],
    ["POST", "/openapi.json", "GET, HEAD"],
    ["OPTIONS", "/api/v1/workers/x/drain", "POST"],
  ])("%s %s is answered with 405 and what is allowed", async (method, url, allow) => {
    await serve();
    const answer = await ask(method, url);
    expect(answer.statusCode, answer.body).toBe(405);
    expect(answer.headers.allow).toBe(allow);
    expect(answer.headers["content-type"]).toContain("application/problem+json");
  });

  test.each(["/api/v1/run", "/api/v1/runs/x/y", "/api/v1//runs", "/nowhere"])(
    "%s is not there, whatever the method",
    async (url) => {
      await serve();
      for (const method of ["GET", "POST", "DELETE"]) {
        expect((await ask(method, url)).statusCode).toBe(404);
      }
    },
  );

  test.each([
    ["POST", "/api/v1/runs?dryrun=1", 'unknown key "dryrun" (did you mean dryRun?)'],
    ["POST", "/api/v1/runs?dryRun=1&worker=2", 'unknown key "worker" (did you mean workers?)'],
    ["POST", "/api/v1/scenarios/validate?dryRun=1", "it takes none"],
    ["GET", "/api/v1/runs?state=done", 'unknown key "state"'],
    ["GET", "/api/v1/runs/x/summary?%00", "unknown key"],
    ["DELETE", "/api/v1/runs/x?dryRun=1", 'unknown key "dryRun"'],
    ["POST", "/api/v1/runs/x/actions/stop?force", 'unknown key "force"'],
    ["GET", "/metrics?a=b", 'unknown key "a"'],
    ["GET", "/openapi.json?__proto__=1", "unknown key"],
  ])("%s %s is refused", async (method, url, detail) => {
    await serve();
    const answer = await ask(method, url, { "content-type": "application/yaml" });
    expect(answer.statusCode, answer.body).toBe(400);
    expect(answer.json().detail).toContain(detail);
  });

  test("probes may bring what they like", async () => {
    await serve();
    expect((await ask("GET", "/livez?verbose")).statusCode).toBe(200);
  });

  test.each([
    ["LOCALHOST", 200],
    ["LocalHost:7700", 200],
    ["localhost.", 200],
    ["a.localhost", 200],
    ["127.0.0.1", 200],
    ["127.1.2.3:80", 200],
    ["[::1]:7700", 200],
    ["[::ffff:127.0.0.1]", 200],
    ["evil.example", 403],
    ["evil#.localhost", 403],
    ["localhost.evil.example", 403],
    ["127.0.0.1.nip.io", 403],
    ["127-0-0-1.rebound.example:7700", 403],
    ["127.0.0.1@evil.example", 403],
    ["evil.example@127.0.0.1", 403],
    ["evil.example:80@127.0.0.1:7700", 403],
    ["localhost, evil.example", 403],
    ["localhost/evil.example", 403],
    ["localhost\\evil.example", 403],
    ["localhost:port", 403],
    ["127.0.0.1:99999", 403],
    ["localhostt", 403],
    ["192.0.2.2", 403],
    ["0.0.0.0:7700", 403],
    ["[::]:7700", 403],
    ["[fe80::1]", 403],
    ["10.0.0.1", 403],
    ["http://localhost", 403],
    ["*", 403],
  ])("under the host name %j: %s", async (host, status) => {
    await serve();
    expect((await ask("GET", "/api/v1/runs", { host })).statusCode).toBe(status);
  });

  test.each([
    ["http://127.0.0.1", 200],
    ["HTTP://127.0.0.1", 200],
    ["http://evil.example", 403],
    ["http://127.0.0.1.evil.example", 403],
    ["http://127.0.0.1:81", 403],
    ["https://127.0.0.1", 403],
    ["http://localhost", 403],
    ["null", 403],
    ["file://", 403],
    ["chrome-extension://abcdef", 403],
    ["", 403],
  ])("from a page of %j: %s, and no header lets it read the answer", async (origin, status) => {
    await serve();
    for (const method of ["GET", "OPTIONS"]) {
      const asked = { origin, "access-control-request-method": "DELETE" };
      const answer = await ask(method, "/api/v1/runs", asked);
      if (method === "GET") expect(answer.statusCode, answer.body).toBe(status);
      else expect(answer.statusCode, answer.body).toBeGreaterThanOrEqual(400);
      const allows = Object.keys(answer.headers).filter((name) =>
        name.startsWith("access-control"),
      );
      expect(allows).toEqual([]);
      expect(answer.headers["cross-origin-resource-policy"]).toBe("same-origin");
      expect(answer.headers["x-content-type-options"]).toBe("nosniff");
    }
    const posted = await app.inject({
      ...{ method: "POST", url: "/api/v1/runs", payload: "version: 1" },
      headers: { host: "127.0.0.1", origin, "content-type": "text/plain" },
    });
    expect(posted.statusCode).toBe(status === 200 ? 415 : 403);
  });

  test.each(["/openapi.json", "/docs/json", "/docs/yaml"])("%s asks for a token", async (url) => {
    await serve({ tokens });
    expect((await ask("GET", url)).statusCode).toBe(401);
    const authorization = `Bearer ${TOKEN}`;
    expect((await ask("GET", url, { authorization })).statusCode).toBe(200);
    expect((await ask("GET", "/docs/")).statusCode).toBe(200);
    const script = await ask("GET", "/docs/static/swagger-initializer.js");
    expect(script.body).toContain("A token of the coordinator");
  });
});

describe("a coordinator that is not certain to lead", () => {
  const ask = (method: "GET" | "POST", url: string) =>
    app.inject({ method, url: `/api/v1${url}`, headers: { host: "127.0.0.1" } });

  test("asks first, and answers nothing when another one leads", async () => {
    let asked = 0;
    const standing = async () => {
      asked++;
      return "lost" as const;
    };
    await serve({ lead: { held: false, standing } });
    for (const [method, url] of [
      ["GET", "/runs"],
      ["POST", "/runs"],
      ["POST", "/runs/x/actions/stop"],
    ] as const) {
      const answer = await ask(method, url);
      expect(answer.statusCode, answer.body).toBe(503);
      expect(answer.json().code).toBe("ONRUSH_COORDINATOR_TAKEN");
      expect(Number(answer.headers["retry-after"])).toBeGreaterThan(0);
    }
    expect(asked).toBe(3);
    const alive = await app.inject({ url: "/livez", headers: { host: "127.0.0.1" } });
    expect(alive.statusCode).toBe(200);
  });

  test("starts nothing while the bus does not answer, and tells what it knows", async () => {
    await serve({ lead: { held: false, standing: async () => "unsure" } });
    expect((await ask("GET", "/runs")).statusCode).toBe(200);
    const answer = await ask("POST", "/runs");
    expect(answer.statusCode).toBe(503);
    expect(answer.json().code).toBe("ONRUSH_BUS_UNREACHABLE");
    expect((await ask("POST", "/runs/x/actions/stop")).statusCode).toBe(404);
  });
});
