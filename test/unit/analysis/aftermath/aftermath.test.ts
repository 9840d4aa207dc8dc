/**
 * Goal: whether a service comes back is told from replies a second before and after a fault, and latency around it is that of the stretch.
 * Method: runs of synthetic frames in which the service does as the test says; a fault acts in second 20 of 90.
 */
import { describe, expect, it } from "vitest";
import { aftermathOf } from "../../../../coordinator/analysis/aftermath/goodput.ts";
import { latencyIn } from "../../../../coordinator/analysis/aftermath/unaffected.ts";
import type { Interval } from "../../../../coordinator/analysis/stats/interval.ts";
import { RunFold } from "../../../../coordinator/merge/run-fold.ts";
import { begun, ended, facts, merge, SyntheticEngine } from "../../merge/synthetic-run.ts";

const SECONDS = 90;
const USERS = 100;
const FAULT = { fromUs: 20_000_000, toUs: 20_000_000 };

const phase = { exclude: false, messageFactor: 1 };

/** @param replies of each second @param us what each of them took */
function run(replies: (second: number) => number, us = (_second: number) => 1000): RunFold {
  const fold = new RunFold(
    facts({
      phases: [
        { ...phase, phase: "open", ramp: "burst", to: USERS, durationUs: 1_000_000 },
        { ...phase, phase: "stay", ramp: "hold", durationUs: (SECONDS - 1) * 1_000_000 },
      ],
    }),
  );
  const engine = new SyntheticEngine();
  const bodies = Array.from({ length: SECONDS }, (_, second) => {
    const values = Array<number>(replies(second)).fill(us(second));
    return engine.frame({
      second,
      values: values.length === 0 ? [] : [{ metric: "latency", phase: 1, name: 0, us: values }],
      ticks: { open: Array(10).fill(USERS) },
    });
  });
  begun(fold);
  merge(fold, 1, bodies);
  ended(fold, { 1: bodies.length - 1 });
  return fold;
}

describe("goodput", () => {
  it("that never fell is back at once", () => {
    const seen = aftermathOf(
      run(() => USERS),
      FAULT,
      SECONDS,
    );
    expect(seen).toEqual({ before: USERS, after: USERS, back: "yes", backSeconds: 0 });
  });

  it("that fell for a while is back when five seconds are as before", () => {
    // The median of five seconds is as before once three of them are: from second 26 on.
    const seen = aftermathOf(
      run((second) => (second >= 20 && second < 28 ? 40 : USERS)),
      FAULT,
      SECONDS,
    );
    expect(seen).toMatchObject({ back: "yes", backSeconds: 6 });
  });

  it("that stays down although what disturbed it is gone does not come back", () => {
    const seen = aftermathOf(
      run((second) => (second >= 20 ? 60 : USERS)),
      FAULT,
      SECONDS,
    );
    expect(seen).toEqual({ before: USERS, after: 60, back: "no", backSeconds: null });
  });

  it("is not known when there was no time, or nothing before", () => {
    const down = run((second) => (second >= 20 ? 60 : USERS));
    expect(aftermathOf(down, FAULT, 49)).toMatchObject({ back: "unknown", after: 60 });
    expect(aftermathOf(down, FAULT, 50).back).toBe("no");
    expect(
      aftermathOf(
        run(() => 0),
        FAULT,
        SECONDS,
      ),
    ).toMatchObject({
      before: null,
      back: "unknown",
    });
    // Three times as long as it lasted.
    expect(aftermathOf(down, { fromUs: 20e6, toUs: 40e6 }, SECONDS).back).toBe("unknown");
  });
});

describe("latency around a fault", () => {
  it("is that of each stretch, with an interval where there are five seconds", () => {
    const fold = run(
      () => 20,
      (second) => (second >= 20 && second < 23 ? 9000 : 1000 + second),
    );
    const during = latencyIn(fold, { from: 20, to: 23 });
    expect(during?.count).toBe(60);
    // Three significant digits, and no interval.
    for (const value of [during?.p50, during?.p99]) {
      expect(Math.abs(Number(value) / 9000 - 1)).toBeLessThan(0.001);
    }
    const before = latencyIn(fold, { from: 10, to: 20 });
    expect(before?.count).toBe(200);
    const { low, high, estimate } = (before?.p50 ?? {}) as Interval;
    expect(low).toBeGreaterThanOrEqual(1010);
    expect(high).toBeLessThanOrEqual(1020);
    expect(low).toBeLessThan(high);
    expect(Math.abs(estimate - 1014)).toBeLessThanOrEqual(2);
    expect(latencyIn(fold, { from: 10, to: 20 })).toEqual(before);
  });

  it("is none where no reply came", () => {
    expect(
      latencyIn(
        run(() => 0),
        { from: 10, to: 20 },
      ),
    ).toBeNull();
  });
});
