/**
 * What the ipc transport adds to the contract: the door checks what comes in, a broken channel ends in
 * ONRUSH_BUS_CLOSED and never in silence, and a slow reader cannot fill anybody's memory.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { MessageChannel } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import { type Channel, type ProcessPeer, processChannel } from "../../../shared/bus/ipc/channel.ts";
import { IpcClient } from "../../../shared/bus/ipc/ipc-client.ts";
import { serveChannel } from "../../../shared/bus/ipc/ipc-server.ts";
import { MemoryStore } from "../../../shared/bus/memory/store.ts";
import { MemoryBus } from "../../../shared/bus/memory-bus.ts";
import { systemClock } from "../../../shared/time/clock.ts";
import { systemTimers } from "../../../shared/time/timer.ts";
import { portChannel } from "../../support/port-channel.ts";

/** One end of a channel that the test holds in its hands. */
function handChannel() {
  const posted: unknown[] = [];
  let deliver: (message: unknown) => void = () => {};
  let finish: () => void = () => {};
  let open = true;
  const channel: Channel & { writable: boolean } = {
    writable: true,
    post: (message) => {
      if (open) posted.push(message);
      return channel.writable;
    },
    onMessage: (listener) => {
      deliver = listener;
    },
    onClose: (listener) => {
      finish = listener;
    },
    close: () => {
      open = false;
      finish();
    },
  };
  return { channel, posted, deliver: (message: unknown) => deliver(message), isOpen: () => open };
}

const newStore = () => new MemoryStore({ clock: systemClock, timers: systemTimers });
const settled = () => new Promise((resolve) => setTimeout(resolve, 10));

describe("ipc server", () => {
  it.each([
    ["getDocument", [7]],
    ["getDocument", ["x".repeat(513)]],
    ["getDocument", []],
    ["hint", ["tickets", "r"]],
    ["openSession", [null, "nonce"]],
    ["openSession", [{ id: "w" }, "nonce"]],
    ["openSession", ["i".repeat(16 * 1024 + 1), "nonce"]],
    ["openSession", ["info", {}]],
    ["renewSession", [0, "status"]],
    ["renewSession", [1.5, "status"]],
    ["renewSession", [1, { state: "idle" }]],
    ["takeTicket", ["r", -1]],
    ["takeTicket", ["r", Number.POSITIVE_INFINITY]],
    ["takeTicket", ["r", 60_001]],
    ["takeTicket", [7, 10]],
    ["releaseSlice", ["r", -1, 1]],
    ["resumeSession", [1, {}, "nonce"]],
    ["time", [1]],
    ["claimSlice", ["r", 65_536, 1]],
    ["claimSlice", ["r", 0, "1"]],
    ["appendFrame", [{ run: "r", epoch: 1, seq: 0 }, "text"]],
    ["appendFrame", [{ run: "r", epoch: 1, seq: 0 }, [1, 2]]],
    ["appendFrame", [{ run: "r", epoch: 1, seq: -1 }, new Uint8Array(1)]],
    ["appendFrame", [{ run: "r", epoch: 1 }, new Uint8Array(1)]],
    ["appendFrame", [null, new Uint8Array(1)]],
    ["acknowledgedSeq", ["r", 0]],
  ])("refuses %s with %j by an answer, and serves on", async (name, values) => {
    const hand = handChannel();
    serveChannel(newStore(), hand.channel);
    hand.deliver({ type: "call", id: 1, name, values });
    hand.deliver({ type: "call", id: 2, name: "time", values: [] });
    await settled();
    expect(hand.posted).toContainEqual(
      expect.objectContaining({ type: "error", id: 1, code: "ONRUSH_WORKER_FAILED" }),
    );
    expect(hand.posted).toContainEqual(expect.objectContaining({ type: "answer", id: 2 }));
    expect(hand.isOpen()).toBe(true);
  });

  it.each([
    null,
    "text",
    {},
    { type: "call", id: 1, name: "endSession", values: [1] },
    { type: "call", id: 1, name: "constructor", values: [] },
    { type: "call", id: "1", name: "time", values: [] },
    { type: "call", id: 1, name: "time" },
    { type: "answer", id: 1, value: 1 },
  ])("closes the channel on what is no call of a worker: %j", (message) => {
    const hand = handChannel();
    serveChannel(newStore(), hand.channel);
    hand.deliver(message);
    expect(hand.isOpen()).toBe(false);
    expect(hand.posted).toEqual([]);
  });

  it("closes the channel of a client with too many calls under way", async () => {
    const hand = handChannel();
    serveChannel(newStore(), hand.channel);
    for (let id = 1; id <= 1025; id += 1) {
      hand.deliver({ type: "call", id, name: "takeTicket", values: [60_000] });
    }
    expect(hand.isOpen()).toBe(false);
  });

  it("passes operating errors on with their code and remedy", async () => {
    const store = new MemoryStore({
      clock: systemClock,
      timers: systemTimers,
      limits: { sessions: 0 },
    });
    const { port1, port2 } = new MessageChannel();
    serveChannel(store, portChannel(port1));
    const client = new IpcClient(portChannel(port2));
    await expect(client.openSession("info", "n")).rejects.toMatchObject({
      name: "OnrushError",
      code: "ONRUSH_LIMITS_TOO_LOW",
      remedy: expect.stringContaining("End runs"),
    });
    await client.close();
  });

  it("knows the epochs opened over a channel and not closed", async () => {
    const { port1, port2 } = new MessageChannel();
    const opened: number[] = [];
    const served = serveChannel(newStore(), portChannel(port1), {
      onSession: (epoch) => opened.push(epoch),
    });
    const client = new IpcClient(portChannel(port2));
    const first = await client.openSession("info", "a");
    const second = await client.openSession("info", "b");
    await client.closeSession(first);
    expect(opened).toEqual([first, second]);
    expect(served.epochs()).toEqual([second]);
    await client.close();
    expect(served.epochs()).toEqual([second]);
  });

  it("drops hints for a slow reader, and tries again later", async () => {
    const store = newStore();
    const bus = new MemoryBus(store);
    const hand = handChannel();
    serveChannel(store, hand.channel);
    const hints = () => hand.posted.length;
    hand.channel.writable = false;
    for (let sent = 0; sent < 10; sent += 1) await bus.hint("run-changed", "r");
    await settled();
    expect(hints()).toBeGreaterThan(0);
    expect(hints()).toBeLessThan(10);
    hand.channel.writable = true;
    const before = hints();
    for (let sent = 0; sent < 5; sent += 1) await bus.hint("run-changed", "r");
    await settled();
    expect(hints() - before).toBeGreaterThanOrEqual(4);
    await bus.close();
  });
});

describe("ipc client", () => {
  it("rejects at once, with all that waits, when the channel goes", async () => {
    const hand = handChannel();
    const client = new IpcClient(hand.channel);
    const waiting = [client.time(), client.takeTicket("r", 1000), client.getDocument("k")];
    const outcomes = Promise.allSettled(waiting);
    hand.channel.close();
    for (const outcome of await outcomes) {
      expect(outcome).toMatchObject({ reason: { code: "ONRUSH_BUS_CLOSED" } });
    }
    await expect(client.time()).rejects.toMatchObject({ code: "ONRUSH_BUS_CLOSED" });
  });

  it("bounds the calls that wait for an answer", async () => {
    const hand = handChannel();
    const client = new IpcClient(hand.channel);
    const waiting = Array.from({ length: 256 }, () => client.time().catch(() => 0));
    await expect(client.time()).rejects.toMatchObject({ code: "ONRUSH_BUS_UNREACHABLE" });
    hand.deliver({ type: "answer", id: 1, value: 5 });
    expect(await waiting[0]).toBe(5);
    const again = client.time();
    hand.deliver({ type: "answer", id: 257, value: 6 });
    expect(await again).toBe(6);
    hand.channel.close();
    await Promise.all(waiting);
  });

  it("ignores answers nobody waits for", () => {
    const hand = handChannel();
    const client = new IpcClient(hand.channel);
    hand.deliver({ type: "answer", id: 99, value: 1 });
    hand.deliver({ type: "error", id: 98, code: "ONRUSH_USAGE", message: "m", remedy: "" });
    expect(client.kind).toBe("ipc");
  });
});

describe("channel over process IPC", () => {
  const child = () =>
    fork(fileURLToPath(new URL("../../fixtures/relay-child.mjs", import.meta.url)), {
      serialization: "advanced",
      execArgv: [],
    });

  it("carries bytes, null, maps and big messages in order", async () => {
    const process = child();
    const channel = processChannel(process);
    const received: unknown[] = [];
    channel.onMessage((message) => received.push(message));
    const big = new Uint8Array(3_000_000).map((_, index) => index % 251);
    const messages = [null, 1, "ü", new Map([[1, "a"]]), { bytes: big }, { last: true }];
    for (const message of messages) channel.post(message);
    await expect.poll(() => received.length, { timeout: 10_000 }).toBe(messages.length);
    expect(received.slice(0, 4)).toEqual(messages.slice(0, 4));
    const echoed = received[4] as { bytes: Uint8Array };
    expect(Buffer.compare(echoed.bytes, big)).toBe(0);
    const exited = once(process, "exit");
    channel.close();
    expect(channel.post("late")).toBe(false);
    await exited;
  });

  it("closes when the other process is killed, once, also for whoever asks later", async () => {
    const process = child();
    const channel = processChannel(process);
    let closed = 0;
    channel.onClose(() => {
      closed += 1;
    });
    await once(process, "spawn");
    process.kill("SIGKILL");
    await expect.poll(() => closed).toBe(1);
    channel.close();
    expect(closed).toBe(1);
    await new Promise<void>((resolve) => channel.onClose(resolve));
  });

  it("says when the other end is slow, and gives up on one that never reads", () => {
    const callbacks: (() => void)[] = [];
    let disconnected = 0;
    const peer: ProcessPeer = {
      connected: true,
      send: (_message, callback) => callbacks.push(() => callback(null)) > 0,
      disconnect: () => {
        disconnected += 1;
      },
      on: () => {},
      off: () => {},
    };
    const channel = processChannel(peer);
    for (let sent = 0; sent < 512; sent += 1) expect(channel.post(sent)).toBe(true);
    expect(channel.post(512)).toBe(false);
    for (const written of callbacks.splice(0)) written();
    expect(channel.post(513)).toBe(true);
    for (let sent = 0; sent < 20_000; sent += 1) channel.post(sent);
    expect(disconnected).toBe(1);
    expect(callbacks.length).toBeLessThan(17_000);
  });
});
