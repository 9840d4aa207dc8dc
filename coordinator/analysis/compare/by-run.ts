/**
 * Compares sides of several runs: a run is one sample, whatever it consists of, so that what differs from run to run
 * (placement, neighbours, the state of the target) is in the interval. Called by ../compare.ts.
 * Invariant: the exact interval where there are runs enough for one, else the pooled t, which is wider.
 */
import { type Interval, median } from "../stats/interval.ts";
import { newcombeInterval, type Proportion } from "../stats/proportion.ts";
import { hodgesLehmann } from "../stats/rank-sum.ts";
import { studentInterval } from "../stats/student.ts";
import { type Change, ONE_SIDE, relative, TOO_FEW, widened } from "./change.ts";
import { type RunFigures, suffices, toMs } from "./figures.ts";
import type { Measure, QuantileMeasure, RateMeasure, ShareMeasure } from "./measure.ts";

export interface RunSides {
  readonly a: readonly RunFigures[];
  readonly b: readonly RunFigures[];
  readonly seconds: number;
  readonly confidence: number;
}

/** @returns null when the measure was taken on neither side */
export function changeByRun(sides: RunSides, measure: Measure): Change | null {
  switch (measure.kind) {
    case "quantile":
      return quantileChange(sides, measure);
    case "share":
      return shareChange(sides, measure);
    case "rate":
      return rateChange(sides, measure);
  }
}

/** The method, as a sentence says it. */
export function runMethod({ a, b, confidence }: RunSides): string {
  const runs = `${a.length} and ${b.length} runs`;
  const zeros = (side: readonly unknown[]) => side.map(() => 0);
  return hodgesLehmann(zeros(a), zeros(b), confidence) !== null
    ? `A run is one sample (${runs}): Hodges-Lehmann shift, exact rank-sum interval.`
    : `A run is one sample (${runs}): difference of means with the pooled t, which takes run-to-run differences as normal; 4 runs a side give an exact interval.`;
}

function shift(a: readonly number[], b: readonly number[], confidence: number): Interval | null {
  return hodgesLehmann(a, b, confidence) ?? studentInterval(a, b, confidence);
}

function quantileChange(sides: RunSides, { metric, p }: QuantileMeasure): Change | null {
  const { a, b, confidence } = sides;
  const [countsA, countsB] = [a, b].map((side) => side.map((run) => run.merged(metric).count)) as [
    number[],
    number[],
  ];
  const counts = { countA: sum(countsA), countB: sum(countsB) };
  if (counts.countA + counts.countB === 0) return null;
  const timeOf = (run: RunFigures) => toMs(run.merged(metric).quantile(p));
  const [valuesA, valuesB] = [measured(a, countsA).map(timeOf), measured(b, countsB).map(timeOf)];
  const figures = { ...counts, a: orNull(median(valuesA)), b: orNull(median(valuesB)) };
  if (valuesA.length === 0 || valuesB.length === 0) return unknown(figures, ONE_SIDE);
  const lacking = [...countsA, ...countsB].filter((count) => !suffices(count, p)).length;
  if (lacking > 0) return unknown(figures, `${TOO_FEW} in ${lacking} of the runs`);
  return known(figures, shift(valuesA.map(Math.log), valuesB.map(Math.log), confidence), relative);
}

function shareChange(sides: RunSides, measure: ShareMeasure): Change | null {
  const { confidence } = sides;
  const [a, b] = [sides.a, sides.b].map((side) =>
    side
      .map((run) => ({ count: run.count(measure.counter), of: run.count(measure.of) }))
      .filter(({ of }) => of > 0),
  ) as [Proportion[], Proportion[]];
  const [allA, allB] = [pooled(a), pooled(b)];
  if (allA.of + allB.of === 0) return null;
  const shares = ({ count, of }: Proportion) => count / of;
  const figures = {
    a: orNull(median(a.map(shares))),
    b: orNull(median(b.map(shares))),
    countA: allA.of,
    countB: allB.of,
  };
  if (allA.of === 0 || allB.of === 0) return unknown(figures, ONE_SIDE);
  const interval = shift(a.map(shares), b.map(shares), confidence);
  // Nothing in all runs is still nothing in a limited number of trials.
  const least = newcombeInterval(allA, allB, confidence);
  return known(figures, interval && widened(interval, least), (same) => same);
}

function rateChange(sides: RunSides, { counter }: RateMeasure): Change | null {
  const { seconds, confidence } = sides;
  const [a, b] = [sides.a, sides.b].map((side) => side.map((run) => run.count(counter))) as [
    number[],
    number[],
  ];
  if (sum(a) + sum(b) === 0 || seconds === 0) return null;
  const figures = {
    a: median(a) / seconds,
    b: median(b) / seconds,
    countA: sum(a),
    countB: sum(b),
  };
  if ([...a, ...b].some((count) => count === 0)) return unknown(figures, ONE_SIDE);
  return known(figures, shift(a.map(Math.log), b.map(Math.log), confidence), relative);
}

type Figures = Pick<Change, "a" | "b" | "countA" | "countB">;

function unknown(figures: Figures, missing: string): Change {
  return { ...figures, change: null, interval: null, missing };
}

function known(
  figures: Figures,
  interval: Interval | null,
  shown: (interval: Interval) => Interval,
): Change {
  if (interval === null) return unknown(figures, "too few runs");
  const change = shown(interval);
  return { ...figures, change: change.estimate, interval: change, missing: null };
}

function measured(runs: readonly RunFigures[], counts: readonly number[]): RunFigures[] {
  return runs.filter((_, at) => (counts[at] ?? 0) > 0);
}

function pooled(runs: readonly Proportion[]): Proportion {
  return { count: sum(runs.map(({ count }) => count)), of: sum(runs.map(({ of }) => of)) };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function orNull(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}
