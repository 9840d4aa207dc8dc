/**
 * What was counted of each window of a fault. Pure; used while a run is watched and for its summary. Invariant: of those it hit,
 * each is restored, lost or abandoned once its connection is over.
 */
import { faultNames } from "../../shared/scenario/names.ts";
import type { StrictScenario } from "../../shared/scenario/strict.ts";
import type { NameCounter } from "../../shared/stats/counters.ts";
import type { RunMerge } from "./merge.ts";

/** Position in namesOf of a window of a fault. */
export function nameOfWindow(scenario: StrictScenario, window: number): number {
  return faultNames(scenario)[window] ?? -1;
}

export function countsOfWindow(
  merge: RunMerge,
  scenario: StrictScenario,
  window: number,
): Record<NameCounter, number> {
  return merge.names.sum(nameOfWindow(scenario, window));
}

/** Connections that it hit; one that moved to another worker while it acted counts once. */
export function hitBy(merge: RunMerge, scenario: StrictScenario, window: number): number {
  const { started, handedOn } = countsOfWindow(merge, scenario, window);
  return started - handedOn;
}
