/**
 * Goal: a restart that the service announces, and after which everybody is soon back, is no failure of it, and any other is. Method: runs told
 * second by second, with closes of code 1012, of one target or of one after another.
 */
import { describe, expect, test } from "vitest";
import { announcedIn } from "../../../../coordinator/analysis/diagnosis/announced.ts";
import { judgeRun } from "../../../../coordinator/analysis/judge-run.ts";
import {
  causesOf,
  foldOf,
  type Healthy,
  healthySeconds,
  type Told,
  type ToldFailure,
} from "./story.ts";

const PLAN = { connections: 200, ramp: 4 };
const TARGETS = ["a", "b", "c"].map((label) => ({ url: "ws://127.0.0.1:9/", weight: 1, label }));

/** Closes by second: of how many, and of which target. */
type Closes = Readonly<Record<number, { readonly count: number; readonly target?: number }>>;

function restarted(
  closes: Closes,
  away: Readonly<Record<number, Told>>,
  { code = "1012", ...change }: Partial<Healthy> & { code?: string } = {},
): Told[] {
  const load = { seed: 3, seconds: 30, connections: 200, ramp: 4, rate: 2, ...change };
  const told = healthySeconds({ medianUs: 3000, correlation: 0.5, spread: 0.4, ...load });
  return told.map(({ failures: _, dropped: _1, lifetimeUs: _2, ...rest }, second): Told => {
    const { count = 0, target = 0 } = closes[second] ?? {};
    const failures: ToldFailure[] = [
      ...(count > 0 ? [{ kind: "close-code" as const, signature: code, count, target }] : []),
      ...(away[second]?.failures ?? []),
    ];
    return { ...rest, dropped: count, ...away[second], failures };
  });
}

const BACK: Readonly<Record<number, Told>> = {
  10: { open: 40, opened: 40 },
  11: { open: 180, opened: 140 },
  12: { open: 200, opened: 20 },
};

describe("an announced restart", () => {
  test("after which all are back is none of the causes", () => {
    const fold = foldOf(restarted({ 10: { count: 200 } }, BACK), PLAN);
    expect(causesOf(fold)).toEqual([]);
    expect(announcedIn(fold)).toEqual([
      { from: 10, to: 13, backSeconds: 2, closed: 200, failed: 0, targets: 1 },
    ]);
    const note = judgeRun(fold).judgements.find(({ id }) => id === "note/announced-restarts");
    expect(note?.outcome).toBe("warn");
    expect(note?.evidence[0]?.sentence).toContain("200 connections were closed with 1012");
  });

  test("of one target after another is one", () => {
    const closes = {
      10: { count: 67 },
      12: { count: 67, target: 1 },
      14: { count: 66, target: 2 },
    };
    const away = { 10: { open: 140 }, 12: { open: 150 }, 14: { open: 160 }, 15: { open: 200 } };
    const fold = foldOf(restarted(closes, away), { ...PLAN, targets: TARGETS });
    expect(causesOf(fold)).toEqual([]);
    expect(announcedIn(fold)).toMatchObject([{ from: 10, to: 16, closed: 200, targets: 3 }]);
  });

  test("leaves other failures of the run what they are", () => {
    const late: Told = { failures: [{ kind: "close-code", signature: "1011", count: 40 }] };
    const seconds = restarted({ 10: { count: 200 } }, { ...BACK, 20: late, 22: late });
    expect(causesOf(foldOf(seconds, PLAN))).toEqual(["server-errors likely"]);
  });
});

describe("a restart", () => {
  test("after which some stay away is a failure", () => {
    const away = Object.fromEntries(
      Array.from({ length: 20 }, (_, at) => [10 + at, { open: 150 } as Told]),
    );
    const fold = foldOf(restarted({ 10: { count: 200 } }, away), PLAN);
    expect(announcedIn(fold)).toEqual([]);
    expect(causesOf(fold)).toEqual(["unknown possible"]);
  });

  test("during which attempts fail, more than one for two connections, is a failure", () => {
    const failed: Told = {
      ...{ open: 0, opened: 0, failed: 120 },
      failures: [{ kind: "tcp-refused", signature: "ECONNREFUSED", count: 120, attempt: 1 }],
    };
    const seconds = restarted({ 10: { count: 200 } }, { ...BACK, 10: failed });
    expect(announcedIn(foldOf(seconds, PLAN))).toEqual([]);
  });

  test("that is not announced as one is none of these", () => {
    const seconds = restarted({ 10: { count: 200 } }, BACK, { code: "1011" });
    expect(causesOf(foldOf(seconds, PLAN))).toEqual(["server-errors likely"]);
  });

  test("of a few, who do not come back, is a failure", () => {
    const away = Object.fromEntries(
      Array.from({ length: 20 }, (_, at) => [10 + at, { open: 196 } as Told]),
    );
    expect(announcedIn(foldOf(restarted({ 10: { count: 4 } }, away), PLAN))).toEqual([]);
  });

  const aged = (from: number, to: number) =>
    Object.fromEntries(Array.from({ length: to - from }, (_, at) => [from + at, { count: 10 }]));

  test("that goes on for longer than one takes is a rate of closes, and a failure", () => {
    const fold = foldOf(restarted(aged(12, 30), {}), PLAN);
    expect(announcedIn(fold)).toEqual([]);
    expect(causesOf(fold)).not.toEqual([]);
  });

  test("of every connection at an age, again and again, is a failure", () => {
    const closes = { 10: { count: 200 }, 35: { count: 200 }, 60: { count: 200 } };
    const fold = foldOf(restarted(closes, {}, { seconds: 80 }), PLAN);
    expect(announcedIn(fold)).toEqual([]);
    expect(causesOf(fold)).not.toEqual([]);
  });

  test("twice in a run is two of them", () => {
    const closes = { 10: { count: 200 }, 60: { count: 200 } };
    const fold = foldOf(restarted(closes, {}, { seconds: 80 }), PLAN);
    expect(announcedIn(fold)).toMatchObject([{ from: 10 }, { from: 60 }]);
    expect(causesOf(fold)).toEqual([]);
  });

  const ramp = { seconds: 40, ramp: 40 };
  /** Short of the plan by as many. */
  const short = (by: number) =>
    Object.fromEntries(
      Array.from({ length: 30 }, (_, at) => [10 + at, { open: 5 * (11 + at) - by } as Told]),
    );

  test("during a ramp is held against the plan", () => {
    const closes = { 10: { count: 50 } };
    const of = (by: number) =>
      announcedIn(foldOf(restarted(closes, short(by), ramp), { connections: 200, ramp: 40 }));
    expect(of(20)).toEqual([]);
    expect(of(0)).toMatchObject([{ from: 10, closed: 50 }]);
  });

  test("during a ramp down is held against the plan, too", () => {
    const phases = [
      { phase: "up", ramp: "linear", to: 200, durationUs: 4e6, exclude: false, messageFactor: 1 },
      { phase: "down", ramp: "linear", to: 70, durationUs: 26e6, exclude: false, messageFactor: 1 },
    ] as const;
    const open = (by: number) => (told: Told, second: number) => ({
      ...told,
      open: second < 4 ? 50 * (second + 1) : 200 - 5 * (second - 3) - (second < 10 ? 0 : by),
    });
    const of = (by: number) => {
      const seconds = restarted({ 10: { count: 170 } }, {}).map(open(by));
      return announcedIn(foldOf(seconds, { ...PLAN, phases }));
    };
    expect(of(0)).toMatchObject([{ from: 10, closed: 170 }]);
    expect(of(30)).toEqual([]);
  });
});
