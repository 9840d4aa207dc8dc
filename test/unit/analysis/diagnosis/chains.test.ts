/**
 * Goal: failures that bring about others are told as such, in their order, and those that only come one after another are not. Method: runs told
 * second by second, and the moments of their closes.
 */
import { describe, expect, test } from "vitest";
import { diagnose } from "../../../../coordinator/analysis/diagnosis/rank.ts";
import { DETECTORS } from "../../../../coordinator/analysis/diagnosis/registry.ts";
import { Signals } from "../../../../coordinator/analysis/diagnosis/signals.ts";
import { facts } from "../../merge/synthetic-run.ts";
import { causesOf, foldOf, healthySeconds, momentAt, type Told } from "./story.ts";

const PLAN = { connections: 210, ramp: 4 };
const NAMES = ["a", "b", "c"];
const TARGETS = NAMES.map((label) => ({ url: "ws://127.0.0.1:9/", weight: 1, label }));

function healthy(seconds: number): Told[] {
  const load = { seed: 3, seconds, connections: 210, ramp: 4, rate: 2 };
  return healthySeconds({ ...load, medianUs: 3000, correlation: 0.5, spread: 0.4 }).map((told) => {
    const { failures: _, dropped: _1, lifetimeUs: _2, ...rest } = told;
    return rest;
  });
}

/** In this second so many of the connections to each target end without a Close frame, so many milliseconds after its beginning. */
function lost(second: number, counts: readonly number[], atMs = 300): Told {
  const all = counts.reduce((sum, one) => sum + one, 0);
  const kind = "abnormal-close" as const;
  return {
    ...{ open: 210 - all, dropped: all },
    lifetimeUs: Array.from({ length: all }, (_, at) => 1e6 * (1 + (at % 6))),
    failures: counts.flatMap((count, target) =>
      count === 0 ? [] : [{ kind, signature: "ECONNRESET", count, target }],
    ),
    events: counts.flatMap((count, target) =>
      Array.from({ length: count }, (_, at) => ({
        ...{ weight: 1, kind, signature: "ECONNRESET" },
        ...momentAt(second, { target, connection: at, atUs: second * 1e6 + atMs * 1000 + at }),
      })),
    ),
  };
}

const changed = (at: Readonly<Record<number, Told>>, seconds = 26) =>
  healthy(seconds).map((told, second) => ({ ...told, ...at[second] }));
const back = (opened: number): Told => ({ open: 210, opened });

describe("targets that die one after another", () => {
  test("of the users of those before are a cascade, in its order", () => {
    const seconds = changed({
      ...{ 10: lost(10, [0, 70, 0]), 11: back(70) },
      ...{ 12: lost(12, [0, 60, 70]), 13: back(130) },
      14: lost(14, [70, 60, 60]),
    });
    const [found, ...others] = diagnose(
      new Signals(foldOf(seconds, { ...PLAN, targets: TARGETS })),
      DETECTORS,
    );
    expect(found).toMatchObject({
      ...{ cause: "failure-cascade", confidence: "likely", scope: { target: "b" } },
      sentence: expect.stringContaining("Target b died at second 10, and c, then a after it"),
    });
    expect(others).toEqual([]);
  });

  test("each with its own users alone may be restarted in turn", () => {
    const two = changed({
      10: lost(10, [0, 70, 0]),
      11: back(70),
      14: lost(14, [0, 0, 70]),
      15: back(70),
    });
    expect(causesOf(foldOf(two, { ...PLAN, targets: TARGETS })).join()).not.toContain("cascade");
    const three = two.map((told, second) => {
      const { [second]: more = {} } = { 18: lost(18, [70, 0, 0]), 19: back(70) } as Record<
        number,
        Told
      >;
      return { ...told, ...more };
    });
    const found = diagnose(new Signals(foldOf(three, { ...PLAN, targets: TARGETS })), DETECTORS);
    expect(found).toMatchObject([{ cause: "crash-and-restart", confidence: "likely" }]);
    expect(found[0]?.against.join()).toContain("(failure-cascade)");
  });

  test("in one moment have one cause", () => {
    const seconds = changed({ 10: lost(10, [70, 70, 70]), 11: back(210) });
    expect(causesOf(foldOf(seconds, { ...PLAN, targets: TARGETS }))).toEqual([
      "crash-and-restart likely",
    ]);
  });
});

describe("a service that is there again", () => {
  const { connect } = facts().scenario;
  const together = {
    ...PLAN,
    connect: {
      ...connect,
      reconnect: { policy: "fixed", minUs: 1e5, maxUs: 1e5, attempts: 100 },
    },
  } as const;
  const busy: Told = {
    ...{ open: 60, opened: 8, failed: 150, dropped: 0 },
    failures: [{ kind: "upgrade-timeout", signature: "", count: 150, attempt: 4 }],
    ...{ sent: Array(10).fill(12), received: Array(10).fill(12) },
  };
  const refused: Told = {
    ...{ open: 0, opened: 0, failed: 300, sent: [], received: [], latencyUs: [] },
    failures: [{ kind: "tcp-refused", signature: "ECONNREFUSED", count: 300, attempt: 1 }],
  };
  const later = (told: (second: number) => Told) =>
    changed({
      ...Object.fromEntries(Array.from({ length: 14 }, (_, at) => [12 + at, told(12 + at)])),
      ...{ 10: lost(10, [210]), 11: refused },
    });

  test("and stays down to the end does not recover; the storm comes first", () => {
    expect(
      causesOf(
        foldOf(
          later(() => busy),
          together,
        ),
      ),
    ).toEqual(["reconnect-storm likely", "no-recovery possible"]);
  });

  test("and comes back does", () => {
    const recovering = later((second) => (second < 17 ? busy : { open: 210 }));
    expect(causesOf(foldOf(recovering, together))).toEqual(["reconnect-storm likely"]);
  });

  test("and is refused to the end is not there", () => {
    const seconds = later(() => refused);
    expect(causesOf(foldOf(seconds, together)).join()).not.toContain("no-recovery");
  });

  test("and turns away those who come back is not kept busy by them", () => {
    const turned: Told = {
      ...busy,
      failures: [{ kind: "upgrade-status", signature: "429", count: 150, attempt: 4 }],
    };
    expect(
      causesOf(
        foldOf(
          later(() => turned),
          together,
        ),
      ).join(),
    ).not.toContain("no-recovery");
  });
});

describe("replies that wait, and then pauses", () => {
  const steady = Array<number>(10).fill(40);
  /** From second 12 on fewer come than are asked for; nothing comes for so many ticks of each second from 14 on. */
  const piling = (
    waitUs: number,
    pingUs: number,
    ticks: (at: number) => number,
    missing = 20,
  ): Told[] =>
    healthy(26).map((told, second) => {
      const pings = { pingUs: Array<number>(40).fill(second < 12 ? 800 : pingUs) };
      if (second < 12) return { ...told, ...pings, sent: steady, received: steady };
      const still = second < 14 ? 0 : ticks(second - 14);
      const received = steady.map((_, tick): number => (tick >= 3 && tick < 3 + still ? 0 : 28));
      received[3 + still] = 28 * (still + 1);
      return {
        ...{
          ...told,
          ...pings,
          sent: steady,
          received: still === 0 ? steady.map(() => 28) : received,
        },
        latencyUs: Array<number>(100).fill(waitUs * (second - 11)),
        ...(second >= 20 && {
          dropped: missing,
          failures: [{ kind: "heartbeat-timeout" as const, count: missing }],
        }),
      };
    });
  const isChain = (seconds: readonly Told[]) =>
    diagnose(new Signals(foldOf(seconds, PLAN)), DETECTORS).some(({ sentence }) =>
      sentence.includes("piles up"),
    );

  test("that get longer, and pongs that are missing: what waits takes the process with it", () => {
    const [found, ...others] = diagnose(
      new Signals(
        foldOf(
          piling(90_000, 900, (at) => 2 + Math.floor(at / 2)),
          PLAN,
        ),
      ),
      DETECTORS,
    );
    expect(found).toMatchObject({ cause: "dependency-pool", confidence: "likely", from: 12 });
    expect(found?.sentence).toContain(
      "from second 14 on the process stands still, for longer and longer, until 120 connections get no pong in time",
    );
    expect(others).toEqual([]);
  });

  test("of one length do not follow from it", () => {
    expect(isChain(piling(90_000, 900, () => 3, 1))).toBe(false);
  });

  test("while pings wait as well are of a process that is busy", () => {
    const busy = piling(90_000, 90_000, (at) => 2 + Math.floor(at / 2));
    expect(isChain(busy)).toBe(false);
  });

  test("of replies that were fast before are pauses", () => {
    const fast = piling(90_000, 900, (at) => 2 + Math.floor(at / 2)).map(
      (told): Told => ({ ...told, latencyUs: Array<number>(100).fill(3000) }),
    );
    expect(isChain(fast)).toBe(false);
  });
});

test("connections that end all the time, however many, are no moment in which a service died", () => {
  const seconds = healthy(26).map((told, second): Told => {
    if (second < 8) return told;
    return {
      ...{ ...told, open: 195, opened: 24, dropped: 24 },
      lifetimeUs: Array.from({ length: 24 }, (_, at) => 3e5 * (1 + at)),
      failures: [{ kind: "abnormal-close", signature: "ECONNRESET", count: 24 }],
    };
  });
  expect(causesOf(foldOf(seconds, PLAN))).toEqual(["unknown possible"]);
});
