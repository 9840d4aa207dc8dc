/** Goal: failures and healthy connections are told with the clocks they really had. Method: a target that closes what is idle. */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { expect, it } from "vitest";
import { WebSocketServer } from "ws";
import type { StrictScenario } from "../../../shared/scenario/strict.ts";
import type { StrictFault } from "../../../shared/scenario/strict-fault.ts";
import { recentEvents } from "../../../shared/wire/frame/recent-event.ts";
import { runEngine } from "../../support/engine-run.ts";
import { fault } from "../../support/fault-run.ts";
import { echoMessage, messages, scenario } from "../../support/scenario.ts";
import { TurnClock } from "../../support/turn-clock.ts";

const IDLE_MS = 700;
const SECOND = 1_000_000;

/** Two seconds of connections that send no message. */
const QUIET: Partial<StrictScenario> = {
  messages: null,
  phases: [
    {
      ...{ phase: "a", exclude: false, durationUs: 2.2 * SECOND, messageFactor: 1 },
      ...{ ramp: "burst", to: 5 },
    },
  ],
};
const PINGS: Partial<StrictScenario> = {
  flow: {
    ...{ before: [], open: [], close: [] },
    loops: [
      {
        name: "beat",
        steps: [
          { kind: "ping", name: "beat", withinUs: SECOND, onFail: "close" },
          { kind: "wait", wait: { kind: "fixed", meanUs: 100_000 } },
        ],
      },
    ],
  },
};
const FLOOD: Partial<StrictScenario> = {
  faults: [
    fault({
      ...{ phase: 0, offsetUs: 0.3 * SECOND, forUs: 0.3 * SECOND },
      act: { kind: "flood", perSec: 20, factor: 0, bytes: 10 },
      victims: { share: 1, count: null, role: null, target: null, worker: null },
    }),
  ],
};

const UNANSWERED = echoMessage({ reply: { match: "none" } });

function acting(act: StrictFault["act"]): Partial<StrictScenario> {
  const victims = { share: 1, count: null, role: null, target: null, worker: null };
  return { faults: [fault({ phase: 0, forUs: 2.1 * SECOND, act, victims })] };
}

it("a connection closed for being idle was idle for so long; others were not", async () => {
  const clock = new TurnClock();
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await once(server, "listening");
  server.on("connection", (socket) => {
    let last = 0;
    socket.on("message", (data, binary) => {
      const heard = ++last;
      socket.send(data, { binary });
      clock.after(IDLE_MS, () => {
        if (heard === last) socket.close(4002, "idle");
      });
    });
  });
  const { port } = server.address() as AddressInfo;
  const { frames, failures } = await runEngine(
    scenario(`ws://127.0.0.1:${port}/`, {
      phases: [
        {
          ...{ phase: "a", exclude: false, durationUs: 4_000_000, messageFactor: 1 },
          ...{ ramp: "burst", to: 20 },
        },
      ],
      messages: messages({
        rate: { kind: "perConnection", perSec: 1 },
        arrival: "poisson",
        mix: [echoMessage()],
      }),
    }),
    { clock },
  );
  server.close();
  const events = frames.flatMap((frame) => frame.events);
  const closed = events.filter(({ kind }) => kind === "close-code");
  const counted = failures.find(({ kind }) => kind === "close-code")?.count ?? 0;
  expect(counted).toBeGreaterThan(0);
  expect(closed.reduce((sum, { weight }) => sum + weight, 0)).toBe(counted);
  for (const { idleTxMs, ageMs, sent, received, recent, address, signature } of closed) {
    expect(signature).toBe("4002 idle");
    expect(address).toBe("127.0.0.1");
    expect(idleTxMs).toBeGreaterThanOrEqual(IDLE_MS - 1);
    expect(ageMs).toBeGreaterThanOrEqual(idleTxMs ?? 0);
    expect(received).toBe(sent);
    const words = recentEvents(recent).map(({ what }) => what);
    expect(words.slice(-2)).toEqual(["sent-small", "received-small"]);
  }
  const controls = frames.flatMap((frame) => frame.controls);
  expect(controls.length).toBeGreaterThan(5);
  for (const { connection, open, weight, ageMs } of controls) {
    expect(connection).toBeLessThan(20);
    expect(weight).toBeGreaterThanOrEqual(1);
    expect(weight).toBeLessThanOrEqual(open);
    expect(ageMs).not.toBeNull();
  }
  for (const frame of frames) {
    const chosen = frame.controls.map(({ connection }) => connection);
    expect(new Set(chosen).size).toBe(chosen.length);
  }
});

it.each([
  ["of steps", PINGS, 250],
  ["behind what faults have sent", FLOOD, 2000],
])("pings %s, and their pongs, end a connection's idleness", async (_, over, mostMs) => {
  const clock = new TurnClock();
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const { frames } = await runEngine(scenario(`ws://127.0.0.1:${port}/`, { ...QUIET, ...over }), {
    clock,
  });
  server.close();
  const controls = frames.slice(0, 2).flatMap((frame) => frame.controls);
  expect(controls).toHaveLength(10);
  for (const { idleRxMs, idleTxMs, recent } of controls) {
    expect(idleRxMs).toBeLessThan(mostMs);
    expect(idleTxMs).toBeLessThan(mostMs);
    expect(recentEvents(recent).map(({ what }) => what)).toEqual(
      expect.arrayContaining(["ping", "pong"]),
    );
  }
});

it("what a fault injects ends a connection's idleness, and is no message of its own", async () => {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await once(server, "listening");
  server.on("connection", (socket) => {
    let heard = 0;
    socket.on("message", () => {
      if (++heard === 3) socket.close(4003, "enough");
    });
  });
  const { port } = server.address() as AddressInfo;
  const { frames } = await runEngine(scenario(`ws://127.0.0.1:${port}/`, { ...QUIET, ...FLOOD }), {
    clock: new TurnClock(),
  });
  server.close();
  const closed = frames
    .flatMap(({ events }) => events)
    .filter(({ signature }) => signature === "4003 enough");
  expect(closed.length).toBeGreaterThan(0);
  for (const { ageMs, idleTxMs, lastName, lastBytes, recent, sent } of closed) {
    expect(idleTxMs).not.toBeNull();
    // It had sent nothing until the fault began.
    expect(idleTxMs).toBeLessThan((ageMs ?? 0) - 250);
    expect([sent, lastName, lastBytes]).toEqual([0, -1, 10]);
    expect(recentEvents(recent)).toContainEqual(
      expect.objectContaining({ what: "sent-small", name: -1 }),
    );
  }
});

it("the clocks of a closed connection stop at the target's Close, however late its transport ends", async () => {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await once(server, "listening");
  server.on("connection", (socket, request) => {
    let heard = 0;
    socket.on("message", (data, binary) => {
      if (++heard < 3) socket.send(data, { binary });
      else {
        // 4011, and then nothing for longer than connections are ever idle.
        request.socket.write(Buffer.of(0x88, 2, 0x0f, 0xab));
        socket.pause();
        setTimeout(() => request.socket.destroy(), 1500);
      }
    });
  });
  const { port } = server.address() as AddressInfo;
  const { frames } = await runEngine(
    scenario(`ws://127.0.0.1:${port}/`, {
      phases: [
        {
          ...{ phase: "a", exclude: false, durationUs: 4_000_000, messageFactor: 1 },
          ...{ ramp: "burst", to: 5 },
        },
      ],
      messages: messages({
        rate: { kind: "perConnection", perSec: 5 },
        arrival: "poisson",
        mix: [echoMessage()],
      }),
    }),
    { clock: new TurnClock() },
  );
  server.close();
  const closed = frames
    .flatMap(({ events }) => events)
    .filter(({ signature }) => signature === "4011");
  expect(closed.length).toBeGreaterThan(0);
  for (const { idleTxMs, sent } of closed) {
    expect(sent).toBeGreaterThanOrEqual(3);
    expect(idleTxMs).toBeLessThan(1400);
  }
});

/** What connections whose own messages are rare, or none, send because of a fault that lasts all the time. */
const SEND: Readonly<Record<string, Partial<StrictScenario>>> = {
  "a flood of a size of its own": acting({ kind: "flood", perSec: 20, factor: 0, bytes: 10 }),
  "a flood of the mix": {
    ...acting({ kind: "flood", perSec: 20, factor: 0, bytes: null }),
    messages: messages({ rate: { kind: "perConnection", perSec: 0.1 }, mix: [UNANSWERED] }),
  },
  "fragments without end": acting({ kind: "endless-fragments", perSec: 20, bytes: 100 }),
};

it.each(Object.keys(SEND))("%s ends a connection's idleness", async (what) => {
  const clock = new TurnClock();
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await once(server, "listening");
  server.on("connection", (socket) => clock.after(1500, () => socket.close(4002, "enough")));
  const { port } = server.address() as AddressInfo;
  const { frames } = await runEngine(
    scenario(`ws://127.0.0.1:${port}/`, { ...QUIET, ...SEND[what] }),
    { clock },
  );
  server.close();
  const events = frames.flatMap((frame) => frame.events);
  expect(events.reduce((sum, { weight }) => sum + weight, 0)).toBe(5);
  // Twenty a second.
  for (const { idleTxMs } of events) {
    expect(idleTxMs).not.toBeNull();
    expect(idleTxMs).toBeLessThan(250);
  }
});

it("a second that nobody looked at has no sample of it, and what its machine gained is in no second", async () => {
  const clock = new TurnClock();
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  let stoodStill = false;
  const phases = (QUIET.phases ?? []).map((phase) => ({ ...phase, durationUs: 6.2 * SECOND }));
  const { frames } = await runEngine(scenario(`ws://127.0.0.1:${port}/`, { ...QUIET, phases }), {
    clock,
    onTurn: (_, runUs) => {
      if (stoodStill || runUs < 1.3 * SECOND) return;
      stoodStill = true;
      clock.standStill(3 * SECOND);
    },
  });
  server.close();
  const bySecond = frames.map(({ controls }) => controls.length);
  expect(bySecond.slice(0, 6)).toEqual([5, 0, 0, 5, 5, 5]);
  const told = frames.slice(0, 6).map(({ kernel }) => kernel !== undefined);
  expect(told).toEqual([true, false, false, false, true, true].map((is) => is && told[0]));
});
