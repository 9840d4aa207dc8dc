/**
 * Goal: what is scraped of a run is what was merged, to the count. Method: synthetic frames, and sums over the raw values;
 * scenarios with more names than are told.
 */
import { describe, expect, it } from "vitest";
import {
  MAX_MESSAGES_NAMED,
  MAX_PHASES_NAMED,
  REST,
  type RunMeasures,
  runMeasures,
  TIME_BOUNDS_US,
} from "../../../coordinator/live/measures.ts";
import { RunFold } from "../../../coordinator/merge/run-fold.ts";
import type { StrictMessage, StrictPhase } from "../../../shared/scenario/strict.ts";
import { boundAt } from "../../../shared/stats/histogram.ts";
import {
  begun,
  facts,
  goodFrames,
  goodRun,
  merge,
  SyntheticEngine,
  scenario,
} from "../merge/synthetic-run.ts";

const NOW = { state: "running", elapsedUs: 6_500_000 } as const;

function timesOf(
  { times }: RunMeasures,
  metric: string,
  phase: string | null,
  message: string | null,
) {
  const found = times.filter(
    (of) => of.metric === metric && of.phase === phase && of.message === message,
  );
  expect(found).toHaveLength(1);
  return found[0] as (typeof times)[number];
}

describe("what is told of a run", () => {
  it("has counts by phase and message, as they were merged", () => {
    const measures = runMeasures(goodRun(), NOW);
    const [warmup, steady] = measures.phases;
    expect(measures.phases.map(({ phase }) => phase)).toEqual(["warmup", "steady"]);
    expect(warmup?.counters).toMatchObject({ attempted: 4, established: 4, closed: 4, sent: 8 });
    expect(steady?.counters).toMatchObject({ attempted: 0, sent: 32, received: 32, lost: 0 });
    expect(steady?.messages).toMatchObject([
      { message: "say", counters: { sent: 16, matched: 16, timedOut: 0 } },
      { message: "ask", counters: { sent: 16, matched: 16, timedOut: 0 } },
    ]);
    expect(measures.closes.get("plan")).toBe(4);
    expect(measures.frames).toBe(7);
    expect(measures.reportedSeconds).toBe(7);
    expect(measures.view).toMatchObject({ run: "r1", state: "running", phase: { name: "steady" } });
  });

  it("counts up to each bound exactly as many values as are not above it", () => {
    const us = [0, 99, 100, 101, 150, 1999, 2000, 2001, 5000, 5003, 5004, 1e7, 1.8e9, 3.6e9];
    const fold = new RunFold(facts());
    begun(fold);
    const engine = new SyntheticEngine();
    merge(fold, 1, [
      engine.frame({ second: 1, values: [{ metric: "latency", phase: 1, name: 0, us }] }),
      engine.frame({ second: 2, values: [{ metric: "latency", phase: 1, name: 0, us }] }),
    ]);
    const measures = runMeasures(fold, NOW);
    const latency = timesOf(measures, "latency", "steady", "say");
    expect(latency.count).toBe(us.length * 2);
    expect(latency.upTo).toEqual(
      TIME_BOUNDS_US.map((boundUs) => us.filter((value) => value <= boundUs).length * 2),
    );
    const sumUs = us.reduce((sum, value) => sum + value, 0) * 2;
    expect(Math.abs(latency.sumUs - sumUs)).toBeLessThan(sumUs * 0.001);
    expect(timesOf(measures, "latency", "steady", "ask")).toMatchObject({ count: 0, sumUs: 0 });
  });

  it("has bounds that are ends of HDR buckets, rising", () => {
    for (const [at, boundUs] of TIME_BOUNDS_US.entries()) {
      expect(boundAt(boundUs)).toBe(boundUs);
      expect(boundAt(boundUs + 1)).toBeGreaterThan(boundUs);
      expect(boundUs).toBeGreaterThan(TIME_BOUNDS_US[at - 1] ?? 0);
    }
    expect(TIME_BOUNDS_US.length).toBeGreaterThan(30);
  });

  it("names every place from the beginning and never takes anything back", () => {
    const fold = new RunFold(facts());
    begun(fold);
    const shape = (of: RunMeasures) =>
      of.times.map(({ metric, phase, message }) => [metric, phase, message]);
    let before = runMeasures(fold, { state: "ready", elapsedUs: null });
    const places = shape(before);
    for (const [seq, body] of goodFrames().entries()) {
      fold.apply({ type: "frame", epoch: 1, seq, body, late: false });
      const after = runMeasures(fold, NOW);
      expect(shape(after)).toEqual(places);
      for (const [at, times] of after.times.entries()) {
        const earlier = before.times[at];
        const fell = times.upTo.filter((count, bound) => count < (earlier?.upTo[bound] ?? 0));
        expect(fell).toEqual([]);
      }
      before = after;
    }
    expect(timesOf(before, "connect", "warmup", null).count).toBe(4);
    expect(timesOf(before, "loopLag", null, null).count).toBe(15);
  });

  it("tells so many phases and messages apart, and counts the others together", () => {
    const base = scenario();
    const [hold] = base.phases.slice(1) as [StrictPhase];
    const [say] = (base.messages?.mix ?? []) as readonly [StrictMessage];
    const { durationUs, exclude, messageFactor } = hold;
    const phases = Array.from({ length: MAX_PHASES_NAMED + 5 }, (_, at) => ({
      ...({ ramp: "burst", to: 4, durationUs, exclude, messageFactor } as const),
      phase: `p${at}`,
    }));
    const mix = Array.from({ length: MAX_MESSAGES_NAMED + 3 }, (_, at) => ({
      ...say,
      name: `m${at}`,
    }));
    const messages = base.messages && { ...base.messages, mix };
    const fold = new RunFold(facts({ phases, messages }));
    begun(fold);
    const last = { phase: phases.length - 1, name: mix.length - 1 };
    merge(fold, 1, [
      new SyntheticEngine().frame({
        second: 1,
        phases: { [last.phase]: { sent: 7 }, [last.phase - 1]: { sent: 2 } },
        names: [{ ...last, counters: { sent: 7 } }],
        values: [
          { metric: "latency", ...last, us: [1000, 2000] },
          { metric: "latency", phase: last.phase - 1, name: last.name - 1, us: [3000] },
          { metric: "connect", phase: last.phase, us: [10] },
          { metric: "connect", phase: last.phase - 1, us: [20] },
        ],
      }),
    ]);
    const measures = runMeasures(fold, NOW);
    expect(measures.phases).toHaveLength(MAX_PHASES_NAMED + 1);
    const rest = measures.phases.at(-1);
    expect(rest).toMatchObject({ phase: REST, counters: { sent: 9 } });
    expect(rest?.messages).toHaveLength(MAX_MESSAGES_NAMED + 1);
    expect(rest?.messages.at(-1)).toMatchObject({ message: REST, counters: { sent: 7 } });
    expect(timesOf(measures, "latency", REST, REST)).toMatchObject({ count: 3 });
    expect(timesOf(measures, "connect", REST, null).count).toBe(2);
  });

  it("counts phases together whose names a mask made the same", () => {
    const phases = scenario().phases.map((phase) => ({ ...phase, phase: "***" }));
    const fold = new RunFold({ ...facts(), scenario: scenario({ phases }) });
    begun(fold);
    merge(fold, 1, goodFrames());
    const measures = runMeasures(fold, NOW);
    expect(measures.phases.map(({ phase, counters }) => [phase, counters.sent])).toEqual([
      ["***", 40],
    ]);
    expect(timesOf(measures, "latency", "***", "say").count).toBe(20);
  });
});
