/**
 * Goal: moments in which many connections end are told from a rate at which they end, also where a run has both. Method: runs told second by
 * second, with resets.
 */
import { describe, expect, test } from "vitest";
import { massCloses } from "../../../../coordinator/analysis/diagnosis/mass-close.ts";
import { Signals } from "../../../../coordinator/analysis/diagnosis/signals.ts";
import { causesOf, foldOf, healthySeconds, type Told } from "./story.ts";

const PLAN = { connections: 200, ramp: 4 };

function reset(count: number, open: number): Told {
  return {
    ...{ open, dropped: count },
    lifetimeUs: Array.from({ length: count }, (_, at) => 1e6 * (1 + (at % 9))),
    failures: [{ kind: "abnormal-close", signature: "ECONNRESET", count }],
  };
}

function foldWith(at: Readonly<Record<number, Told>>, seconds = 30) {
  const load = { seed: 3, seconds, connections: 200, ramp: 4, rate: 2 };
  const told = healthySeconds({ ...load, medianUs: 3000, correlation: 0.5, spread: 0.4 });
  return foldOf(
    told.map(({ failures: _, dropped: _1, lifetimeUs: _2, ...rest }, second) => {
      return { ...rest, ...at[second] };
    }),
    PLAN,
  );
}

/** In each of these seconds 30 of 200 end, and as many open. */
const churn = (from: number, to: number) =>
  Object.fromEntries(
    Array.from({ length: to - from }, (_, at) => [from + at, { ...reset(30, 200), opened: 30 }]),
  );

const secondsOf = (fold: ReturnType<typeof foldWith>) =>
  massCloses(new Signals(fold)).map(({ from }) => from);

describe("a mass close", () => {
  test("is none where connections end at a rate", () => {
    expect(secondsOf(foldWith(churn(8, 30)))).toEqual([]);
    expect(secondsOf(foldWith(churn(8, 14)))).toEqual([]);
  });

  test("is not hidden by such a rate at another time", () => {
    const fold = foldWith({ ...churn(8, 20), 60: reset(200, 0), 61: { opened: 200 } }, 80);
    expect(secondsOf(fold)).toEqual([60]);
  });

  test("is one, too, when its resets come bit by bit", () => {
    const fold = foldWith({
      10: reset(60, 140),
      11: reset(50, 90),
      12: reset(40, 50),
      13: reset(30, 20),
      14: reset(15, 5),
      15: reset(5, 0),
      ...Object.fromEntries([16, 17, 18, 19].map((at) => [at, { open: 0 }])),
    });
    expect(secondsOf(fold)).toEqual([10]);
    expect(causesOf(fold)[0]).toBe("crash-and-restart likely");
  });

  test("is one when it happens again and again within six seconds", () => {
    const again = { open: 200, opened: 200 };
    const fold = foldWith({
      ...{ 10: reset(200, 0), 11: again, 12: reset(200, 0), 13: again, 14: reset(200, 0) },
      15: again,
    });
    expect(secondsOf(fold)).toEqual([10]);
  });
});
