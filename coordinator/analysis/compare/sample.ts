/**
 * One run as the comparison sees it: second by second, what was measured and counted, and which seconds may be trusted.
 * Made from a fold by sampleOf; simulations make their own. Invariant: nothing of a second says what the run was part
 * of; the two sides are distinguished by the caller alone.
 */
import type { PhaseCounter } from "../../../shared/stats/counters.ts";
import type { MergedHistogram } from "../../../shared/stats/histogram.ts";
import { phaseAt, phaseSpans } from "../../merge/facts.ts";
import type { RunFold } from "../../merge/run-fold.ts";
import { isSaturated } from "../judged.ts";
import type { TimedMetric } from "./measure.ts";

export interface RunSample {
  readonly run: string;
  readonly name: string;
  /** Milliseconds since the Unix epoch; null when it never started. */
  readonly startWallMs: number | null;
  /** Seconds of the plan. */
  readonly plannedSeconds: number;
  /** Seconds of the plan that were run; less than planned when it ended early. */
  readonly doneSeconds: number;
  /** Seconds with a record: those of the plan and of the drain. */
  readonly recordedSeconds: number;
  /** The run stamped its messages, so that duplicates and the like would show. */
  readonly stamped: boolean;
  /** Seconds of phases that count in which a worker was lost: they do not count. */
  readonly disturbedSeconds: number;
  /** The second begins in a phase that counts and was as planned; the drain belongs to the last phase. */
  judged(second: number): boolean;
  /** The generator was at its limit in it. */
  masked(second: number): boolean;
  histogram(second: number, metric: TimedMetric): MergedHistogram | null;
  counted(second: number, counter: PhaseCounter): number;
}

export function sampleOf(fold: RunFold): RunSample {
  const { facts, merge } = fold;
  const spans = phaseSpans(facts.scenario);
  const plannedSeconds = Math.ceil(facts.durationUs / 1_000_000);
  const recordedSeconds = merge.timeline.length;
  const inCounted = (second: number) => phaseAt(spans, second * 1_000_000)?.excluded === false;
  const disturbed = (second: number) => fold.disturbances.touches(second);
  const early = fold.end !== null || !fold.complete || fold.problem !== null;
  return {
    run: facts.run,
    name: facts.scenario.name,
    startWallMs: fold.startWallMs,
    plannedSeconds,
    // The last second of a run that was cut may be a part of one.
    doneSeconds: early
      ? Math.min(plannedSeconds, Math.max(0, recordedSeconds - 1))
      : plannedSeconds,
    recordedSeconds,
    stamped: facts.scenario.integrity.stamp,
    disturbedSeconds: Array.from({ length: plannedSeconds }, (_, second) => second).filter(
      (second) => inCounted(second) && disturbed(second),
    ).length,
    judged: (second) => inCounted(second) && !disturbed(second),
    masked: (second) => isSaturated(fold, second),
    histogram: (second, metric) =>
      merge.series.histogram(
        { metric, phases: null, names: null },
        { from: second, to: second + 1 },
      ),
    counted: (second, counter) => merge.timeline.counted(second, counter),
  };
}

/** The stretch of the plan that all runs of a comparison have gone through. */
export interface CommonSpan {
  /** Seconds of the plan that count, in order. */
  readonly seconds: readonly number[];
  /** All went to the end of the plan: what comes in the drain counts too. */
  readonly whole: boolean;
}

export function commonSpan(samples: readonly RunSample[]): CommonSpan {
  const done = Math.min(...samples.map(({ doneSeconds }) => doneSeconds));
  const seconds: number[] = [];
  for (let second = 0; second < done; second++) {
    if (samples.every((sample) => sample.judged(second))) seconds.push(second);
  }
  return { seconds, whole: samples.every(({ plannedSeconds }) => plannedSeconds === done) };
}

/** Where a second lies: its place among those that count; what comes in the drain lies at the end. */
export interface PlacedSecond {
  readonly second: number;
  readonly place: number;
}

export function placedSeconds(sample: RunSample, span: CommonSpan): readonly PlacedSecond[] {
  const placed = span.seconds.map((second, place) => ({ second, place }));
  if (!span.whole) return placed;
  const last = span.seconds.length - 1;
  for (let second = sample.plannedSeconds; second < sample.recordedSeconds; second++) {
    if (sample.judged(second)) placed.push({ second, place: last });
  }
  return placed;
}
