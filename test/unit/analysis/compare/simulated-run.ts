/**
 * Simulated runs for the tests of the comparison: seeded, second by second, with what makes real ones hard to compare.
 * A level that wanders (first-order autoregression, 0.8 from second to second), a tail, pauses that last for seconds and
 * hit everybody, failures that come in bursts, and a difference from run to run that has no cause.
 */
import type { TimedMetric } from "../../../../coordinator/analysis/compare/measure.ts";
import type { RunSample } from "../../../../coordinator/analysis/compare/sample.ts";
import { HotHistogram, MergedHistogram } from "../../../../shared/stats/histogram.ts";
import { drawUnit, Stream } from "../../../../shared/time/random.ts";
import { dependent, normal } from "../stats/noise.ts";

export interface SimulatedRun {
  readonly seed: number;
  /** Number of the run; all its noise follows from it. */
  readonly run: number;
  readonly seconds: number;
  readonly perSecond: number;
  /** Standard deviation, in logarithms, of what differs from run to run. */
  readonly runSpread: number;
  /** All times are multiplied by it. */
  readonly slower?: number;
  readonly correlation?: number;
  /** Without pauses and bursts of failures. */
  readonly calm?: boolean;
}

const MEDIAN_US = 20_000;
const LEVEL_SPREAD = 0.08;
const VALUE_SPREAD = 0.4;
/** Chance that a pause begins in a second, that it goes on, and that it hits a message. */
const PAUSE = { begins: 0.02, goesOn: 0.6, hits: 0.1, us: 150_000 } as const;

export function simulatedRun(wanted: SimulatedRun): RunSample {
  const { seed, run, seconds, perSecond, runSpread } = wanted;
  const unit = (index: number, counter: number) =>
    drawUnit(seed + 1, Stream.slot, run * 10_000 + index, counter);
  const levels = dependent(seed + 2, run, {
    length: seconds,
    correlation: wanted.correlation ?? 0.8,
  });
  const shift = (wanted.slower ?? 1) * Math.exp(runSpread * normal(seed + 3, run, 0));
  const histograms: MergedHistogram[] = [];
  const failed: number[] = [];
  const hot = new HotHistogram();
  let paused = false;
  for (let second = 0; second < seconds; second++) {
    paused = wanted.calm !== true && unit(second, 0) < (paused ? PAUSE.goesOn : PAUSE.begins);
    const level = MEDIAN_US * shift * Math.exp(LEVEL_SPREAD * levels[second]!);
    hot.reset();
    for (let message = 0; message < perSecond; message++) {
      const noise = normal(seed + 4, run * 10_000 + second, message);
      const held = paused && unit(second, 10 + message) < PAUSE.hits ? PAUSE.us * shift : 0;
      const us = level * Math.exp(VALUE_SPREAD * noise);
      hot.record(Math.round(us + held * unit(second, 1_000 + message)));
    }
    const histogram = new MergedHistogram();
    histogram.add(hot.encode());
    histograms.push(histogram);
    failed.push(paused && unit(second, 1) < 0.3 ? Math.ceil(perSecond / 20) : 0);
  }
  return {
    run: `run-${run}`,
    name: "simulated",
    startWallMs: run,
    plannedSeconds: seconds,
    doneSeconds: seconds,
    recordedSeconds: seconds,
    stamped: false,
    disturbedSeconds: 0,
    judged: (second) => second >= 0 && second < seconds,
    masked: () => false,
    histogram: (second: number, metric: TimedMetric) =>
      metric === "connect" ? null : (histograms[second] ?? null),
    counted: (second, counter) => {
      switch (counter) {
        case "expected":
        case "sent":
          return perSecond;
        case "timedOut":
          return failed[second] ?? 0;
        case "received":
          return perSecond - (failed[second] ?? 0);
        default:
          return 0;
      }
    },
  };
}
