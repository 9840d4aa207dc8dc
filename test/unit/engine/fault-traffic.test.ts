/**
 * Goal: kinds of faults about what connections send and read do what they say to their victims, for as long as they say, and to nobody
 * else. Method: a real engine against a server of the ws package that keeps when each message of each connection came.
 */
import { afterAll, describe, expect, it } from "vitest";
import {
  arrivedIn,
  CONNECTIONS,
  closeServers,
  countsOf,
  DRIVERS,
  ended,
  fault,
  phaseSums,
  phasesOf,
  play,
  SECOND,
  TOLERANCE_US,
} from "../../support/fault-run.ts";

afterAll(closeServers);

const everybody = { share: 1, count: null, role: null, target: null, worker: null };
const WINDOW = { offsetUs: SECOND, forUs: SECOND };
/** Inside of the window, whatever a turn is late. */
const INSIDE = [SECOND + TOLERANCE_US, 2 * SECOND - TOLERANCE_US] as const;

describe.each(DRIVERS)("with the %s driver", (driver) => {
  it("idle: victims send nothing until it is over, and what they do not send is counted", async () => {
    const done = await play([fault({ ...WINDOW, act: { kind: "idle" } })], {
      connect: { driver, heartbeat: { pingUs: 200_000, timeoutUs: 5 * SECOND } },
    });
    const { seen, at, victims, run } = done;
    for (const one of seen) {
      const isVictim = victims.includes(one.index);
      const many = arrivedIn(one, INSIDE, at);
      if (isVictim) expect(many).toBe(0);
      else expect(Math.abs(many - 8)).toBeLessThanOrEqual(1);
      expect(arrivedIn(one, [2 * SECOND + TOLERANCE_US, 2.9 * SECOND], at)).toBeGreaterThan(0);
    }
    expect(run.closes).toEqual({ plan: CONNECTIONS });
    const counts = countsOf(done);
    expect(counts).toMatchObject({ started: victims.length, completed: victims.length });
    expect(Math.abs((counts["notSent"] ?? 0) - 10 * victims.length)).toBeLessThanOrEqual(
      victims.length,
    );
    expect(phaseSums(done, true)["skippedNotOpen"]).toBe(counts["notSent"]);
    const received = seen.reduce((sum, one) => sum + one.received, 0);
    expect(run.counters.sent).toBe(received);
  });

  it("reconnect-storm: victims are cut, and all are back at once where the policy says never", async () => {
    const act = { kind: "reconnect-storm", spreadUs: 200_000 } as const;
    const done = await play([fault({ offsetUs: SECOND, act })], {
      connect: { driver, reconnect: { policy: "none", minUs: 0, maxUs: 0, attempts: 0 } },
    });
    const { seen, at, victims, run } = done;
    const cut = ended(seen, 2.5 * SECOND, at);
    expect(cut.map(({ index }) => index).sort((a, b) => a - b)).toEqual(victims);
    for (const { closedUs } of cut) {
      expect(Math.abs(at(closedUs ?? 0) - SECOND)).toBeLessThan(TOLERANCE_US);
    }
    const back = seen.slice(CONNECTIONS);
    expect(back.map(({ index }) => index).sort((a, b) => a - b)).toEqual(victims);
    const delays = back.map(({ openedUs }) => at(openedUs) - SECOND);
    expect(Math.max(...delays)).toBeLessThan(200_000 + TOLERANCE_US);
    // Twelve draws from 200 ms: some are early and some late.
    expect(Math.max(...delays) - Math.min(...delays)).toBeGreaterThan(50_000);
    expect(run.closes).toEqual({ injected: victims.length, plan: CONNECTIONS });
    expect(countsOf(done)).toMatchObject({ completed: victims.length, attempts: victims.length });
    expect(phaseSums(done, false)).toMatchObject({ reconnects: 0, dropped: 0 });
  });

  it.each([
    ["of its mix", null],
    ["of a size of its own", 500],
  ])("flood: victims send as many more messages as the rate says, %s", async (_, bytes) => {
    const act = { kind: "flood", perSec: 100, factor: 0, bytes } as const;
    const done = await play([fault({ ...WINDOW, act })], { connect: { driver } });
    const { seen, at, victims, run } = done;
    for (const one of seen) {
      const many = arrivedIn(one, INSIDE, at);
      if (!victims.includes(one.index)) expect(Math.abs(many - 8)).toBeLessThanOrEqual(1);
      else expect(Math.abs(many - 88)).toBeLessThanOrEqual(8);
      const after = arrivedIn(one, [2 * SECOND + TOLERANCE_US, 2.9 * SECOND], at);
      expect(Math.abs(after - 8)).toBeLessThanOrEqual(1);
    }
    const counts = countsOf(done);
    expect(Math.abs((counts["extra"] ?? 0) - 100 * victims.length)).toBeLessThanOrEqual(
      3 * victims.length,
    );
    // All that arrived is the mix's or the flood's, and nothing else is said to have been sent.
    const received = seen.reduce((sum, one) => sum + one.received, 0);
    expect(received).toBe(run.counters.sent + (counts["extra"] ?? 0));
    expect(run.counters.sent).toBe(run.counters.planned);
    expect(counts["completed"]).toBe(victims.length);
    expect(phaseSums(done, false)).toMatchObject({ unsolicited: 0, duplicated: 0, late: 0 });
    expect(run.closes).toEqual({ plan: CONNECTIONS });
  });

  it("flood: so many times what they send anyway", async () => {
    const act = { kind: "flood", perSec: 0, factor: 5, bytes: null } as const;
    const done = await play([fault({ ...WINDOW, act })], { connect: { driver } });
    const { seen, victims } = done;
    const [least, most] = [45 * victims.length, 55 * victims.length];
    const extra = countsOf(done)["extra"] ?? 0;
    expect(extra).toBeGreaterThanOrEqual(least);
    expect(extra).toBeLessThanOrEqual(most);
    expect(extra % 5).toBe(0);
    const received = seen.reduce((sum, one) => sum + one.received, 0);
    expect(received).toBe(done.run.counters.sent + extra);
  });

  it("flood: acts on those that open while it lasts, though nobody was open when it began", async () => {
    const act = { kind: "flood", perSec: 100, factor: 0, bytes: 10 } as const;
    const [, steady] = phasesOf(8);
    if (steady === undefined) throw new Error("no phase");
    const done = await play([fault({ phase: 0, forUs: 2 * SECOND, act, victims: everybody })], {
      connect: { driver },
      phases: [
        {
          ...{ phase: "open", exclude: true, messageFactor: 0, durationUs: SECOND },
          ...{ ramp: "linear", to: 8 },
        },
        steady,
      ],
    });
    const { seen, at } = done;
    expect(seen).toHaveLength(8);
    const seconds = seen.reduce((sum, { openedUs }) => sum + 1 - at(openedUs) / SECOND, 0);
    expect(Math.abs((countsOf(done)["extra"] ?? 0) - 100 * seconds)).toBeLessThanOrEqual(3 * 8);
  });

  it("burst: victims send all of it at once", async () => {
    const act = { kind: "burst", messages: 50, bytes: null } as const;
    const done = await play([fault({ offsetUs: SECOND, act })], { connect: { driver } });
    const { seen, at, victims, run } = done;
    for (const one of seen) {
      const near = arrivedIn(one, [SECOND - 10_000, SECOND + TOLERANCE_US], at);
      if (victims.includes(one.index)) expect(Math.abs(near - 51)).toBeLessThanOrEqual(1);
      else expect(near).toBeLessThanOrEqual(2);
    }
    const counts = countsOf(done);
    expect(counts).toMatchObject({
      ...{ started: victims.length, completed: victims.length },
      extra: 50 * victims.length,
    });
    const received = seen.reduce((sum, one) => sum + one.received, 0);
    expect(received).toBe(run.counters.sent + 50 * victims.length);
    expect(phaseSums(done, false)).toMatchObject({ unsolicited: 0, duplicated: 0, late: 0 });
  });

  it("slow-writer: messages of victims leave as slowly as it says, and the rest when it is over", async () => {
    const act = { kind: "slow-writer", bytesPerSec: 100 } as const;
    const done = await play([fault({ ...WINDOW, act })], { connect: { driver } });
    const { seen, at, victims, run } = done;
    for (const one of seen) {
      const many = arrivedIn(one, INSIDE, at);
      // Frames of 70 bytes, with the driver ws too.
      if (victims.includes(one.index)) expect(many).toBeLessThanOrEqual(2);
      else expect(Math.abs(many - 8)).toBeLessThanOrEqual(1);
    }
    const received = seen.reduce((sum, one) => sum + one.received, 0);
    expect(received).toBe(run.counters.sent);
    expect(run.counters.matched).toBe(run.counters.sent);
    expect(countsOf(done)).toMatchObject({ started: victims.length, completed: victims.length });
    expect(run.closes).toEqual({ plan: CONNECTIONS });
  });

  it.each([
    { kind: "slow-writer", bytesPerSec: 5000 } as const,
    { kind: "slow-reader", bytesPerSec: 5000 } as const,
    { kind: "flood", perSec: 100, factor: 0, bytes: null } as const,
  ])("$kind: victims that the plan closes meanwhile close as planned", async (act) => {
    const long = fault({ offsetUs: SECOND, forUs: 20 * SECOND, act });
    const done = await play([long], { connect: { driver } });
    const { seen, run, victims } = done;
    expect(run.closes).toEqual({ plan: CONNECTIONS });
    await expect.poll(() => seen.map(({ code }) => code)).toEqual(seen.map(() => 1000));
    const received = seen.reduce((sum, one) => sum + one.received, 0);
    expect(received).toBe(run.counters.sent + (countsOf(done)["extra"] ?? 0));
    expect(countsOf(done)).toMatchObject({ started: victims.length, abandoned: victims.length });
  });

  it("slow-reader: what is pushed waits with the server until it is over", async () => {
    const act = { kind: "slow-reader", bytesPerSec: 65_536 } as const;
    const push = Buffer.alloc(2 << 20);
    let kept: number[] = [];
    const sockets = new Set<{ readonly bufferedAmount: number }>();
    const done = await play(
      [fault({ ...WINDOW, act, victims: everybody })],
      { connect: { driver }, phases: phasesOf(2) },
      (_, runUs) => {
        if (runUs < 1.9 * SECOND) kept = [...sockets].map(({ bufferedAmount }) => bufferedAmount);
      },
      {
        onMessage: (socket, data, binary) => {
          sockets.add(socket);
          socket.send(data, { binary });
          socket.send(push);
        },
      },
    );
    expect(kept).toHaveLength(2);
    // Nine messages in, 18 MB for each; the system's own buffers take a part of it.
    for (const bytes of kept) expect(bytes).toBeGreaterThan(1 << 20);
    expect([...sockets].map(({ bufferedAmount }) => bufferedAmount)).toEqual([0, 0]);
    expect(countsOf(done)).toMatchObject({ started: 2, completed: 2 });
    const { received, sent } = done.run.counters;
    expect(received).toBe(2 * sent);
  });
});
