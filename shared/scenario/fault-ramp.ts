/**
 * A number that changes from one value to another, evenly over a stretch of run time: of a fault over its window, or the rate of arrivals
 * over their phase. Used by the kinds of faults that have such numbers (sections/faults), by whom a fault hits, by the open model, and by
 * workers. Invariant: a function of run time and of the stretch as it was planned alone, so all workers find the same; a fault that is
 * ended by hand stops where it is.
 */

/** Plain data. What does not change is a mere number. */
export type Ramped = number | Ramp;

interface Ramp {
  readonly from: number;
  readonly to: number;
}

/** A stretch of run time, microseconds. */
export interface Span {
  readonly fromUs: number;
  readonly toUs: number;
}

const SECOND_US = 1_000_000;

/** The value at a time: before the window that of its beginning, behind it that of its end. */
export function valueAt(value: Ramped, { fromUs, toUs }: Span, atUs: number): number {
  if (typeof value === "number") return value;
  const share = Math.min(1, Math.max(0, (atUs - fromUs) / (toUs - fromUs)));
  return value.from + (value.to - value.from) * share;
}

/** What a rate per second comes to in a part of its window: the area under a straight line. */
export function amountIn(ratePerSec: Ramped, window: Span, { fromUs, toUs }: Span): number {
  const ends = valueAt(ratePerSec, window, fromUs) + valueAt(ratePerSec, window, toUs);
  return ((ends / 2) * (toUs - fromUs)) / SECOND_US;
}

/** Both its values; of what does not change twice the same. */
export function endsOf(value: Ramped): Ramp {
  return typeof value === "number" ? { from: value, to: value } : value;
}

export function highest(value: Ramped): number {
  const { from, to } = endsOf(value);
  return Math.max(from, to);
}
