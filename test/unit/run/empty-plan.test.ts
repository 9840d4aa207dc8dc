/** Goal: a plan of nothing is refused before it starts, and one that holds anything where it is judged is not. */
import { describe, expect, test } from "vitest";
import { makePlan } from "../../../coordinator/plan/plan.ts";
import type { StrictPhase } from "../../../shared/scenario/strict.ts";
import { scenario } from "../merge/synthetic-run.ts";

const base = { exclude: false, messageFactor: 1 } as const;
const hold = (change: object = {}) =>
  ({ ...base, phase: "hold", ramp: "hold", durationUs: 2e6, ...change }) as StrictPhase;
const ramp = (to: number, change: object = {}) =>
  ({ ...base, phase: "ramp", ramp: "linear", to, durationUs: 2e6, ...change }) as StrictPhase;
const arrive = (arrivalsPerSec: number) =>
  ({
    ...base,
    ...{ phase: "arrive", ramp: "arrivals", arrivalsPerSec, arrival: "poisson", durationUs: 1e6 },
    stay: { kind: "fixed", meanUs: 1000 },
  }) as StrictPhase;

const plan = (...phases: StrictPhase[]) =>
  makePlan({ run: "r", scenario: scenario({ phases }), allowTargets: [] });

describe("refused", () => {
  test.each<[string, StrictPhase[], RegExp]>([
    ["no connection at all", [ramp(0)], /opens no connection/],
    ["arrivals so rare that none is drawn", [arrive(0.000_001)], /opens no connection/],
    [
      "everybody is gone when it counts",
      [ramp(9, { exclude: true }), ramp(0, { phase: "down", exclude: true }), hold()],
      /no connection is open in any phase that is judged \(hold\)/,
    ],
  ])("%s", (_, phases, message) => {
    expect(() => plan(...phases)).toThrow(message);
    expect(() => plan(...phases)).toThrow(
      expect.objectContaining({ code: "ONRUSH_SCENARIO_INVALID" }),
    );
  });
});

describe("taken", () => {
  test.each<[string, StrictPhase[]]>([
    ["those of an excluded warm-up are held", [ramp(9, { exclude: true }), hold()]],
    ["those of an excluded warm-up go", [ramp(9, { exclude: true }), ramp(0)]],
    ["all phases are excluded", [ramp(9, { exclude: true })]],
    ["short visits", [arrive(50)]],
  ])("%s", (_, phases) => {
    expect(plan(...phases).plannedOpens).toBeGreaterThan(0);
  });
});
