/**
 * Goal: who of a scope gets a pushed message, and when its first, median and last receiver do, is what really happened. Method:
 * a service of the test's own pushes to 20 rooms of 50 and one of 2,000 connections, to each receiver at a time of its own, leaves
 * some out, and keeps account; summary.json of runs on one worker and on four over Redis is compared with it.
 */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import type { Summary } from "../../coordinator/report/summary-schema.ts";
import {
  endedWell,
  type Result,
  runScenario,
  scratch,
  startTarget,
  startWorker,
} from "../support/programs.ts";
import { type BrokerServer, missing, startBroker } from "../support/servers.ts";

const ROOMS = 20;
const ROOM_SIZE = 50;
const HALL_SIZE = 2000;
const MESSAGES = 8;
/** Between receivers of one message, milliseconds. */
const ROOM_STEP_MS = 4;
const HALL_STEP_MS = 0.15;
const CONNECTIONS = ROOMS * ROOM_SIZE + HALL_SIZE;
const TOLERANCE_MS = 2;

/** What a clock that is read in milliseconds cannot tell. */
const CLOCK_MS = 0.5;

interface Sent {
  readonly at: number;
  readonly to: WebSocket;
  readonly text: string;
  readonly message: Message;
}

/** A message as the service knows it. */
interface Message {
  readonly room: string;
  readonly ts: number;
  readonly members: number;
  readonly times: number[];
}

const wallMs = () => performance.timeOrigin + performance.now();

/** Pushes when all are there. @param isLeftOut who does not get a message */
async function fanOut(isLeftOut: (receiver: number, message: number) => boolean) {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await once(server, "listening");
  const rooms = new Map<string, WebSocket[]>();
  const messages: Message[] = [];
  const waiting: Sent[] = [];
  const account = { accepted: 0, delivered: 0, leftOut: 0 };
  const timers = new Set<NodeJS.Timeout>();
  const publish = (room: string, number: number, stepMs: number) => {
    const members = rooms.get(room) ?? [];
    const ts = Math.floor(wallMs());
    const message: Message = { room, ts, members: members.length, times: [] };
    const text = JSON.stringify({ type: "said", room, id: number, ts });
    if (number > 0) messages.push(message);
    for (const [at, to] of members.entries()) {
      if (number > 0 && isLeftOut(at, number)) account.leftOut++;
      else waiting.push({ at: ts + at * stepMs, to, text, message });
    }
    waiting.sort((a, b) => b.at - a.at);
  };
  const pump = setInterval(() => {
    for (let next = waiting.at(-1); next !== undefined && next.at <= wallMs(); ) {
      waiting.pop();
      next.message.times.push(wallMs() - next.message.ts);
      next.to.send(next.text);
      account.delivered++;
      next = waiting.at(-1);
    }
  }, 1);
  timers.add(pump);
  const begin = () => {
    // The first message says who belongs; the others begin two seconds later, when all have it.
    for (const room of rooms.keys()) publish(room, 0, 0.1);
    let turn = 0;
    const each = [...rooms.keys()];
    const beginMs = wallMs() + 2000;
    // By the clock: a machine that was busy catches up, so that all is over before the run is.
    const timer = setInterval(() => {
      for (; beginMs + turn * 40 <= wallMs(); turn++) {
        const room = each[turn % each.length] as string;
        const number = 1 + Math.floor(turn / each.length);
        if (number > MESSAGES) clearInterval(timer);
        if (number > MESSAGES) return;
        publish(room, number, room === "hall" ? HALL_STEP_MS : ROOM_STEP_MS);
      }
    }, 20);
    timers.add(timer);
  };
  server.on("connection", (socket) => {
    socket.on("error", () => {});
    const index = account.accepted++;
    const room = index < ROOMS * ROOM_SIZE ? `room-${index % ROOMS}` : "hall";
    rooms.set(room, [...(rooms.get(room) ?? []), socket]);
    if (account.accepted === CONNECTIONS) timers.add(setTimeout(begin, 500));
  });
  const { port } = server.address() as AddressInfo;
  return {
    ...{ url: `ws://127.0.0.1:${port}/`, account, messages },
    async [Symbol.asyncDispose]() {
      for (const timer of timers) clearInterval(timer);
      for (const client of server.clients) client.terminate();
      server.close();
      await once(server, "close");
    },
  };
}

function scenario(url: string) {
  return {
    target: url,
    load: [
      { phase: "open", ramp: "linear", to: CONNECTIONS, over: "5s" },
      { phase: "pushed", hold: "19s" },
    ],
    listen: [
      { name: "said", where: "m.type == 'said'", sentAt: "m.ts", scope: "m.room", key: "m.id" },
    ],
    thresholds: { push: ["p99 < 10s", "received > 0", "reached > 99%"] },
  };
}

type Reach = NonNullable<Summary["push"][string]["reach"]>;

const SHARES = { p50: 0.5, p75: 0.75, p90: 0.9, p99: 0.99, max: 1 } as const;

/** Of what is told of each message, nearest rank. */
function figureOf(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * share) - 1] ?? 0;
}

/**
 * Nothing is said to have come before it was sent, or later than TOLERANCE_MS after it. A receiver that did not run for a while
 * reads later what has come: beyond the third quartile the worker's own lag, which the summary states, is part of it.
 */
function expectTimes(
  reach: Reach["bySize"][number] | undefined,
  messages: readonly Message[],
  lagMs: number,
) {
  const sent = {
    firstMs: messages.map(({ times }) => Math.min(...times)),
    medianMs: messages.map(({ times }) => figureOf(times, 0.5)),
    lastMs: messages.map(({ times }) => Math.max(...times)),
  };
  for (const [name, values] of Object.entries(sent)) {
    const q = reach?.[name as keyof typeof sent];
    expect(q?.count, name).toBe(messages.length);
    for (const [figure, share] of Object.entries(SHARES) as [keyof typeof SHARES, number][]) {
      const [said, was] = [q?.[figure] ?? 0, figureOf(values, share)];
      const what = `${name} ${figure} ${said}, sent ${was}, worker's lag ${lagMs}`;
      if (process.env["ONRUSH_TEST_ALL"] === "1") console.log(what);
      expect(said, what).toBeGreaterThan(was - CLOCK_MS);
      expect(said, what).toBeLessThan(was + TOLERANCE_MS + (share > 0.75 ? lagMs : 0));
    }
  }
}

async function judge(run: (url: string, folder: string) => Promise<Result>): Promise<void> {
  // Of each message of the hall the last three, of each third of a room the first.
  await using service = await fanOut((receiver, message) =>
    receiver === 0 ? message % 3 === 0 : receiver >= HALL_SIZE - 3,
  );
  using folder = scratch();
  const result = await run(service.url, folder.path);
  const { summary, stderr } = result;
  expect(endedWell(result), stderr).toBe(true);
  const { account, messages } = service;
  expect(account.accepted).toBe(CONNECTIONS);
  expect(messages).toHaveLength(MESSAGES * (ROOMS + 1));
  const said = summary?.push["said"];
  expect(said?.received).toBe(account.delivered);
  expect(summary?.messages.received).toBe(account.delivered);
  expect(said?.scopes.count).toBe(ROOMS + 1);
  const { reach } = said ?? {};
  const members = messages.reduce((sum, one) => sum + one.members, 0);
  expect(reach).toMatchObject({ members, missed: account.leftOut, left: 0, repeated: 0, late: 0 });
  expect(reach?.reached).toBe(members - account.leftOut);
  expect(reach?.unreached[0]?.connections.length).toBeGreaterThan(0);
  const sizes = new Map(reach?.bySize.map((size) => [size.to, size]));
  const [small, large] = [sizes.get(100), sizes.get(10_000)];
  const hall = messages.filter(({ room }) => room === "hall");
  expect(small).toMatchObject({
    messages: MESSAGES * ROOMS,
    members: MESSAGES * ROOMS * ROOM_SIZE,
  });
  expect(large).toMatchObject({ messages: MESSAGES, members: MESSAGES * HALL_SIZE });
  const lagMs = Math.max(...(summary?.workers.map(({ loopLagMs }) => loopLagMs?.max ?? 0) ?? []));
  const rooms = messages.filter(({ room }) => room !== "hall");
  expectTimes(small, rooms, lagMs);
  expectTimes(large, hall, lagMs);
}

// A pause of this shared machine adds its length to somebody's time; a fault of ours adds it every time.
describe("20 rooms of 50 and one of 2,000", { retry: 3 }, () => {
  it.runIf(process.env["ONRUSH_TEST_ALL"] === "1")(
    "are told as the service knows them, by one worker",
    async () => {
      await judge((url, folder) =>
        runScenario(scenario(url), folder, { args: ["--workers", "1"] }),
      );
    },
  );

  const absent = missing("redis");
  let broker: BrokerServer;
  beforeAll(async () => {
    if (absent === null) broker = await startBroker("redis");
  });
  afterAll(() => broker?.stop());

  it.skipIf(absent !== null)("are told as the service knows them, by four over Redis", async () => {
    const workerArgs = (id: string) => ["--engines", "1", "--capacity", "1000", "--id", id];
    await using _a = startWorker(broker.url, workerArgs("a"));
    await using _b = startWorker(broker.url, workerArgs("b"));
    await using _c = startWorker(broker.url, workerArgs("c"));
    await using _d = startWorker(broker.url, workerArgs("d"));
    await judge((url, folder) =>
      runScenario(scenario(url), folder, { args: ["--bus", broker.url, "--workers", "4"] }),
    );
  });
});

describe("the bundled target", () => {
  it("has delivered what is counted as received", async () => {
    await using target = await startTarget();
    using folder = scratch();
    const room = "room-{{conn.index % 4}}";
    const send = (type: string) => ({ json: { type, room, id: "{{uuid}}", text: "hello" } });
    const result = await runScenario(
      {
        target: target.url,
        load: [
          { phase: "open", ramp: "linear", to: 40, over: "1s", messages: 0 },
          { phase: "talk", hold: "4s" },
        ],
        messages: {
          total: "100/s",
          mix: [
            {
              name: "join",
              weight: 8,
              send: send("join"),
              reply: { where: "m.type == 'joined'", within: "2s" },
            },
            {
              name: "say",
              weight: 2,
              send: send("say"),
              reply: { where: "m.id == sent.id", within: "2s" },
            },
          ],
        },
        listen: [{ name: "said", where: "m.type == 'said'", sentAt: "m.ts", scope: "m.room" }],
        thresholds: { "push{name=said}": ["p99 < 10s", "received > 0"] },
      },
      folder.path,
    );
    const { summary, stderr } = result;
    expect(endedWell(result), stderr).toBe(true);
    const stats = await target.stats();
    const said = summary?.push["said"];
    // Every request has one answer; the rest is deliveries.
    expect(said?.received).toBe(stats.messagesOut - stats.messagesIn);
    expect(said?.latencyMs?.count).toBeGreaterThan(0);
    expect(said?.latencyMs?.count).toBeLessThanOrEqual(said?.received ?? 0);
    expect(said?.clockErrorMs).toBe(0.5);
    expect(said?.reach).toBeNull();
    expect(said?.scopes.top.map(({ scope }) => scope).sort()).toEqual(
      [0, 1, 2, 3].map((at) => `room-${at}`),
    );
  });
});
