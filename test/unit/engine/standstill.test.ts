import { describe, expect, it } from "vitest";
import { Standstill } from "../../../worker/engine/turn/standstill.ts";

describe("a standstill", () => {
  it("lasts until what came meanwhile was read, whatever turns come before", () => {
    const readings: (() => void)[] = [];
    const standstill = new Standstill((then) => readings.push(then));
    standstill.turn(1000);
    expect([standstill.graceUs, readings.length]).toEqual([0, 0]);
    standstill.turn(400_000);
    standstill.turn(2000);
    standstill.turn(90_000);
    expect([standstill.graceUs, readings.length]).toEqual([400_000, 1]);
    readings.shift()?.();
    expect(standstill.graceUs).toBe(0);
  });

  it("of an engine that is always late does not put time-outs off for ever: every other reading they are due", () => {
    const readings: (() => void)[] = [];
    const standstill = new Standstill((then) => readings.push(then));
    const due: boolean[] = [];
    for (let turn = 0; turn < 6; turn++) {
      standstill.turn(20_000);
      due.push(standstill.graceUs === 0);
      for (const read of readings.splice(0)) read();
    }
    expect(due).toEqual([false, true, false, true, false, true]);
  });
});
