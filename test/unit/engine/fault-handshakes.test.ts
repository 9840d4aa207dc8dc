/**
 * Goal: handshakes that faults make or alter reach the server, of the victims alone and in their time, and what the server did is
 * counted; the plan's connections go on. Method: a real engine against a server of the ws package that sees every transport.
 */
import { afterAll, describe, expect, it } from "vitest";
import type { Malformation } from "../../../shared/scenario/sections/faults/malformation.ts";
import {
  CONNECTIONS,
  closeServers,
  countsOf,
  DRIVERS,
  ended,
  fault,
  outcomesIn,
  phaseSums,
  play,
  SECOND,
  TOLERANCE_US,
} from "../../support/fault-run.ts";

afterAll(closeServers);

type Done = Awaited<ReturnType<typeof play>>;

const sorted = (indices: readonly (number | null)[]) =>
  [...indices].map(Number).sort((a, b) => a - b);

/** Of transports that are none of the plan's connections. */
function extrasOf({ requests }: Done) {
  return requests.slice(CONNECTIONS);
}

/** Nothing but what was planned happened to the connections of the plan. */
function expectUndisturbed(done: Done): void {
  const { run, victims } = done;
  expect(run.closes).toEqual({ plan: CONNECTIONS });
  expect(run.failures).toEqual([]);
  expect(run.counters.attempted).toBe(CONNECTIONS);
  expect(countsOf(done)).toMatchObject({ started: victims.length, completed: victims.length });
  expect(phaseSums(done, false)).toMatchObject({ failed: 0, dropped: 0, unanswered: 0 });
}

const ANSWERS: readonly [Malformation, string][] = [
  ["wrong-version", "status400"],
  ["missing-key", "status400"],
  ["bad-key", "status400"],
  ["duplicate-key", "status400"],
  ["bad-upgrade", "status400"],
  ["oversized-header", "status431"],
  ["bad-line", "status400"],
  ["http-1.0", "accepted"],
];

describe.each(DRIVERS)("with the %s driver", (driver) => {
  it("bad-headers: one refused handshake beside each victim, at its time", async () => {
    const act = { kind: "bad-headers", how: "wrong-version" } as const;
    const done = await play([fault({ offsetUs: SECOND, act })], { connect: { driver } });
    const extras = extrasOf(done);
    expect(sorted(extras.map(({ index }) => index))).toEqual(done.victims);
    for (const { askedUs } of extras) {
      expect(Math.abs(done.at(askedUs ?? 0) - SECOND)).toBeLessThan(TOLERANCE_US);
    }
    expect(outcomesIn(done)).toEqual({ status400: done.victims.length });
    expect(done.run.histogram("notice").count).toBe(done.victims.length);
    expect(done.seen).toHaveLength(CONNECTIONS);
    expectUndisturbed(done);
  });

  it("abandoned-handshake: transports without a whole request, until the fault is over", async () => {
    const act = { kind: "abandoned-handshake", each: 2, holdUs: null } as const;
    const done = await play([fault({ offsetUs: SECOND, forUs: SECOND, act })], {
      connect: { driver },
    });
    const extras = extrasOf(done);
    expect(extras).toHaveLength(2 * done.victims.length);
    for (const { index, beganUs, goneUs } of extras) {
      expect(index).toBeNull();
      expect(Math.abs(done.at(beganUs) - SECOND)).toBeLessThan(TOLERANCE_US);
      expect(Math.abs(done.at(goneUs ?? 0) - 2 * SECOND)).toBeLessThan(TOLERANCE_US);
    }
    expect(outcomesIn(done)).toEqual({ unanswered: 2 * done.victims.length });
    expectUndisturbed(done);
  });

  it("handshake-flood: so many a second in all, with the victims' requests, and none afterwards", async () => {
    const act = { kind: "handshake-flood", perSec: 100 } as const;
    const done = await play([fault({ offsetUs: SECOND, forUs: SECOND, act })], {
      connect: { driver },
    });
    const extras = extrasOf(done);
    expect(Math.abs(extras.length - 100)).toBeLessThanOrEqual(done.victims.length);
    expect(sorted([...new Set(extras.map(({ index }) => index))])).toEqual(done.victims);
    for (const { beganUs } of extras) {
      expect(done.at(beganUs)).toBeGreaterThan(SECOND - TOLERANCE_US);
      expect(done.at(beganUs)).toBeLessThan(2 * SECOND + TOLERANCE_US);
    }
    // What was asked for just before the end may not have its answer by then.
    const { accepted = 0, unanswered = 0, ...others } = outcomesIn(done);
    expect(others).toEqual({});
    expect(accepted + unanswered).toBe(extras.length);
    const last = extras.filter(({ beganUs }) => done.at(beganUs) > 2 * SECOND - TOLERANCE_US);
    expect(unanswered).toBeLessThanOrEqual(last.length);
    const beside = done.seen.slice(CONNECTIONS);
    expect(beside.filter(({ code }) => code !== 1000).length).toBeLessThanOrEqual(unanswered);
    expectUndisturbed(done);
  });

  it("duplicate-login: a second connection beside each victim, left alone by a server that allows both", async () => {
    const act = { kind: "duplicate-login" } as const;
    const done = await play([fault({ offsetUs: SECOND, forUs: SECOND, act })], {
      connect: { driver },
    });
    const second = done.seen.slice(CONNECTIONS);
    expect(sorted(second.map(({ index }) => index))).toEqual(done.victims);
    for (const { openedUs, closedUs, code, received } of second) {
      expect(Math.abs(done.at(openedUs) - SECOND)).toBeLessThan(TOLERANCE_US);
      expect(Math.abs(done.at(closedUs ?? 0) - 2 * SECOND)).toBeLessThan(TOLERANCE_US);
      expect([code, received]).toEqual([1000, 0]);
    }
    expect(outcomesIn(done)).toEqual({ neitherClosed: done.victims.length });
    expectUndisturbed(done);
  });

  it.each(["first", "second"])("duplicate-login: the server closes the %s", async (which) => {
    const act = { kind: "duplicate-login" } as const;
    const done = await play(
      [fault({ offsetUs: SECOND, forUs: SECOND, act })],
      { connect: { driver } },
      undefined,
      {
        onOpen: (one, seen) => {
          const first = seen.find(({ index, code }) => index === one.index && code === null);
          if (first === one || first === undefined) return;
          (which === "first" ? first : one).socket.close(4409);
        },
      },
    );
    const { victims, run, at } = done;
    expect(outcomesIn(done)).toEqual({ [`${which}Closed`]: victims.length });
    expect(run.histogram("notice").max).toBeLessThan(TOLERANCE_US + SECOND);
    const closed = ended(done.seen, 1.9 * SECOND, at).filter(({ code }) => code === 4409);
    expect([...new Set(sorted(closed.map(({ index }) => index)))]).toEqual(victims);
    // What comes of it is the fault's doing.
    expect(phaseSums(done, false)).toMatchObject({ failed: 0, dropped: 0, unanswered: 0 });
    expect(countsOf(done)).toMatchObject({ started: victims.length, completed: victims.length });
  });

  it("slow-handshake: the requests of those that come back take their time", async () => {
    const act = { kind: "slow-handshake", bytesPerSec: 400 } as const;
    const slow = fault({ offsetUs: SECOND / 2, forUs: 2 * SECOND, act });
    const cut = fault({ name: "cut", offsetUs: SECOND, victims: { ...slow.victims, share: 1 } });
    const done = await play([slow, cut], { connect: { driver } });
    const { victims, run } = done;
    const took = new Map(
      extrasOf(done).map(({ index, beganUs, askedUs }) => [index, (askedUs ?? 0) - beganUs]),
    );
    expect(took.size).toBe(CONNECTIONS);
    for (const [index, us] of took) {
      // More than a hundred bytes.
      if (victims.includes(Number(index))) expect(us).toBeGreaterThan(SECOND / 4);
      else expect(us).toBeLessThan(SECOND / 4);
    }
    expect(outcomesIn(done)).toEqual({ accepted: victims.length });
    expect(run.histogram("notice").min).toBeGreaterThan(SECOND / 4);
    expect(countsOf(done)).toMatchObject({ started: victims.length, completed: victims.length });
    expect(phaseSums(done, false)).toMatchObject({ failed: 0, dropped: 0, reconnects: 0 });
    expect(run.closes).toEqual({ injected: CONNECTIONS, plan: CONNECTIONS });
  });

  it("stale-token: those that come back carry the given value, in the query", async () => {
    const act = { kind: "stale-token", value: "7", header: null, query: "i" } as const;
    const stale = fault({ offsetUs: SECOND / 2, forUs: SECOND, act });
    const cut = fault({ name: "cut", offsetUs: SECOND, victims: { ...stale.victims, share: 1 } });
    const done = await play([stale, cut], { connect: { driver } });
    const { victims } = done;
    const indices = sorted(extrasOf(done).map(({ index }) => index));
    const others = [...Array(CONNECTIONS).keys()].filter((index) => !victims.includes(index));
    expect(indices).toEqual(sorted([...others, ...victims.map(() => 7)]));
    expect(outcomesIn(done)).toEqual({ accepted: victims.length });
  });
});

it("bad-headers: each way has its answer", async () => {
  const victims = { share: 1, count: 3, role: null, target: null, worker: null };
  const faults = ANSWERS.map(([how], at) => {
    const act = { kind: "bad-headers", how } as const;
    return fault({ name: how, offsetUs: (1 + at / 5) * SECOND, act, victims });
  });
  const done = await play(faults);
  const answers = faults.map(({ name }, at) => [name, outcomesIn(done, at)]);
  expect(answers).toEqual(ANSWERS.map(([how, outcome]) => [how, { [outcome]: 3 }]));
  expectUndisturbed({ ...done, victims: [0, 1, 2] });
});

it("four engines with a part of the plan each hit whom one with all of it hits", async () => {
  const act = { kind: "bad-headers", how: "wrong-version" } as const;
  const faults = [fault({ offsetUs: SECOND, act })];
  const parts = [0, 2, 4, 6].map((shard) =>
    play(faults, {}, undefined, { held: [shard, shard + 1] }),
  );
  const done = await Promise.all(parts);
  const hit = done.map(({ requests, seen }) => requests.slice(seen.length));
  expect(sorted(hit.flat().map(({ index }) => index))).toEqual(done[0]?.victims);
  expect(hit.filter((of) => of.length > 0).length).toBeGreaterThan(1);
});
