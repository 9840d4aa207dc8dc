/**
 * Percentile curves of both sides, for a table and for a chart whose axis stretches the tail. Called by ../compare.ts.
 * Invariant: a percentile is there only while at least one value lies beyond it.
 */
import { MergedHistogram } from "../../../shared/stats/histogram.ts";
import type { ComparedCurve, CurvePoint } from "./comparison.ts";
import { type RunFigures, toMs } from "./figures.ts";
import { TIMED, type TimedMetric } from "./measure.ts";

/** Fine where most values lie, then equal steps of the logarithm of what lies beyond. */
const PERCENTILES: readonly number[] = [
  ...[1, 5, 10, 20, 25, 30, 40, 50, 60, 70, 75, 80, 85, 90, 92.5, 95, 96, 97, 97.5, 98, 98.5, 99],
  ...[99.25, 99.5, 99.6, 99.75, 99.9, 99.925, 99.95, 99.975, 99.99, 99.995, 99.999, 100],
];

export function curves(
  a: readonly RunFigures[],
  b: readonly RunFigures[],
): readonly ComparedCurve[] {
  return TIMED.flatMap((metric) => {
    const [inA, inB] = [union(a, metric), union(b, metric)];
    if (inA.count + inB.count === 0) return [];
    const points = PERCENTILES.map((percentile): CurvePoint => {
      return { percentile, aMs: at(inA, percentile), bMs: at(inB, percentile) };
    }).filter(({ aMs, bMs }) => aMs !== null || bMs !== null);
    return [{ metric, countA: inA.count, countB: inB.count, points }];
  });
}

function union(runs: readonly RunFigures[], metric: TimedMetric): MergedHistogram {
  const all = new MergedHistogram();
  for (const run of runs) all.addFrom(run.merged(metric));
  return all;
}

function at(histogram: MergedHistogram, percentile: number): number | null {
  if (histogram.count === 0) return null;
  const beyond = histogram.count * (1 - percentile / 100);
  return percentile === 100 || beyond >= 1 - 1e-6
    ? toMs(histogram.quantile(percentile / 100))
    : null;
}
