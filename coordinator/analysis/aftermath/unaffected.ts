/**
 * Latency of those that a fault did not touch: before it, during it, and after all were back. Pure; called for the summary. Invariant:
 * the same run gives the same intervals; what faults are to blame for is in none of them.
 */
import type { RunFold } from "../../merge/run-fold.ts";
import { judgedHistogram } from "../judged.ts";
import { type Bootstrap, bootstrapInterval } from "../stats/block-bootstrap.ts";
import { BlockedValues } from "../stats/blocked-values.ts";
import type { Interval } from "../stats/interval.ts";

const CONFIDENCE = 0.95;
const RESAMPLES = 400;
/** Fewer seconds have no interval. */
const LEAST_SECONDS = 5;
/** More of a long stretch say nothing new. */
const MOST_SECONDS = 60;

/** Whole seconds [from, to). */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** Microseconds. */
export interface StretchLatency {
  readonly count: number;
  readonly p50: Interval | number;
  readonly p99: Interval | number;
}

/** Quantiles are a mere number where there are too few seconds for an interval. null: no reply came. */
export function latencyIn(fold: RunFold, { from, to }: Stretch): StretchLatency | null {
  const phases = new Set(fold.facts.scenario.phases.keys());
  const seconds = [];
  for (let second = from; second < Math.min(to, from + MOST_SECONDS); second++) {
    const selection = { metric: "latency", phases, names: null } as const;
    const one = judgedHistogram(fold, selection, { from: second, to: second + 1 });
    if (one !== null && one.count > 0) seconds.push(one);
  }
  if (seconds.length === 0) return null;
  const values = new BlockedValues(seconds.map((second) => second.buckets()));
  const blocks = seconds.length;
  const drawn = { seed: fold.facts.scenario.seed, resamples: RESAMPLES, confidence: CONFIDENCE };
  const bootstrap = { ...drawn, blocks, effectiveBlocks: blocks };
  return {
    count: seconds.reduce((sum, { count }) => sum + count, 0),
    p50: quantileOf(values, 0.5, bootstrap),
    p99: quantileOf(values, 0.99, bootstrap),
  };
}

function quantileOf(values: BlockedValues, p: number, bootstrap: Bootstrap): Interval | number {
  const interval =
    bootstrap.blocks < LEAST_SECONDS
      ? null
      : bootstrapInterval(bootstrap, (weights) => values.quantile(weights, p));
  return interval ?? values.quantile(new Uint16Array(bootstrap.blocks).fill(1), p);
}
