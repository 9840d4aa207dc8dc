/**
 * Goal: a fault happens to its victims and to nobody else, at its time, and is nobody else's failure. Method: a real engine against a
 * real server that knows each connection by its number; what the server saw is compared with the plan.
 */
import { afterAll, describe, expect, it } from "vitest";
import { buildPopulation } from "../../../shared/load/arrivals.ts";
import { victimsOf } from "../../../shared/load/victims.ts";
import { type FaultWindow, faultWindows } from "../../../shared/scenario/fault-windows.ts";
import {
  CONNECTIONS,
  closeServers,
  countsOf,
  ended,
  fault,
  phaseSums,
  play,
  SECOND,
  TOLERANCE_US,
} from "../../support/fault-run.ts";

afterAll(closeServers);

describe.each(["lean", "ws"] as const)("disconnect, with the %s driver", (driver) => {
  it("resets its victims, all and only them, at its time; they come back, and nobody else is to blame", async () => {
    const done = await play([fault({ offsetUs: SECOND })], { connect: { driver } });
    const { run, seen, at, victims } = done;
    const cut = ended(seen, 2.5 * SECOND, at);
    expect(victims).toHaveLength(CONNECTIONS * 0.3);
    expect(cut.map(({ index }) => index).sort((a, b) => a - b)).toEqual(victims);
    for (const { closedUs, code } of cut) {
      expect(Math.abs(at(closedUs ?? 0) - SECOND)).toBeLessThan(TOLERANCE_US);
      expect(code).toBe(1006);
    }
    expect(run.closes).toEqual({ injected: victims.length, plan: CONNECTIONS });
    expect(run.failures).toEqual([
      { kind: "injected", signature: "disconnect reset", count: victims.length },
    ]);
    const counts = countsOf(done);
    expect(counts).toMatchObject({
      ...{ started: victims.length, completed: victims.length, failed: 0, abandoned: 0 },
      ...{ attempts: victims.length, noticed: 0 },
    });
    const restore = run.histogram("restore");
    expect(restore.count).toBe(victims.length);
    expect(restore.min).toBeGreaterThanOrEqual(100_000);
    // What was missed, and what was cut off, is counted apart.
    const [judged, apart] = [phaseSums(done, false), phaseSums(done, true)];
    expect(judged).toMatchObject({ dropped: 0, reconnects: 0, unanswered: 0, skippedNotOpen: 0 });
    expect(apart["reconnects"]).toBe(victims.length);
    expect(apart["skippedNotOpen"]).toBe(counts["notSent"]);
    expect(counts["notSent"]).toBeGreaterThan(0);
    expect(apart["unanswered"]).toBe(counts["cutOff"]);
    expect(run.counters.planned).toBe(run.counters.sent + run.counters.skippedNotOpen);
  });

  it("closes with a code", async () => {
    const act = { kind: "disconnect", how: "close", code: 3008 } as const;
    const done = await play([fault({ offsetUs: SECOND, act })], { connect: { driver } });
    const cut = ended(done.seen, 2.5 * SECOND, done.at);
    expect(cut.map(({ index }) => index).sort((a, b) => a - b)).toEqual(done.victims);
    expect(new Set(cut.map(({ code }) => code))).toEqual(new Set([3008]));
    expect(done.run.closes).toEqual({ injected: done.victims.length, plan: CONNECTIONS });
    expect(countsOf(done)["completed"]).toBe(done.victims.length);
  });

  it("leaves half-open connections behind, silent until its window is over", async () => {
    const act = { kind: "disconnect", how: "silence", code: 1000 } as const;
    const window = { offsetUs: SECOND, forUs: SECOND };
    const done = await play([fault({ ...window, act })], { connect: { driver } });
    const { seen, at, victims } = done;
    const first = seen.slice(0, CONNECTIONS);
    const left = first.filter(({ index }) => victims.includes(index));
    expect(left).toHaveLength(victims.length);
    for (const { closedUs, code } of left) {
      expect(Math.abs(at(closedUs ?? 0) - 2 * SECOND)).toBeLessThan(TOLERANCE_US);
      expect(code).toBe(1006);
    }
    // Each came back on another connection while the first was still there for the server.
    const back = seen.slice(CONNECTIONS);
    expect(back.map(({ index }) => index).sort((a, b) => a - b)).toEqual(victims);
    for (const { openedUs } of back) expect(at(openedUs)).toBeLessThan(2 * SECOND);
    expect(done.run.closes).toEqual({ injected: victims.length, plan: CONNECTIONS });
  });
});

describe("any kind", () => {
  it("hits nobody who is not open, and again each time it is repeated", async () => {
    const repeated = fault({ offsetUs: SECOND / 2, everyUs: SECOND, times: 2 });
    const done = await play([repeated], {
      connect: { reconnect: { policy: "none", minUs: 0, maxUs: 0, attempts: 0 } },
    });
    const { run, victims, whole, seen, at } = done;
    const second = victimsOf(whole, buildPopulation(whole), faultWindows(whole)[1] as FaultWindow);
    const again = [...Array(CONNECTIONS).keys()].filter((index) => second.has(index));
    const both = new Set([...victims, ...again]);
    expect(both.size).toBeGreaterThan(victims.length);
    expect(run.closes).toEqual({ injected: both.size, plan: CONNECTIONS - both.size });
    expect(countsOf(done)).toMatchObject({
      started: victims.length,
      completed: 0,
      failed: victims.length,
    });
    const late = ended(seen, 2.9 * SECOND, at).filter(({ closedUs }) => at(closedUs ?? 0) > SECOND);
    expect(late.map(({ index }) => index).sort((a, b) => a - b)).toEqual(
      again.filter((index) => !victims.includes(index)),
    );
    // They stay away to the end: all that they miss is the fault's doing.
    expect(phaseSums(done, false)["skippedNotOpen"]).toBe(0);
    expect(phaseSums(done, true)["skippedNotOpen"]).toBeGreaterThan(both.size * 10);
  });

  it("an engine that is stopped in the middle ends what it had left open", async () => {
    const act = { kind: "disconnect", how: "silence", code: 1000 } as const;
    const done = await play([fault({ forUs: 2.9 * SECOND, act })], {}, (engine, runUs) => {
      if (runUs > SECOND) engine.end("stop");
    });
    const { run, seen, victims } = done;
    expect(run.closes).toEqual({ injected: victims.length, stop: CONNECTIONS });
    await expect.poll(() => seen.every(({ closedUs }) => closedUs !== null)).toBe(true);
  });

  it("another worker's victims are not hit here", async () => {
    const victims = { share: 0.5, count: null, role: null, target: null, worker: "elsewhere" };
    const done = await play([fault({ offsetUs: SECOND, victims })]);
    expect(done.run.closes).toEqual({ plan: CONNECTIONS });
    expect(countsOf(done)["started"] ?? 0).toBe(0);
  });
});
