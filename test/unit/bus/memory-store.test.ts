/**
 * What the memory store adds to the contract: time and waiting come from outside, and everything is bounded.
 * Time is simulated here, so that the exact moments can be judged.
 */
import { beforeEach, describe, expect, it } from "vitest";
import { type MemoryLimits, MemoryStore } from "../../../shared/bus/memory/store.ts";
import { MemoryBus } from "../../../shared/bus/memory-bus.ts";
import type { Clock } from "../../../shared/time/clock.ts";
import { sleep, systemTimers, type Timers } from "../../../shared/time/timer.ts";
import { SEAL_BYTES } from "../../../shared/trust/seal.ts";
import { ticketOf, WORKER_INFO, WORKER_STATUS } from "../../conformance/bus-samples.ts";

/** Time that moves only when it is told to. */
class SimulatedTime implements Clock, Timers {
  #nowMs = 0;
  #queue: { atMs: number; callback: () => void }[] = [];

  monotonicUs(): number {
    return this.#nowMs * 1000;
  }
  wallMs(): number {
    return this.#nowMs;
  }
  after(delayMs: number, callback: () => void): () => void {
    const entry = { atMs: this.#nowMs + delayMs, callback };
    this.#queue.push(entry);
    return () => {
      this.#queue = this.#queue.filter((other) => other !== entry);
    };
  }
  get waiting(): number {
    return this.#queue.length;
  }
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    for (;;) {
      const next = this.#queue
        .filter(({ atMs }) => atMs <= untilMs)
        .sort((a, b) => a.atMs - b.atMs)[0];
      if (next === undefined) break;
      this.#queue = this.#queue.filter((other) => other !== next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.callback();
      await settled();
    }
    this.#nowMs = untilMs;
    await settled();
  }
}

/** Lets everything run that waits for nothing but its turn. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe("memory store", () => {
  let time: SimulatedTime;
  let store: MemoryStore;
  let bus: MemoryBus;

  const setUp = (limits: Partial<MemoryLimits> = {}) => {
    time = new SimulatedTime();
    store = new MemoryStore({ clock: time, timers: time, limits });
    bus = new MemoryBus(store);
  };
  beforeEach(() => setUp());

  it("measures silence by the injected clock", async () => {
    await bus.openSession(WORKER_INFO, "a");
    await time.advance(2500);
    expect((await bus.listSessions())[0]?.silentMs).toBe(2500);
    expect(await bus.time()).toBe(2_500_000);
  });

  it("gives up waiting for a ticket exactly after waitMs and leaves no timer behind", async () => {
    let answer: unknown = "none yet";
    void bus.takeTicket("r", 1000).then((taken) => {
      answer = taken;
    });
    await time.advance(999);
    expect(answer).toBe("none yet");
    await time.advance(1);
    expect(answer).toBeNull();
    expect(time.waiting).toBe(0);
  });

  it("serves takers in the order they came", async () => {
    const order: string[] = [];
    for (const name of ["a", "b", "c"]) {
      void bus
        .takeTicket("r", 1000)
        .then((taken) => order.push(`${name}${taken?.ticket.slice.shard}`));
    }
    for (const shard of [0, 1, 2]) await bus.offerTicket(ticketOf("r", shard));
    await settled();
    expect(order).toEqual(["a0", "b1", "c2"]);
  });

  it("brings an unfinished ticket back exactly after 15 s, to whoever waits, before newer ones", async () => {
    await bus.offerTicket(ticketOf("r", 0));
    await bus.takeTicket("r", 0);
    let came: number | undefined;
    void bus.takeTicket("r", 60_000).then((taken) => {
      came = taken?.ticket.slice.shard;
    });
    await time.advance(14_999);
    expect(came).toBeUndefined();
    await time.advance(1);
    expect(came).toBe(0);
  });

  it("lets a late done() win as long as the ticket has not been given to another", async () => {
    setUp({ ticketVisibilityMs: 1000 });
    await bus.offerTicket(ticketOf("r", 0));
    const late = await bus.takeTicket("r", 0);
    await time.advance(5000);
    await late?.done();
    const taking = bus.takeTicket("r", 10);
    await time.advance(10);
    expect(await taking).toBeNull();
  });

  it("delivers hints outside of the call that sent them", async () => {
    const seen: string[] = [];
    bus.onHint("run-changed", (payload) => seen.push(payload));
    await bus.hint("run-changed", "r");
    expect(seen).toEqual([]);
    await time.advance(0);
    expect(seen).toEqual(["r"]);
  });

  it("delivers no hint after close, and only to sides that are open", async () => {
    const other = new MemoryBus(store);
    const seen: string[] = [];
    bus.onHint("run-changed", () => seen.push("closed"));
    other.onHint("run-changed", () => seen.push("open"));
    await other.hint("run-changed", "r");
    await bus.close();
    await time.advance(0);
    expect(seen).toEqual(["open"]);
  });

  it("bounds sessions, and has room again when one ends", async () => {
    setUp({ sessions: 2 });
    const first = await bus.openSession(WORKER_INFO, "a");
    await bus.openSession(WORKER_INFO, "b");
    await expect(bus.openSession(WORKER_INFO, "c")).rejects.toMatchObject({
      code: "ONRUSH_LIMITS_TOO_LOW",
    });
    expect(await bus.openSession(WORKER_INFO, "b")).toBe(2);
    await bus.endSession(first);
    expect(await bus.openSession(WORKER_INFO, "c")).toBe(3);
  });

  it("bounds runs, documents and tickets", async () => {
    setUp({ runs: 1, documents: 1, ticketsPerRun: 1 });
    await bus.appendFrame({ run: "a", epoch: 1, seq: 0 }, new Uint8Array(1), 0);
    await expect(
      bus.appendFrame({ run: "b", epoch: 1, seq: 0 }, new Uint8Array(1), 0),
    ).rejects.toMatchObject({ code: "ONRUSH_LIMITS_TOO_LOW" });
    const revision = Number(await bus.putDocument("a", 1, 0));
    await expect(bus.putDocument("b", 1, 0)).rejects.toThrow("over 1 documents");
    expect(await bus.putDocument("a", 2, revision)).toBeGreaterThan(revision);
    await bus.offerTicket(ticketOf("a", 0));
    await expect(bus.offerTicket(ticketOf("a", 1))).rejects.toThrow("over 1 tickets");
    expect(await bus.offerTicket(ticketOf("a", 0))).toBe("duplicate");
  });

  it("refuses a frame that no log could take, and takes one that fills an empty log", async () => {
    setUp({ frameBytes: 1000 + SEAL_BYTES, logBytes: 500 });
    await expect(
      bus.appendFrame({ run: "a", epoch: 1, seq: 0 }, new Uint8Array(1001), 0),
    ).rejects.toMatchObject({ code: "ONRUSH_FRAME_INVALID" });
    expect(await bus.appendFrame({ run: "a", epoch: 1, seq: 0 }, new Uint8Array(1000), 0)).toBe(
      "ok",
    );
    expect(await bus.appendFrame({ run: "a", epoch: 1, seq: 1 }, new Uint8Array(1), 0)).toBe(
      "full",
    );
  });

  it("refuses cursors that are not its own", async () => {
    await bus.appendFrame({ run: "a", epoch: 1, seq: 0 }, new Uint8Array(1), 0);
    for (const cursor of ["x", "-1", "1.5", "NaN"]) {
      await expect(bus.readFrames("a", cursor, 1)).rejects.toMatchObject({
        code: "ONRUSH_FRAME_INVALID",
      });
    }
  });

  it("shares no memory with its callers", async () => {
    const body = new Uint8Array([1, 2, 3]);
    await bus.appendFrame({ run: "a", epoch: 1, seq: 0 }, body, 0);
    body[0] = 99;
    const [entry] = await bus.readFrames("a", "", 1);
    expect([...(entry?.body ?? [])]).toEqual([1, 2, 3]);
    entry?.body.fill(0);
    expect([...((await bus.readFrames("a", "", 1))[0]?.body ?? [])]).toEqual([1, 2, 3]);

    const status = { ...WORKER_STATUS };
    const epoch = await bus.openSession(WORKER_INFO, "n");
    await bus.renewSession(epoch, status);
    Object.assign(status, { state: "failed" });
    expect((await bus.listSessions())[0]?.status?.state).toBe("preparing");
  });
});

describe("sleep", () => {
  it("wakes early by its signal and takes its timer along", async () => {
    const time = new SimulatedTime();
    const ending = new AbortController();
    const slept = sleep(time, 10_000, ending.signal);
    expect(time.waiting).toBe(1);
    ending.abort();
    await slept;
    expect(time.waiting).toBe(0);
    await sleep(time, 10_000, ending.signal);
    expect(time.waiting).toBe(0);
  });

  it("wakes by the system's timer", async () => {
    await sleep(systemTimers, 1);
    const cancel = systemTimers.after(5, () => expect.fail("it was cancelled"));
    cancel();
    await sleep(systemTimers, 20);
  });
});
