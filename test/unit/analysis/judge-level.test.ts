/**
 * Goal: a level is judged by its second half and by nothing else, and never when the generator was at fault. Method: a level
 * of five seconds in synthetic frames, with one thing different at a time.
 */
import { describe, expect, it } from "vitest";
import { capacityOf } from "../../../coordinator/analysis/search/capacity.ts";
import { judgeLevel } from "../../../coordinator/analysis/search/judge-level.ts";
import { RunFold } from "../../../coordinator/merge/run-fold.ts";
import type { Plateau } from "../../../coordinator/merge/searches.ts";
import type { StrictSearch } from "../../../shared/scenario/strict.ts";
import {
  begun,
  type FrameContent,
  facts,
  merge,
  SyntheticEngine,
  threshold,
} from "../merge/synthetic-run.ts";

const SLOW = threshold({ rule: "p99 > 100ms", operator: ">", limit: 100_000 });
const REFUSED = threshold({
  ...{ metric: "connect", rule: "failed > 1%", measure: "connect", statistic: "failed" },
  ...{ operator: ">", limit: 0.01, unit: "share" },
});
const SEARCH: StrictSearch = {
  ...{ ramp: "find-limit", step: 10, to: 100, settleUs: 4e6, precision: 0.05 },
  ...{ until: [SLOW, REFUSED], levels: [{ atUs: 0, riseUs: 1e6, to: 10 }] },
};
/** Changes in second 0, stays for four: seconds 3 and 4 are judged. */
const SPAN = { phase: 0, planned: 10, from: 0, held: 1, to: 5 };

const ten = (value: number) => Array.from({ length: 10 }, () => value);

function judged(change: Readonly<Record<number, FrameContent>>) {
  const base = { exclude: true, messageFactor: 1, durationUs: 60e6 };
  const fold = new RunFold(facts({ phases: [{ ...base, phase: "search", ...SEARCH }] }));
  begun(fold);
  const engine = new SyntheticEngine();
  const frames = [0, 1, 2, 3, 4].map((second) =>
    engine.frame({
      second,
      ticks: {
        open: ten(second === 0 ? 1 : 10),
        ...(second === 0 ? { opened: ten(1) } : {}),
        ...change[second]?.ticks,
      },
      values: change[second]?.values ?? [{ metric: "latency", phase: 0, us: ten(20_000) }],
      health: change[second]?.health ?? {},
    }),
  );
  merge(fold, 1, frames);
  return judgeLevel(fold, SPAN, SEARCH.until);
}

const slow = (us: number): FrameContent => ({
  values: [{ metric: "latency", phase: 0, us: ten(us) }],
});

describe("judgeLevel", () => {
  it("holds when no rule is true and everybody is open", () => {
    const { verdict, reason, observed } = judged({});
    expect([verdict, reason]).toEqual(["held", ""]);
    expect(observed[0]).toBeGreaterThan(19_900);
    expect(observed[1]).toBe(0);
  });

  it("looks at the second half only", () => {
    expect(judged({ 0: slow(500_000), 1: slow(500_000), 2: slow(500_000) }).verdict).toBe("held");
    const { verdict, reason } = judged({ 4: slow(500_000) });
    expect(verdict).toBe("broken");
    expect(reason).toBe("latency p99 was 500 ms");
  });

  it("of connects at all of it, because they happen while the level changes", () => {
    const { verdict, reason } = judged({ 0: { ticks: { failed: [1], open: ten(1) } } });
    expect(verdict).toBe("broken");
    expect(reason).toBe("connect failed was 9.09%");
  });

  it("breaks when too few are open, whatever the rules say", () => {
    const few = { ticks: { open: ten(9) } };
    const { verdict, reason } = judged({ 3: few, 4: few });
    expect([verdict, reason]).toEqual(["broken", "only 9 of 10 were open"]);
  });

  it("breaks when no reply comes at all", () => {
    const silent: FrameContent = { values: [] };
    const { verdict, observed, reason } = judged({ 3: silent, 4: silent });
    expect(verdict).toBe("broken");
    expect(observed[0]).toBeNull();
    expect(reason).toContain("no reply came");
  });

  it("leaves out a second in which the generator was too slow, and judges nothing by the rest of too few", () => {
    const stalled = { ...slow(500_000), health: { loopLagMaxUs: 400_000 } };
    expect(judged({ 4: stalled }).verdict).toBe("held");
    const { verdict, reason } = judged({ 3: stalled, 4: stalled });
    expect(verdict).toBe("untrusted");
    expect(reason).toContain("2 of 2 seconds");
  });
});

describe("capacityOf", () => {
  const plateau = (to: number, verdict: Plateau["verdict"], ms = 20): Plateau => ({
    ...{ to, verdict, purpose: "climb", observed: [ms * 1000, 0] },
    reason: verdict === "broken" ? `latency p99 was ${ms} ms` : "",
  });
  const of = (plateaus: readonly Plateau[], outcome: "found" | "no-recovery" | "top" | null) =>
    capacityOf(SEARCH, { from: 0, plateaus, outcome });

  it("says what held and what broke twice, and where latency bends", () => {
    const found = of(
      [
        ...[plateau(10, "held"), plateau(20, "held"), plateau(30, "held"), plateau(40, "held")],
        ...[plateau(50, "held"), plateau(60, "broken", 520), plateau(55, "broken", 270)],
        ...[plateau(52, "broken", 120), plateau(52, "broken", 120), plateau(50, "held")],
      ],
      "found",
    );
    expect(found).toMatchObject({ tested: 60, knee: 50, limit: 52, sustainable: 50 });
    expect(found.basis).toContain("50 held twice; 52 broke twice (latency p99 was 120 ms)");
  });

  it("claims no limit for what broke once, and nothing beyond what was tested", () => {
    expect(of([plateau(10, "held"), plateau(20, "broken", 900)], null)).toMatchObject({
      ...{ tested: 20, knee: null, limit: null, sustainable: 10 },
      basis: expect.stringContaining("the run ended before the search did"),
    });
    expect(of([plateau(10, "held")], "top")).toMatchObject({ tested: 10, limit: null });
  });

  it("a target that does not recover sustains nothing", () => {
    const plateaus = [plateau(10, "held"), plateau(20, "broken", 900)];
    expect(of(plateaus, "no-recovery").sustainable).toBeNull();
  });
});
