/**
 * histograms/*.hlog: HdrHistogram logs (text, V2 encoding) that the usual tools read, one file a metric. Values
 * are microseconds; what is kept per second has an interval a second, the rest one interval for the run.
 * Invariant: the sum of all intervals of a file is the histogram of the whole run, excluded phases included.
 */
import { METRICS, type Metric } from "../../../shared/stats/counters.ts";
import type { MergedHistogram } from "../../../shared/stats/histogram.ts";
import type { RunFold } from "../../merge/run-fold.ts";

/** The file format's version, as HdrHistogram's own writer states it. */
const FORMAT_VERSION = "1.3";
/** Interval_Max is shown in milliseconds. */
const US_PER_MAX_UNIT = 1000;
/** Logged second by second; the others in one interval. */
const INTERVAL_METRICS: readonly Metric[] = [
  "latency",
  "service",
  "sendLag",
  "connect",
  "ping",
  "loopLag",
];

/** Metrics with any value, in wire order. */
export function loggedMetrics(fold: RunFold): readonly Metric[] {
  return METRICS.filter((metric) => totalOf(fold, metric) !== null);
}

/** Lines of one metric's log. */
export function* histogramLog(fold: RunFold, metric: Metric): Generator<string> {
  const startMs = fold.startWallMs ?? fold.facts.createdWallMs;
  yield `#[Onrush run ${fold.facts.run}, ${metric} in microseconds]\n`;
  yield `#[Histogram log format version ${FORMAT_VERSION}]\n`;
  yield `#[StartTime: ${(startMs / 1000).toFixed(3)} (seconds since epoch), ${new Date(startMs).toISOString()}]\n`;
  yield '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"\n';
  if (INTERVAL_METRICS.includes(metric)) yield* intervals(fold, metric);
  else {
    const total = totalOf(fold, metric);
    if (total) yield line({ metric, fromSeconds: 0, seconds: fold.merge.timeline.length }, total);
  }
}

function* intervals(fold: RunFold, metric: Metric): Generator<string> {
  const { timeline, series } = fold.merge;
  for (let second = 0; second < timeline.length; second++) {
    const window = { from: second, to: second + 1 };
    const histogram = series.histogram({ metric, phases: null, names: null }, window);
    if (histogram) yield line({ metric, fromSeconds: second, seconds: 1 }, histogram);
  }
}

function line(
  interval: { readonly metric: Metric; readonly fromSeconds: number; readonly seconds: number },
  histogram: MergedHistogram,
): string {
  const { metric, fromSeconds, seconds } = interval;
  const max = (histogram.max / US_PER_MAX_UNIT).toFixed(3);
  const start = fromSeconds.toFixed(3);
  return `Tag=${metric},${start},${seconds.toFixed(3)},${max},${histogram.encodeBase64()}\n`;
}

function totalOf(fold: RunFold, metric: Metric): MergedHistogram | null {
  return fold.merge.series.total({ metric, phases: null, names: null });
}
