/** The wall clock to a fraction of a millisecond: what many looks at whole milliseconds come to. */
import { describe, expect, it } from "vitest";
import { WallClock } from "../../../worker/push/wall-clock.ts";

/** Run time in steps of 37 us; the wall clock began at `originMs`, and steps when told. */
function clocks(originMs: number) {
  let nowUs = 0;
  const of = { originMs };
  return {
    of,
    nowUs: () => {
      nowUs += 37;
      return nowUs;
    },
    wallMs: () => Math.floor(of.originMs + nowUs / 1000),
    pass: (us: number) => {
      nowUs += us;
    },
  };
}

describe("wall clock", () => {
  it("is within its error after one look, and closer after many", () => {
    const two = clocks(1_700_000_000_000.625);
    const clock = new WallClock(two);
    clock.look();
    expect(clock.errorMs).toBeLessThanOrEqual(0.55);
    expect(Math.abs(clock.originMs - two.of.originMs)).toBeLessThanOrEqual(clock.errorMs);
    for (let looks = 0; looks < 1000; looks++) {
      two.pass(333);
      clock.look();
    }
    expect(clock.errorMs).toBeLessThan(0.06);
    expect(Math.abs(clock.originMs - two.of.originMs)).toBeLessThanOrEqual(clock.errorMs);
  });

  it.each([5000, -3])("begins anew when the wall clock steps by %d ms", (stepMs) => {
    const two = clocks(1_700_000_000_000.25);
    const clock = new WallClock(two);
    for (let looks = 0; looks < 100; looks++) {
      two.pass(777);
      clock.look();
    }
    two.of.originMs += stepMs;
    clock.look();
    expect(Math.abs(clock.originMs - two.of.originMs)).toBeLessThanOrEqual(clock.errorMs);
  });
});
