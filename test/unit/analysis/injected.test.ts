/**
 * Goal: what a fault of the scenario is to blame for is in no statistic of any measure, unless a rule asks for it (`include: injected`).
 * Method: two synthetic runs that differ in what was counted apart alone; each statistic of each measure is the same of both without
 * `include`, and with it, all that was counted apart is seen.
 */
import { describe, expect, it } from "vitest";
import { observe } from "../../../coordinator/analysis/observe.ts";
import type { Observation } from "../../../coordinator/analysis/observe-count.ts";
import { RunFold } from "../../../coordinator/merge/run-fold.ts";
import { MEASURES, statisticsOf } from "../../../shared/scenario/measures.ts";
import type { ThresholdMeasure } from "../../../shared/scenario/strict.ts";
import type { StrictFault } from "../../../shared/scenario/strict-fault.ts";
import { METRICS, NAME_COUNTERS, PHASE_COUNTERS } from "../../../shared/stats/counters.ts";
import {
  begun,
  ended,
  facts,
  merge,
  SyntheticEngine,
  scenario,
  threshold,
} from "../merge/synthetic-run.ts";

const fault: StrictFault = {
  ...{ name: "x", phase: 1, offsetUs: 1e6, forUs: 1e6, everyUs: 0, times: 1, endedUs: null },
  victims: { share: 0.5, count: null, role: null, target: null, worker: null },
  recovered: null,
  act: { kind: "blackhole" },
};
const PHASE = 1;
const APART = 2 + PHASE;
const all = <T extends string>(names: readonly T[], value: number) =>
  Object.fromEntries(names.map((name) => [name, value])) as Record<T, number>;

/** @param injected what was counted apart, of everything */
function run(injected: number): RunFold {
  const fold = new RunFold(facts({ faults: [fault], integrity: scenario().integrity }));
  const engine = new SyntheticEngine();
  const bodies = Array.from({ length: 6 }, (_, second) => {
    const isApart = second === 3 && injected > 0;
    // A generator that is late by much is not believed.
    const times = (phase: number, us: number) =>
      METRICS.map((metric) => {
        const lagUs = metric.endsWith("Lag") ? us / 100 : us;
        return { metric, phase, name: 0, us: Array<number>(20).fill(lagUs) };
      });
    return engine.frame({
      second,
      phases: {
        [PHASE]: { ...all(PHASE_COUNTERS, 10), discarded: 0, downMs: 0, upMs: 4000 },
        ...(isApart && {
          [APART]: { ...all(PHASE_COUNTERS, injected), discarded: 0, downMs: 2000 },
        }),
      },
      names: [
        { phase: PHASE, name: 0, counters: all(NAME_COUNTERS, 4) },
        ...(isApart ? [{ phase: APART, name: 0, counters: all(NAME_COUNTERS, injected) }] : []),
      ],
      values: [...times(PHASE, 1000), ...(isApart ? times(APART, 900_000) : [])],
      // Half of them are away while the fault acts.
      ticks: { open: Array<number>(10).fill(isApart ? 2 : 4) },
    });
  });
  begun(fold);
  merge(fold, 1, bodies);
  ended(fold, { 1: bodies.length - 1 });
  return fold;
}

function seen(fold: RunFold, over: Parameters<typeof threshold>[0]): Observation {
  return observe(fold, threshold(over));
}

const rules = (Object.keys(MEASURES) as ThresholdMeasure[]).flatMap((measure) =>
  statisticsOf(measure).flatMap((statistic) => {
    const { units = ["us" as const] } = MEASURES[measure].statistics[statistic] ?? {};
    return units.map((unit) => ({ measure, statistic, unit }));
  }),
);

/** In a run of echoes nobody asks for these; they have runs of their own in the tests of push and sequences. */
const NOT_MEASURED = new Set(["push", "sequence"]);

describe("what faults are to blame for", () => {
  const [without, withThem] = [run(0), run(7)];

  it("is looked for in every measure", () => {
    expect(new Set(rules.map(({ measure }) => measure))).toEqual(new Set(Object.keys(MEASURES)));
    expect(rules.length).toBeGreaterThan(70);
  });

  it.each(rules)("is not in $measure $statistic ($unit)", (rule) => {
    expect(seen(withThem, rule)).toEqual(seen(without, rule));
  });

  const measured = rules.filter(
    ({ measure, statistic }) => !NOT_MEASURED.has(measure) && !/^p\d|^max$/.test(statistic),
  );
  it.each(measured)("is in $measure $statistic ($unit) where it is asked for", (rule) => {
    const asked = seen(withThem, { ...rule, withInjected: true });
    expect(seen(without, { ...rule, withInjected: true })).toEqual(seen(without, rule));
    if (!("value" in asked)) {
      expect(seen(withThem, rule)).toEqual(asked);
      return;
    }
    const before = seen(without, rule);
    const same = "value" in before && before.value === asked.value;
    // A share may be the same of more; its count is not.
    if (rule.unit !== "share" && !ALIKE.has(rule.statistic)) expect(same).toBe(false);
  });

  it("is in percentiles and in who is open", () => {
    const max = { measure: "latency", statistic: "max", withInjected: true } as const;
    expect((seen(withThem, max) as { value: number }).value).toBeGreaterThan(890_000);
    const open = { measure: "connections", statistic: "open", unit: "count" } as const;
    expect(seen(withThem, open)).toEqual({ value: 4 });
    expect(seen(withThem, { ...open, withInjected: true })).toEqual({ value: 2 });
  });
});

/** Of one fault and no repair there is nothing more to see in these. */
const ALIKE: ReadonlySet<string> = new Set(["mtbf", "mttr", "longest", "outages"]);
