/**
 * Goal: a search ends, finds the limit of any target to the precision asked for, and is not fooled by a fluke. Method: the
 * decisions driven against targets that are a function of the level, thousands of them.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { gapOf, nextLevel } from "../../../coordinator/analysis/search/next-level.ts";
import type { Plateau } from "../../../coordinator/merge/searches.ts";
import type { Judgement } from "../../../coordinator/store/event.ts";
import { mostLevels } from "../../../shared/scenario/search.ts";

interface Search {
  readonly step: number;
  readonly to: number;
  readonly precision: number;
  readonly settleUs: number;
}

const SEARCH: Search = { step: 500, to: 20_000, precision: 0.05, settleUs: 2e6 };

type Target = (level: number, number: number) => Judgement["verdict"];

const upTo =
  (capacity: number): Target =>
  (level) =>
    level > capacity ? "broken" : "held";

function run(target: Target, search = SEARCH, from = 0) {
  const plateaus: Plateau[] = [];
  for (;;) {
    const next = nextLevel(search, from, plateaus);
    if (next.kind === "end") {
      return { outcome: next.outcome, plateaus, ...gapOf(plateaus, from) };
    }
    const { to, purpose } = next;
    const verdict = target(to, plateaus.length);
    plateaus.push({ to, purpose, verdict, observed: [], reason: "" });
    expect(plateaus.length).toBeLessThanOrEqual(mostLevels(search, from));
  }
}

describe("nextLevel", () => {
  it("climbs, rests after each break, narrows, confirms both sides", () => {
    const { plateaus, outcome, low, high } = run(upTo(2000));
    expect(plateaus.map(({ to, purpose }) => `${purpose} ${to}`)).toEqual([
      ...["climb 500", "climb 1000", "climb 1500", "climb 2000", "climb 2500"],
      ...["rest 1000", "narrow 2250", "rest 1000", "narrow 2125", "rest 1000", "narrow 2063"],
      ...["rest 1000", "confirm 2063", "rest 1000", "confirm 2000"],
    ]);
    expect([outcome, low, high]).toEqual(["found", 2000, 2063]);
  });

  it("finds every limit to the precision asked for, and both sides of it twice", () => {
    const cases = fc.record({
      capacity: fc.integer({ min: 1, max: 20_000 }),
      step: fc.integer({ min: 200, max: 5000 }),
      precision: fc.constantFrom(0.01, 0.02, 0.05, 0.2),
    });
    fc.assert(
      fc.property(cases, ({ capacity, step, precision }) => {
        const search = { ...SEARCH, step, precision, to: 20_001 };
        const { outcome, low, high, holds, breaks } = run(upTo(capacity), search);
        expect(outcome).toBe("found");
        if (high === null) throw new Error("nothing broke");
        expect(low).toBeLessThanOrEqual(capacity);
        expect(high).toBeGreaterThan(capacity);
        expect(high - low).toBeLessThanOrEqual(Math.max(1, precision * high));
        expect(holds).toBeGreaterThanOrEqual(2);
        expect(breaks).toBeGreaterThanOrEqual(2);
      }),
      { numRuns: 200 },
    );
  });

  it("ends at the top when nothing breaks, and begins where the phase before ended", () => {
    const { outcome, plateaus } = run(upTo(1e9), { ...SEARCH, to: 1700 }, 600);
    expect(plateaus.map(({ to }) => to)).toEqual([1100, 1600, 1700]);
    expect(outcome).toBe("top");
  });

  it("a fluke is found out: the level that broke once holds when it is confirmed", () => {
    for (const at of [1, 2, 3]) {
      const { outcome, low, high } = run((level, number) =>
        number === at ? "broken" : upTo(3000)(level, number),
      );
      expect(outcome).toBe("found");
      expect(low).toBeLessThanOrEqual(3000);
      expect(low).toBeGreaterThan(0.95 * 3000 - 1);
      expect(high).toBeGreaterThan(3000);
    }
  });

  it("ends, whatever the target does", () => {
    const verdict = fc.constantFrom("held", "broken", "untrusted" as const);
    fc.assert(
      fc.property(fc.infiniteStream(verdict as fc.Arbitrary<Judgement["verdict"]>), (stream) => {
        const { outcome } = run(() => stream.next().value as Judgement["verdict"]);
        expect(["found", "top", "no-recovery", "untrusted", "unsettled"]).toContain(outcome);
      }),
      { numRuns: 300 },
    );
  });

  it("a target that stays broken once it broke does not recover", () => {
    let broke = false;
    const { outcome, plateaus } = run((level) => {
      broke ||= level > 1000;
      return broke ? "broken" : "held";
    });
    expect(outcome).toBe("no-recovery");
    expect(plateaus.slice(-5).every(({ purpose }) => purpose === "rest")).toBe(true);
  });

  it("a generator that cannot, is asked three times, and then the search ends", () => {
    const { outcome, plateaus, low, high } = run((level) => (level > 1000 ? "untrusted" : "held"));
    expect(plateaus.map(({ to }) => to)).toEqual([500, 1000, 1500, 1500, 1500]);
    expect([outcome, low, high]).toEqual(["untrusted", 1000, null]);
  });

  it("a target that bears nothing has a limit and nothing that held", () => {
    const { outcome, low, high, holds } = run(() => "broken", SEARCH);
    expect([outcome, low, holds]).toEqual(["no-recovery", 0, 0]);
    expect(high).toBe(500);
    const mute = run((level) => (level > 0 ? "broken" : "held"));
    expect([mute.outcome, mute.low, mute.high, mute.holds]).toEqual(["found", 0, 1, 0]);
  });
});
