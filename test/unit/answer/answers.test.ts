/**
 * Goal: a client answers by itself what `answers` says, once a message, with placeholders of the message it answers; and the
 * engine's counts are the server's. Method: a server that pings by messages of its own and notes each answer, on both drivers.
 */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { afterEach, expect, it } from "vitest";
import { WebSocketServer } from "ws";
import { NO_AUDIT } from "../../../shared/scenario/defaults.ts";
import type { StrictAnswer } from "../../../shared/scenario/strict-conversation.ts";
import { NAME_COUNTERS } from "../../../shared/stats/counters.ts";
import { type EngineRun, runEngine } from "../../support/engine-run.ts";
import { scenario } from "../../support/scenario.ts";

const servers: WebSocketServer[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    for (const client of server.clients) client.terminate();
    server.close();
  }
});

interface Served {
  readonly url: string;
  /** What came, by connection. */
  readonly got: string[][];
  sent: number;
}

/** Sends each connection these messages at once. */
async function serve(says: (connection: number) => readonly (string | Buffer)[]): Promise<Served> {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  servers.push(server);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const served: Served = { url: `ws://127.0.0.1:${port}/`, got: [], sent: 0 };
  server.on("connection", (socket) => {
    const mine: string[] = [];
    const messages = says(served.got.push(mine) - 1);
    socket.on("error", () => {});
    socket.on("message", (data) => mine.push(String(data)));
    for (const message of messages) socket.send(message);
    served.sent += messages.length;
  });
  return served;
}

const PONG: StrictAnswer = {
  name: "pong",
  where: "m.type == 'ping'",
  send: { kind: "json", value: { type: "pong", id: "{{m.id}}", of: "{{conn.index}}" } },
};
const ACK: StrictAnswer = {
  name: "ack",
  where: "m.seq > 0 && size < 100",
  send: { kind: "text", text: "ack {{m.seq}} {{size}} {{text}}" },
};

async function run(served: Served, answers: StrictAnswer[], driver: "lean" | "ws" = "lean") {
  const phase = { exclude: false, messageFactor: 1, ramp: "burst" } as const;
  const made = scenario(served.url, {
    connect: { driver },
    phases: [{ phase: "all", durationUs: 600_000, to: 5, ...phase }],
    messages: null,
    integrity: NO_AUDIT,
    answers,
  });
  return runEngine(made);
}

/** Of a name, over all frames. */
function counted({ frames }: EngineRun, name: number, counter: (typeof NAME_COUNTERS)[number]) {
  return frames
    .flatMap(({ names }) => names)
    .filter((row) => row.name === name)
    .reduce((sum, row) => sum + (row.counters[NAME_COUNTERS.indexOf(counter)] ?? 0), 0);
}

it.each(["lean", "ws"] as const)("answers each message once (%s)", async (driver) => {
  const served = await serve((connection) => [
    JSON.stringify({ type: "ping", id: `p-${connection}"\u00e9` }),
    JSON.stringify({ type: "news" }),
    // Of two that are true the first answers.
    JSON.stringify({ type: "ping", id: 7, seq: 1 }),
    JSON.stringify({ type: "x", seq: 2 }),
    JSON.stringify({ type: "ping" }),
    "no JSON at all",
  ]);
  const result = await run(served, [PONG, ACK], driver);
  expect(served.got).toHaveLength(5);
  const indices = served.got.map((mine, connection) => {
    const [first = "", second = "", third, fourth = "", ...rest] = mine;
    const { of } = JSON.parse(first) as { of: number };
    expect(JSON.parse(first)).toEqual({ type: "pong", id: `p-${connection}"\u00e9`, of });
    expect(JSON.parse(second)).toEqual({ type: "pong", id: 7, of });
    expect(third).toBe('ack 2 20 {"type":"x","seq":2}');
    expect(JSON.parse(fourth)).toEqual({ type: "pong", id: null, of });
    expect(rest).toEqual([]);
    return of;
  });
  expect(indices.sort()).toEqual([0, 1, 2, 3, 4]);
  const { counters } = result;
  expect(counters.received).toBe(served.sent);
  expect(counters.recognised).toBe(20);
  expect(counters.unsolicited).toBe(10);
  expect(counters.sent).toBe(20);
  expect(counters.planned).toBe(20);
  expect(counters.expected).toBe(0);
  expect([counted(result, 0, "sent"), counted(result, 1, "sent")]).toEqual([15, 5]);
});

it("does not look at a message that is too large, and says so", async () => {
  const served = await serve(() => [
    JSON.stringify({ type: "ping", id: 1, pad: "x".repeat(1024 ** 2) }),
    JSON.stringify({ type: "ping", id: 2 }),
  ]);
  const result = await run(served, [PONG]);
  expect(served.got.map((mine) => mine.length)).toEqual([1, 1, 1, 1, 1]);
  expect(result.counters.sent).toBe(5);
  expect(result.failures).toEqual([{ kind: "message-unread", signature: "", count: 5 }]);
});

it("gives up on a message that takes too many steps to look at, and says so", async () => {
  const numbers = Array.from({ length: 20_000 }, (_, at) => at);
  const served = await serve(() => [JSON.stringify({ numbers })]);
  const where = "m.numbers.all(one, m.numbers.exists(other, other == one))";
  const result = await run(served, [{ ...PONG, where }]);
  expect(served.got.map((mine) => mine.length)).toEqual([0, 0, 0, 0, 0]);
  expect(result.failures).toEqual([{ kind: "scenario-cost", signature: "pong", count: 5 }]);
});

it("skips and counts what a target that reads nothing leaves no room for", async () => {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  servers.push(server);
  await once(server, "listening");
  let pings = 0;
  server.on("connection", (socket) => {
    socket.on("error", () => {});
    socket.pause();
    for (let at = 0; at < 400; at++) socket.send(JSON.stringify({ type: "ping", id: at }));
    pings += 400;
  });
  const { port } = server.address() as AddressInfo;
  const text = "{{text(65000,65000)}}";
  const { counters } = await run({ url: `ws://127.0.0.1:${port}/`, got: [], sent: 0 }, [
    { ...PONG, send: { kind: "text", text } },
  ]);
  expect(counters.received).toBe(pings);
  expect(counters.planned).toBe(pings);
  expect(counters.skippedBackpressure).toBeGreaterThan(0);
  expect(counters.sent + counters.skippedBackpressure).toBe(pings);
});
