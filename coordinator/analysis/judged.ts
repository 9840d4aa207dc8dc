/**
 * Which part of a run counts: the one rule for thresholds, gates and every figure of a whole run or phase.
 *
 *   phases    all but the excluded ones; a rule that names a phase looks at that one, excluded or not; without what faults
 *             of the scenario are to blame for, which is counted in phases of its own (shared/scenario/fault-windows.ts)
 *   seconds   distributions leave out the seconds in which the generator broke a gate by itself (gates.ts), and those in
 *             which a lost worker disturbed the load; counts are of every second, so that the ledger adds up
 *
 * Pure. Used by everything that judges or shows. Invariant: what is left out of one is left out of all.
 */

import type { MergedHistogram } from "../../shared/stats/histogram.ts";
import type { RunFold } from "../merge/run-fold.ts";
import type { HistogramSelection } from "../merge/series/histogram-set.ts";
import type { Passes, Window } from "../merge/series/series.ts";
import { brokenGates } from "./gates.ts";

/** Phases that count for run-wide figures: all but the excluded ones. */
export function judgedPhases(fold: RunFold): ReadonlySet<number> {
  const phases = new Set<number>();
  for (const [index, phase] of fold.facts.scenario.phases.entries()) {
    if (!phase.exclude) phases.add(index);
  }
  return phases;
}

/** As judgedPhases; all of them when every phase is excluded, as in a run that only searches for a limit. */
export function phasesThatCount(fold: RunFold): ReadonlySet<number> {
  const judged = judgedPhases(fold);
  return judged.size > 0 ? judged : new Set(fold.facts.scenario.phases.keys());
}

/** Phases, and what was counted apart in each of them because a fault is to blame. */
export function withInjected(
  { facts: { scenario } }: RunFold,
  phases: ReadonlySet<number>,
): ReadonlySet<number> {
  if (scenario.faults.length === 0) return phases;
  return new Set([...phases].flatMap((phase) => [phase, phase + scenario.phases.length]));
}

/** The generator broke a gate in this second by its own health. */
export function isSaturated(fold: RunFold, second: number): boolean {
  const row = fold.merge.timeline.row(second);
  return row !== null && brokenGates(row).length > 0;
}

/** The second says nothing of the target: the generator was saturated, or the load disturbed by a lost worker. */
export function isLeftOut(fold: RunFold, second: number): boolean {
  return fold.disturbances.touches(second) || isSaturated(fold, second);
}

/** Values of the seconds that count, of the whole run or a window; null when there are none. Not to be changed. */
export function judgedHistogram(
  fold: RunFold,
  selection: HistogramSelection,
  window: Window | null = null,
): MergedHistogram | null {
  const { series, frames } = fold.merge;
  if (window !== null) return series.histogram(selection, window, wholeSeconds(window, mask(fold)));
  const whole = series.total(selection);
  // What is left out follows from these alone.
  const version = `${frames} ${fold.disturbances.version}`;
  const out = whole && series.within(mask(fold), version).select(selection);
  if (!whole || !out) return whole;
  const rest = whole.clone();
  rest.subtract(out);
  return rest.count === 0 ? null : rest;
}

/** A wide frame counts when all of its seconds lie in the window, and none is left out. */
function wholeSeconds({ to }: Window, isOut: Passes): Passes {
  return (second, span) => second + span <= to && !isOut(second, span);
}

/** Any of the seconds is left out. */
function mask(fold: RunFold): Passes {
  return (second, span) => {
    for (let at = second; at < second + span; at++) if (isLeftOut(fold, at)) return true;
    return false;
  };
}
