/**
 * Windowed user-uptime: the worst stretch of each length, which tells one long outage from many short ones of the same sum.
 * Source: T. Hauer et al., Meaningful Availability, NSDI 2020. Pure. Invariant: a longer window of whole multiples is never worse.
 */
import type { ServedSecond } from "./outages.ts";

export interface WorstWindow {
  readonly seconds: number;
  readonly uptime: number;
  /** Second of run time in which it begins. */
  readonly from: number;
}

const SIZES = [1, 10, 60, 300, 900, 3600];
/** Of a window: with less of anybody's time it says nothing. */
const LEAST_MS = 20;

/** Of every length that fits. */
export function worstWindows(seconds: readonly ServedSecond[]): WorstWindow[] {
  const up = cumulated(seconds, (second) => second.upMs);
  const down = cumulated(seconds, (second) => second.downMs);
  return SIZES.flatMap((size) => {
    const worst = worstOf(size, up, down);
    return worst === null ? [] : [worst];
  });
}

function worstOf(size: number, up: Float64Array, down: Float64Array): WorstWindow | null {
  let worst: WorstWindow | null = null;
  for (let from = 0; from + size < up.length; from++) {
    const upMs = (up[from + size] as number) - (up[from] as number);
    const downMs = (down[from + size] as number) - (down[from] as number);
    if (upMs + downMs < LEAST_MS) continue;
    const uptime = Math.min(1, Math.max(0, upMs / (upMs + downMs)));
    if (worst === null || uptime < worst.uptime) worst = { seconds: size, uptime, from };
  }
  return worst;
}

/** Sums of all seconds before each. */
function cumulated(
  seconds: readonly ServedSecond[],
  read: (second: NonNullable<ServedSecond>) => number,
): Float64Array {
  const sums = new Float64Array(seconds.length + 1);
  for (const [at, second] of seconds.entries()) {
    sums[at + 1] = (sums[at] as number) + (second === null ? 0 : read(second));
  }
  return sums;
}
