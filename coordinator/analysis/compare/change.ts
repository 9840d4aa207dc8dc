/**
 * What was found out about one measure, before it is judged. Made by by-run.ts and by-block.ts, judged by verdict.ts.
 */
import type { Interval } from "../stats/interval.ts";

export interface Change {
  readonly a: number | null;
  readonly b: number | null;
  readonly countA: number;
  readonly countB: number;
  /** B against A: relative for times and rates, a difference for shares. */
  readonly change: number | null;
  /** null: nobody can tell, and `missing` says why. */
  readonly interval: Interval | null;
  readonly missing: string | null;
}

/** An interval of differences of logarithms as one of relative changes. */
export function relative({ estimate, low, high }: Interval): Interval {
  return { estimate: Math.expm1(estimate), low: Math.expm1(low), high: Math.expm1(high) };
}

/** The wider of two intervals at each end, with the estimate of the first. */
export function widened(first: Interval, second: Interval): Interval {
  return {
    estimate: first.estimate,
    low: Math.min(first.low, second.low),
    high: Math.max(first.high, second.high),
  };
}

export const TOO_FEW = "too few values: fewer than 10 lie beyond it";
export const ONE_SIDE = "not measured on both sides";
