import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TimingWheel } from "../../../worker/engine/turn/timing-wheel.ts";

interface Fired {
  readonly id: number;
  readonly dueUs: number;
  readonly atUs: number;
}

function harness(capacity: number) {
  const wheel = new TimingWheel(capacity);
  const fired: Fired[] = [];
  let nowUs = 0;
  const owner = {
    onTimer: (id: number, dueUs: number) => void fired.push({ id, dueUs, atUs: nowUs }),
  };
  const advance = (toUs: number) => {
    nowUs = toUs;
    wheel.advance(toUs, owner);
  };
  return { wheel, fired, advance, owner };
}

describe("TimingWheel", () => {
  it("fires at the first chance at or after a timer's time, never before", () => {
    const { wheel, fired, advance } = harness(4);
    wheel.schedule(0, 1500);
    wheel.schedule(1, 1501);
    advance(1499);
    expect(fired).toEqual([]);
    advance(1500);
    expect(fired).toEqual([{ id: 0, dueUs: 1500, atUs: 1500 }]);
    advance(1502);
    expect(fired.map(({ id }) => id)).toEqual([0, 1]);
    expect(wheel.size).toBe(0);
  });

  it("says which timers fire next, before the first of them does", () => {
    const told: string[] = [];
    const wheel = new TimingWheel(8, {
      prepare: (ids, count) => void told.push(`next ${[...ids.slice(0, count)].sort()}`),
    });
    for (const [id, dueUs] of [3000, 1200, 1100, 9000].entries()) wheel.schedule(id, dueUs);
    wheel.advance(1999, { onTimer: (id) => void told.push(`${id}`) });
    expect(told[0]).toBe("next 1,2");
    expect(told.slice(1).sort()).toEqual(["1", "2"]);
  });

  it("keeps timers that are more than a lap away", () => {
    const { wheel, fired, advance } = harness(2);
    wheel.schedule(0, 60_000_000);
    for (let ms = 1; ms < 60_000; ms += 7) advance(ms * 1000);
    expect(fired).toEqual([]);
    advance(60_000_000);
    expect(fired.map(({ id }) => id)).toEqual([0]);
  });

  it("fires everything overdue once after a pause longer than a lap", () => {
    const { wheel, fired, advance } = harness(100);
    for (let id = 0; id < 100; id++) wheel.schedule(id, id * 200_000 + 1);
    advance(3_600_000_000);
    expect(fired.map(({ id }) => id).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 100 }, (_, id) => id),
    );
    expect(wheel.size).toBe(0);
  });

  it("lets the owner cancel and move timers of the same tick while it fires", () => {
    const wheel = new TimingWheel(3);
    const fired: number[] = [];
    const owner = {
      onTimer(id: number) {
        fired.push(id);
        for (const other of [0, 1, 2]) if (other !== id) wheel.cancel(other);
        if (fired.length === 1) wheel.schedule(id, 9000);
      },
    };
    for (const id of [0, 1, 2]) wheel.schedule(id, 1000);
    wheel.advance(1000, owner);
    expect(fired).toHaveLength(1);
    wheel.advance(9000, owner);
    expect(fired).toEqual([fired[0], fired[0]]);
    expect(wheel.size).toBe(0);
  });

  it("does not lose a timer that its owner sets for the past while catching up", () => {
    const wheel = new TimingWheel(1);
    const fired: number[] = [];
    const owner = {
      onTimer(id: number, dueUs: number) {
        fired.push(dueUs);
        if (fired.length < 5) wheel.schedule(id, dueUs + 10);
      },
    };
    wheel.schedule(0, 5000);
    for (let ms = 100; ms < 110; ms++) wheel.advance(ms * 1000, owner);
    expect(fired).toEqual([5000, 5010, 5020, 5030, 5040]);
  });

  it("grows without losing timers", () => {
    const { wheel, fired, advance } = harness(1);
    wheel.schedule(0, 5000);
    wheel.grow(10);
    wheel.schedule(9, 4000);
    advance(5000);
    expect(fired.map(({ id }) => id)).toEqual([9, 0]);
  });

  it("agrees with a sorted list under any sequence of operations", () => {
    const operation = fc.oneof(
      fc.record({ kind: fc.constant("set" as const), id: fc.nat(15), inUs: fc.nat(20_000_000) }),
      fc.record({ kind: fc.constant("cancel" as const), id: fc.nat(15), inUs: fc.constant(0) }),
      fc.record({
        kind: fc.constant("advance" as const),
        id: fc.constant(0),
        inUs: fc.nat(9_000_000),
      }),
    );
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 60 }), (operations) => {
        const { wheel, fired, advance } = harness(16);
        const model = new Map<number, number>();
        let nowUs = 0;
        for (const { kind, id, inUs } of operations) {
          if (kind === "set") {
            wheel.schedule(id, nowUs + inUs);
            model.set(id, nowUs + inUs);
          } else if (kind === "cancel") {
            wheel.cancel(id);
            model.delete(id);
          } else {
            nowUs += inUs;
            fired.length = 0;
            advance(nowUs);
            const due = [...model].filter(([, dueUs]) => dueUs <= nowUs);
            for (const [dueId] of due) model.delete(dueId);
            expect(fired.map((timer) => timer.id).sort()).toEqual(
              due.map(([dueId]) => dueId).sort(),
            );
          }
          expect(wheel.size).toBe(model.size);
        }
      }),
    );
  });

  it("names a time before which nothing fires, and the one at which something does", () => {
    const ms = fc.integer({ min: 0, max: 30_000 });
    const ahead = fc.integer({ min: 1, max: 200 });
    fc.assert(
      fc.property(fc.array(ms, { maxLength: 20 }), ms, ahead, (dueMs, fromMs, aheadMs) => {
        const { wheel, fired, advance } = harness(20);
        advance(fromMs * 1000);
        dueMs.forEach((due, id) => {
          wheel.schedule(id, due * 1000 + 500);
        });
        const untilUs = (fromMs + aheadMs) * 1000;
        const nextUs = wheel.nextDueUs(untilUs);
        expect(nextUs).toBeLessThanOrEqual(untilUs);
        const inSight = dueMs.some((due) => due <= fromMs || due * 1000 + 500 < untilUs);
        expect(nextUs < untilUs).toBe(inSight);
        if (nextUs > fromMs * 1000) advance(nextUs - 1);
        expect(fired.filter(({ dueUs }) => dueUs > fromMs * 1000)).toEqual([]);
        if (inSight) advance(nextUs + 999);
        expect(fired.length > 0).toBe(inSight);
      }),
    );
  });

  it("looks at a bounded number of timers of later laps", () => {
    const { wheel } = harness(200);
    const lapUs = 8192 * 1000;
    for (let id = 0; id < 200; id++) wheel.schedule(id, lapUs + 20_000);
    expect(wheel.nextDueUs(100_000)).toBe(20_000);
    for (let id = 30; id < 200; id++) wheel.cancel(id);
    expect(wheel.nextDueUs(100_000)).toBe(100_000);
  });
});
