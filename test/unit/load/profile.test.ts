/** Goal: the curve of each ramp, and the sessions it implies, by worked examples that can be checked by hand. */
import { describe, expect, it } from "vitest";
import { buildProfile, type Session } from "../../../shared/load/profile.ts";
import {
  ALL_RAMPS,
  arrivals,
  burst,
  exponential,
  hold,
  linear,
  phase,
  points,
  step,
} from "./phases.ts";

const at = (sec: number) => sec * 1e6;
const seconds = (sessions: readonly Session[]) =>
  sessions.map(({ openUs, closeUs }) => [openUs / 1e6, closeUs / 1e6]);

describe("ramps", () => {
  it("linear: connection i opens halfway to i + 1, symmetrically up and down", () => {
    const profile = buildProfile([linear(4, 4), hold(2), linear(0, 4)]);
    expect(
      [0, 0.4, 0.5, 1.4, 1.5, 3.5, 4, 6, 6.4, 6.6, 9.4, 9.6].map((t) =>
        profile.concurrencyAt(at(t)),
      ),
    ).toEqual([0, 0, 1, 1, 2, 4, 4, 4, 4, 3, 1, 0]);
    expect(seconds(profile.sessions(0))).toEqual([[0.5, 9.5]]);
    expect(seconds(profile.sessions(3))).toEqual([[3.5, 6.5]]);
    expect(profile.sessions(4)).toEqual([]);
  });

  it("exponential: equal factors in equal times", () => {
    const profile = buildProfile([burst(100, 1), exponential(1600, 4)]);
    expect([1, 2, 3, 4, 5].map((t) => Math.round(profile.realConcurrencyAt(at(t))))).toEqual([
      100, 200, 400, 800, 1600,
    ]);
    expect(profile.sessions(399.5)[0]?.openUs).toBeCloseTo(at(3), 3);
  });

  it("exponential from or to 0: the same curve, shifted by one connection", () => {
    const profile = buildProfile([exponential(15, 4), exponential(0, 4)]);
    expect([0, 1, 2, 3, 4, 5, 6, 7].map((t) => profile.realConcurrencyAt(at(t)))).toEqual(
      [0, 1, 3, 7, 15, 7, 3, 1].map((c) => expect.closeTo(c, 9)),
    );
    const [session] = profile.sessions(0);
    // 16^x - 1 = 0.5
    expect(session?.openUs).toBeCloseTo((at(4) * Math.log(1.5)) / Math.log(16), 3);
    expect((session?.openUs ?? 0) + (session?.closeUs ?? 0)).toBeCloseTo(at(8), 3);
  });

  it("step: the first jump at the start, each level held equally long", () => {
    const profile = buildProfile([step(10, 4, 8), step(0, 2, 4)]);
    // Levels 2.5, 5, 7.5, 10, then 5, 0; halves round up.
    expect([0, 1.9, 2, 4, 6, 7.9, 8, 9.9, 10, 12].map((t) => profile.concurrencyAt(at(t)))).toEqual(
      [3, 3, 5, 8, 10, 10, 5, 5, 0, 0],
    );
    expect(seconds(profile.sessions(2))).toEqual([[0, 10]]);
    expect(seconds(profile.sessions(9))).toEqual([[6, 8]]);
  });

  it("burst: the jump at its start, then a hold", () => {
    const profile = buildProfile([burst(5, 2), burst(2, 2), hold(1)]);
    expect(seconds(profile.sessions(4))).toEqual([[0, 2]]);
    expect(seconds(profile.sessions(1))).toEqual([[0, 5]]);
  });

  it("points: straight lines; the first point at 0 jumps, a later one does not", () => {
    const jumps = buildProfile([
      points(
        [
          [0, 10],
          [2, 6],
        ],
        3,
      ),
    ]);
    expect([0, 1, 2, 3].map((t) => jumps.realConcurrencyAt(at(t)))).toEqual([10, 8, 6, 6]);
    const climbs = buildProfile([points([[2, 6]], 3)]);
    expect([0, 1, 2, 3].map((t) => climbs.realConcurrencyAt(at(t)))).toEqual([0, 3, 6, 6]);
  });

  it("arrivals hold the closed model where it was", () => {
    const profile = buildProfile([linear(3, 1), arrivals(10, 5), hold(1)]);
    expect(profile.concurrencyAt(at(4))).toBe(3);
    expect(profile.maxConcurrency).toBe(3);
  });

  it("a phase of no length only moves the level the next one starts from", () => {
    const profile = buildProfile([burst(10, 0), linear(0, 10)]);
    expect(profile.concurrencyAt(0)).toBe(10);
    expect(seconds(profile.sessions(9))).toEqual([[0, 0.5]]);
  });

  it("a level that is reached only at the end of a ramp is no session", () => {
    const profile = buildProfile([linear(2, 2), linear(0, 2)]);
    expect(profile.maxConcurrency).toBe(2);
    expect(seconds(profile.sessions(1))).toEqual([[1.5, 2.5]]);
    expect(profile.sessions(2)).toEqual([]);
  });
});

describe("a run with every ramp", () => {
  const profile = buildProfile(ALL_RAMPS);

  it("has its phases one after another, and the end belongs to the last", () => {
    expect(profile.durationUs).toBe(at(22));
    expect(profile.phases.map(({ fromUs, toUs }) => [fromUs / 1e6, toUs / 1e6])).toEqual([
      [0, 3],
      [3, 6],
      [6, 10],
      [10, 13],
      [13, 16],
      [16, 20],
      [20, 22],
    ]);
    expect([-1, 0, 2.9, 3, 12.9, 13, 21, 22, 23].map((t) => profile.phaseAt(at(t)))).toEqual([
      0, 0, 0, 1, 3, 4, 6, 6, 6,
    ]);
  });

  it("has the concurrency one can work out on paper", () => {
    const expected: [sec: number, open: number][] = [
      [0, 0],
      [1.5, 100],
      [3, 200],
      [4.5, 400],
      [6, 850],
      [7, 900],
      [8.5, 950],
      [9.999, 1000],
      [10, 1500],
      [12.9, 1500],
      [13, 1500],
      [13.5, 1100],
      [14, 700],
      [15, 900],
      [16, 1100],
      [19.9, 1100],
      [21, 550],
      [22, 0],
    ];
    expect(expected.map(([sec]) => [sec, profile.concurrencyAt(at(sec))])).toEqual(expected);
    expect(profile.maxConcurrency).toBe(1500);
  });

  it("has the sessions one can work out on paper", () => {
    expect(seconds(profile.sessions(0))).toEqual([[0.0075, expect.closeTo(22 - 0.5 / 550, 9)]]);
    // 1000.5: the burst at 10; 1500 - 800x; 700 + 200x; 1100 - 550x.
    expect(seconds(profile.sessions(1000))).toEqual([
      [10, expect.closeTo(13 + 499.5 / 800, 9)],
      [expect.closeTo(14 + 300.5 / 200, 9), expect.closeTo(20 + 99.5 / 550, 9)],
    ]);
    expect(seconds(profile.sessions(1499))).toEqual([[10, expect.closeTo(13 + 0.5 / 800, 9)]]);
  });

  it("counts opens: 1500 going up, and 400 again after the dip to 700", () => {
    expect(profile.opensBetween(0, at(22))).toBe(1900);
    expect(profile.opensBetween(0, at(3))).toBe(200);
    expect(profile.opensBetween(at(10), at(10) + 1)).toBe(500);
    expect(profile.opensBetween(at(14), at(15))).toBe(200);
    const sessions = Array.from({ length: 1500 }, (_, i) => profile.sessions(i).length);
    expect(sessions.reduce((sum, count) => sum + count)).toBe(1900);
  });
});

it("keeps what a phase says beside its ramp", () => {
  const profile = buildProfile([phase(1, { ramp: "hold" }, { exclude: true, messageFactor: 0.5 })]);
  expect(profile.phases).toEqual([
    { phase: "hold", fromUs: 0, toUs: 1e6, exclude: true, messageFactor: 0.5 },
  ]);
});
