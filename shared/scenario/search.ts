/**
 * The measures of a find-limit phase that are known before it runs: how fast it changes levels, how many there may be, how
 * long it takes at most. Called by the checks and by shared/load. Invariant: whole seconds throughout, so that what a
 * second's frame tells belongs to one level.
 */
import type { SearchLevel, StrictSearch } from "./strict.ts";

const SECOND_US = 1_000_000;
/** Connections that open or close in a second while the level changes. */
const RISE_PER_SEC = 1000;
/** For the last results of a level to come in, and for everybody to learn the next one. */
const DECISION_US = 6 * SECOND_US;
/** Levels on top of the climb, for narrowing down, resting and confirming. */
const FURTHER_LEVELS = 40;
/** Steps to the top when nobody says how far it may go. */
export const DEFAULT_STEPS = 40;
export const DEFAULT_PRECISION = 0.05;
export const MAX_STEPS = 1000;

type Sizes = Pick<StrictSearch, "step" | "to" | "settleUs">;

/** How long it takes from one number of connections to another, microseconds. */
export function riseUs(from: number, to: number): number {
  return Math.max(1, Math.ceil(Math.abs(to - from) / RISE_PER_SEC)) * SECOND_US;
}

/** How long a level is held, in whole seconds. */
export function holdUs({ settleUs }: Pick<StrictSearch, "settleUs">): number {
  return Math.ceil(settleUs / SECOND_US) * SECOND_US;
}

/** Levels there may be, the climb included. */
export function mostLevels({ step, to }: Sizes, from: number): number {
  return Math.ceil((to - from) / step) + FURTHER_LEVELS;
}

/** Microseconds the phase takes at most; its end comes when it has found what it looks for. */
export function longestUs(sizes: Sizes, from: number): number {
  return mostLevels(sizes, from) * (riseUs(0, sizes.to) + holdUs(sizes) + DECISION_US);
}

/** The climb as if nothing broke. */
export function wholeClimb(sizes: Sizes, from: number): SearchLevel[] {
  const levels: SearchLevel[] = [];
  let atUs = 0;
  for (let level = from; level < sizes.to; ) {
    const to = Math.min(level + sizes.step, sizes.to);
    levels.push({ atUs, riseUs: riseUs(level, to), to });
    atUs += riseUs(level, to) + holdUs(sizes) + DECISION_US;
    level = to;
  }
  return levels;
}
