/**
 * Goal: whether a service comes back is told from replies a second before and after a fault, and latency around it is that of the stretch.
 * Method: runs of synthetic frames in which the service does as the test says; a fault acts in second 20 of 90.
 */
import { describe, expect, it } from "vitest";
import { aftermathOf as aftermathIn } from "../../../../coordinator/analysis/aftermath/goodput.ts";
import { meanwhileOf } from "../../../../coordinator/analysis/aftermath/meanwhile.ts";
import { latencyIn } from "../../../../coordinator/analysis/aftermath/unaffected.ts";
import type { Interval } from "../../../../coordinator/analysis/stats/interval.ts";
import { RunFold } from "../../../../coordinator/merge/run-fold.ts";
import type { StrictScenario } from "../../../../shared/scenario/strict.ts";
import {
  begun,
  ended,
  facts,
  merge,
  SyntheticEngine,
  scenario,
} from "../../merge/synthetic-run.ts";

const SECONDS = 90;
const USERS = 100;
const FAULT = { id: "x", fromUs: 20_000_000, toUs: 20_000_000, gone: 0, isEndKnown: true };

const aftermathOf = (fold: RunFold, fault: typeof FAULT, untilSecond: number) =>
  aftermathIn(fold, { ...fault, untilSecond });

const phase = { exclude: false, messageFactor: 1 };

/** @param replies of each second @param us what each of them took */
function run(
  replies: (second: number) => number,
  us = (_second: number) => 1000,
  phases: StrictScenario["phases"] = [
    { ...phase, phase: "open", ramp: "burst", to: USERS, durationUs: 1_000_000 },
    { ...phase, phase: "stay", ramp: "hold", durationUs: (SECONDS - 1) * 1_000_000 },
  ],
  rate: NonNullable<StrictScenario["messages"]>["rate"] = { kind: "perConnection", perSec: 1 },
): RunFold {
  const { messages } = scenario();
  const fold = new RunFold(facts({ phases, messages: messages && { ...messages, rate } }));
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
    expect(seen).toEqual({
      ...{ before: USERS, after: USERS, back: "yes", backSeconds: 0, down: null },
    });
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
    expect(seen).toMatchObject({ before: USERS, after: 60, back: "no", backSeconds: null });
    expect(seen.down).toMatchObject({ waited: 30, lacks: "goodput", load: 1, returned: null });
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
    expect(aftermathOf(down, { ...FAULT, toUs: 40e6 }, SECONDS).back).toBe("unknown");
  });

  it("that comes back too late has not come back by itself", () => {
    const late = aftermathOf(
      run((second) => (second >= 20 && second < 60 ? 60 : USERS)),
      FAULT,
      SECONDS,
    );
    expect(late).toMatchObject({ back: "no", after: 60 });
    // Three of five seconds are as before from second 58 on.
    expect(late.down).toMatchObject({ load: null, returned: { seconds: 38, load: 1 } });
  });

  it("that comes back as the load falls tells at which load, and at which it stayed down", () => {
    const phases = [
      { ...phase, phase: "open", ramp: "burst", to: USERS, durationUs: 1e6 },
      { ...phase, phase: "stay", ramp: "hold", durationUs: 54e6 },
      { ...phase, phase: "less", ramp: "burst", to: 80, durationUs: 15e6 },
      { ...phase, phase: "least", ramp: "burst", to: 40, durationUs: 20e6 },
    ] as const;
    const replies = (second: number) => (second < 20 ? USERS : second < 70 ? 30 : 40);
    const seen = aftermathOf(run(replies, undefined, phases), FAULT, SECONDS);
    expect(seen).toMatchObject({ back: "no", after: 30 });
    const { load, returned } = seen.down ?? {};
    // As the load falls it lies in between for a second.
    expect(load).toBe(0.6);
    expect(returned).toMatchObject({ load: 0.4 });
    expect(Math.abs((returned?.seconds ?? 0) - 48)).toBeLessThanOrEqual(1);
  });

  it("is not looked at while more is offered than before, unless it copes with that", () => {
    const phases = [
      { ...phase, phase: "open", ramp: "burst", to: USERS, durationUs: 1e6 },
      { ...phase, phase: "stay", ramp: "hold", durationUs: 20e6 },
      { ...phase, phase: "more", ramp: "burst", to: 2 * USERS, durationUs: 69e6 },
    ] as const;
    const same = (second: number) => (second < 21 ? USERS : 1.2 * USERS);
    expect(aftermathOf(run(same, undefined, phases), FAULT, SECONDS).back).toBe("unknown");
    const copes = (second: number) => (second < 21 ? USERS : 2 * USERS);
    expect(aftermathOf(run(copes, undefined, phases), FAULT, SECONDS).back).toBe("yes");
  });

  it("is that of those who can be there: connections whose client has given up offer nothing", () => {
    const fewer = run((second) => (second >= 20 ? 70 : USERS));
    expect(aftermathOf(fewer, FAULT, SECONDS).back).toBe("no");
    expect(aftermathOf(fewer, { ...FAULT, gone: 30 }, SECONDS).back).toBe("yes");
  });

  it("of a total rate does not follow from how many connections there are", () => {
    const phases = [
      { ...phase, phase: "open", ramp: "burst", to: USERS, durationUs: 1e6 },
      { ...phase, phase: "stay", ramp: "hold", durationUs: 20e6 },
      { ...phase, phase: "less", ramp: "burst", to: 40, durationUs: 69e6 },
    ] as const;
    const total = { kind: "total", perSec: USERS } as const;
    const same = run(() => USERS, undefined, phases, total);
    expect(aftermathOf(same, FAULT, SECONDS)).toMatchObject({ before: USERS, back: "yes" });
    const down = run((second) => (second < 20 ? USERS : 40), undefined, phases, total);
    expect(aftermathOf(down, FAULT, SECONDS)).toMatchObject({ back: "no", after: 40 });
  });

  it("that is as before at times much longer than before is not as before", () => {
    const slow = run(
      () => USERS,
      (second) => (second >= 20 ? 60_000 : 30_000),
    );
    const seen = aftermathOf(slow, FAULT, SECONDS);
    expect(seen).toMatchObject({ back: "no", after: USERS, down: { lacks: "latency" } });
    expect(Math.abs((seen.down?.p99Us.after ?? 0) / 60_000 - 1)).toBeLessThan(0.001);
    // Less than the generator itself may be late.
    const little = run(
      () => USERS,
      (second) => (second >= 20 ? 15_000 : 1000),
    );
    expect(aftermathOf(little, FAULT, SECONDS).back).toBe("yes");
  });
});

describe("what the service still did while a fault lasted", () => {
  it("is a share of what it did before, for what was offered, of all and by message", () => {
    const fold = run((second) => (second >= 20 && second < 30 ? 40 : USERS));
    const lasting = { ...FAULT, toUs: 30_400_000, untilSecond: SECONDS };
    expect(meanwhileOf(fold, lasting)).toEqual({ share: 0.4, byName: { say: 0.4 } });
    expect(meanwhileOf(fold, { ...FAULT, toUs: 20_900_000, untilSecond: SECONDS })).toBeNull();
    const silent = run((second) => (second < 20 ? 0 : USERS));
    expect(meanwhileOf(silent, lasting)).toBeNull();
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
