/**
 * Goal: a fault that an engine hears of while it runs is done as one it knew from the start, and ends when it is told so. Method: as
 * faults.test.ts; the engine is told between two turns.
 */
import { afterAll, describe, expect, it } from "vitest";
import type { StrictFault } from "../../../shared/scenario/strict-fault.ts";
import type { Engine } from "../../../worker/engine/engine.ts";
import {
  CONNECTIONS,
  closeServers,
  countsOf,
  ended,
  fault,
  outcomesIn,
  phaseSums,
  play,
  SECOND,
  TOLERANCE_US,
} from "../../support/fault-run.ts";

afterAll(closeServers);

/** Tells the engine once each time has come. */
function told(at: Readonly<Record<number, readonly StrictFault[]>>) {
  const due = Object.entries(at).map(([atUs, faults]) => ({ atUs: Number(atUs), faults }));
  return (engine: Engine, runUs: number) => {
    while (due[0] !== undefined && runUs >= due[0].atUs) {
      engine.steer({ steering: [], faults: due[0].faults });
      due.shift();
    }
  };
}

const numbers = (seen: readonly { readonly index: number }[]) =>
  seen.map(({ index }) => index).sort((a, b) => a - b);

describe.each(["lean", "ws"] as const)("a fault that comes later, with the %s driver", (driver) => {
  it("hits whom the same fault would have hit, at its time, under a name of its own", async () => {
    const live = [fault({ offsetUs: SECOND })];
    const over = { connect: { driver } };
    const done = await play([], over, told({ [SECOND / 2]: live }), { live });
    const { run, seen, at, victims } = done;
    const cut = ended(seen, 2.5 * SECOND, at);
    expect(victims).toHaveLength(CONNECTIONS * 0.3);
    expect(numbers(cut)).toEqual(victims);
    for (const { closedUs } of cut) {
      expect(Math.abs(at(closedUs ?? 0) - SECOND)).toBeLessThan(TOLERANCE_US);
    }
    expect(run.closes).toEqual({ injected: victims.length, plan: CONNECTIONS });
    expect(countsOf(done)).toMatchObject({ started: victims.length, completed: victims.length });
    // What was counted before it heard of the fault is there, in its place.
    const [judged, apart] = [phaseSums(done, false), phaseSums(done, true)];
    const attempted = CONNECTIONS + victims.length;
    expect(judged).toMatchObject({ attempted, dropped: 0, reconnects: 0, lost: 0 });
    expect(apart["reconnects"]).toBe(victims.length);
    expect(run.counters.planned).toBe(run.counters.sent + run.counters.skippedNotOpen);
    expect(run.histogram("latency").count).toBe(run.counters.matched);
  });
});

describe("a fault that is ended", () => {
  const ends = (one: StrictFault, endedUs: number) => [{ ...one, endedUs: SECOND + endedUs }];

  it("lets go of those it acts on, at the time it is told", async () => {
    const act = { kind: "stop-reading" } as const;
    const one = fault({ offsetUs: SECOND / 2, forUs: 2.4 * SECOND, act });
    const end = told({ [SECOND]: ends(one, 1.2 * SECOND) });
    const done = await play([one], {}, end);
    const { victims, run } = done;
    expect(countsOf(done)).toMatchObject({ started: victims.length, completed: victims.length });
    // By the plan nobody would have read again before the end of the run.
    expect(run.histogram("restore").count).toBe(victims.length);
    expect(phaseSums(done, true)["received"]).toBeGreaterThan(0);
    expect(phaseSums(done, false)["late"]).toBe(0);
  });

  it("gives up what it left half-open, though it has hit all it wanted", async () => {
    const act = { kind: "disconnect", how: "silence", code: 1000 } as const;
    const one = fault({ offsetUs: SECOND / 2, forUs: 2.4 * SECOND, act });
    const done = await play([one], {}, told({ [SECOND]: ends(one, 1.5 * SECOND) }));
    const left = ended(done.seen, 2.5 * SECOND, done.at);
    expect(numbers(left)).toEqual(done.victims);
    for (const { closedUs } of left) {
      expect(Math.abs(done.at(closedUs ?? 0) - 1.5 * SECOND)).toBeLessThan(TOLERANCE_US);
    }
  });

  it("never begins when its time had not come", async () => {
    const one = fault({ offsetUs: 2 * SECOND });
    const done = await play([one], {}, told({ [SECOND]: ends(one, 1.5 * SECOND) }));
    expect(done.run.closes).toEqual({ plan: CONNECTIONS });
    expect(countsOf(done)).toEqual({});
  });
});

it("handshakes that a later fault has left half sent end when it is ended, and are counted", async () => {
  const act = { kind: "abandoned-handshake", each: 1, holdUs: null } as const;
  const one = fault({ offsetUs: SECOND, forUs: 1.9 * SECOND, act });
  const live = [{ ...one, endedUs: 2.5 * SECOND }];
  const done = await play([], {}, told({ [SECOND / 2]: [one], [1.2 * SECOND]: live }), { live });
  const { requests, victims, at, run } = done;
  const extras = requests.slice(CONNECTIONS);
  expect(extras).toHaveLength(victims.length);
  for (const { beganUs, goneUs } of extras) {
    expect(Math.abs(at(beganUs) - SECOND)).toBeLessThan(TOLERANCE_US);
    expect(Math.abs(at(goneUs ?? 0) - 1.5 * SECOND)).toBeLessThan(TOLERANCE_US);
  }
  expect(outcomesIn(done)).toEqual({ unanswered: victims.length });
  expect(run.closes).toEqual({ plan: CONNECTIONS });
});
