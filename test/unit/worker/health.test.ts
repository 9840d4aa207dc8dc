import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Cgroup } from "../../../shared/cgroup/cgroup.ts";
import { type HealthServer, openHealth } from "../../../worker/health/health-server.ts";
import { notJoined, type WorkerState, whyNotReady } from "../../../worker/health/worker-state.ts";
import { parseExposition } from "../../support/exposition.ts";
import * as trees from "../cgroup/trees.ts";

const JOINED: WorkerState = {
  ...notJoined({ engines: 2, capacity: 5000 }),
  ...{ epoch: 7, silentMs: 300, slicesHeld: 12, connectionsOpen: 345 },
};

let state: WorkerState;
let tree: trees.Tree = {};
let server: HealthServer;
const sockets: Socket[] = [];
const url = (path: string) => `http://127.0.0.1:${server.port}${path}`;

beforeEach(async () => {
  state = JOINED;
  tree = {};
  server = await openHealth({ host: "127.0.0.1", port: 0 }, source());
});

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  server.close();
});

function source() {
  return { state: () => state, cgroup: new Cgroup((path) => tree[path] ?? null) };
}

async function raw(): Promise<Socket> {
  const socket = connect(server.port, "127.0.0.1");
  socket.on("error", () => {});
  sockets.push(socket);
  await once(socket, "connect");
  return socket;
}

/** What the server answers to these bytes until it ends the connection. */
async function answerTo(bytes: string): Promise<string> {
  const socket = await raw();
  let text = "";
  socket.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  socket.write(bytes);
  await once(socket, "close");
  return text;
}

describe("whether a worker is ready", () => {
  it.each([
    ["it waits for the bus", notJoined(JOINED), "not joined: it has no session at the bus"],
    ["the bus answers", JOINED, null],
    ["one renewal was missed", { ...JOINED, silentMs: 3900 }, null],
    ["the bus is away", { ...JOINED, silentMs: 7900 }, "the bus has not answered for 7 s"],
    ["it was asked to leave", { ...JOINED, draining: true }, "draining: it takes nothing more"],
  ] as const)("%s", async (_name, how, why) => {
    expect(whyNotReady(how)).toBe(why);
    state = how;
    const response = await fetch(url("/readyz"));
    expect([response.status, await response.text()]).toEqual(
      why === null ? [200, "ok\n"] : [503, `${why}\n`],
    );
    expect((await fetch(url("/livez"))).status).toBe(200);
  });
});

describe("the metrics of a worker", () => {
  const values = async () => {
    const response = await fetch(url("/metrics"));
    expect(response.headers.get("content-type")).toContain("version=0.0.4");
    const families = parseExposition(await response.text());
    return Object.fromEntries(
      [...families].map(([name, { samples }]) => [name, samples.map(({ value }) => value)]),
    );
  };

  it("are what it holds", async () => {
    expect(await values()).toMatchObject({
      onrush_worker_connections_open: [345],
      onrush_worker_capacity_connections: [5000],
      onrush_worker_slices_held: [12],
      onrush_worker_engines: [2],
      onrush_worker_session_epoch: [7],
      onrush_worker_bus_connected: [1],
      onrush_worker_draining: [0],
    });
  });

  it("say that it has no session, and that it leaves", async () => {
    state = { ...notJoined(JOINED), draining: true };
    expect(await values()).toMatchObject({
      onrush_worker_session_epoch: [0],
      onrush_worker_bus_connected: [0],
      onrush_worker_draining: [1],
    });
  });
});

describe("the metrics of a worker with limits", () => {
  it.each([
    ["version 2", trees.V2_NESTED, [1.5, 0.28, 536_870_912, 310_000_000, 2]],
    ["version 1", trees.V1_CONTAINER, [2, 0.12, 314_572_800, 100_000_000, 4]],
    ["none", {}, []],
  ] as const)("%s", async (_name, limits, values) => {
    tree = limits;
    const families = parseExposition(await (await fetch(url("/metrics"))).text());
    const names = ["cpu_quota_cores", "cpu_throttled_seconds_total", "memory_limit_bytes"];
    const told = [...names, "memory_used_bytes", "oom_kills_total"].flatMap(
      (name) => families.get(`onrush_worker_${name}`)?.samples.map(({ value }) => value) ?? [],
    );
    expect(told).toEqual(values);
  });
});

describe("what strangers may ask of a worker", () => {
  it.each(["POST", "PUT", "DELETE", "OPTIONS"])("%s is refused", async (method) => {
    const response = await fetch(url("/livez"), { method });
    expect(response.status).toBe(405);
    expect(response.headers.get("allow")).toBe("GET, HEAD");
  });

  it("HEAD is answered without a body, another path with 404", async () => {
    const head = await fetch(url("/readyz?x=1"), { method: "HEAD" });
    expect([head.status, await head.text()]).toEqual([200, ""]);
    expect((await fetch(url("/"))).status).toBe(404);
  });

  it("one request per connection", async () => {
    const text = await answerTo("GET /livez HTTP/1.1\r\nHost: a\r\n\r\n".repeat(3));
    expect(text.match(/HTTP\/1\.1 200/g)).toHaveLength(1);
    expect(text).toMatch(/connection: close/i);
  });

  it.each([
    ["a head beyond the bound", `GET /livez HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(9000)}\r\n\r\n`],
    ["no HTTP", "\u0016\u0003\u0001 hello\r\n\r\n"],
  ])("%s ends the connection without an answer", async (_name, bytes) => {
    expect(await answerTo(bytes)).not.toContain("200");
  });

  it("a head that does not end costs five seconds", async () => {
    expect(await answerTo("GET /livez HTTP/1.1\r\nHost: a\r\n")).toBe("");
  }, 60_000);

  it("idle connections cannot keep a probe out: the oldest one loses its place", async () => {
    const first = await raw();
    const closed = once(first, "close");
    for (let count = 0; count < 40; count += 1) await raw();
    await closed;
    expect((await fetch(url("/livez"))).status).toBe(200);
    await expect.poll(() => sockets.filter(({ closed }) => !closed).length).toBeLessThanOrEqual(16);
  });
});

it("an address that is taken is an error of its own", async () => {
  await expect(
    openHealth({ host: "127.0.0.1", port: server.port }, source()),
  ).rejects.toMatchObject({ code: "ONRUSH_ADDRESS_UNUSABLE", exitCode: 98 });
});

it("without a host it listens on all addresses", async () => {
  const everywhere = await openHealth({ host: null, port: 0 }, source());
  try {
    expect((await fetch(`http://127.0.0.1:${everywhere.port}/livez`)).status).toBe(200);
  } finally {
    everywhere.close();
  }
});
