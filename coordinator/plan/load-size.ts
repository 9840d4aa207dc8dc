/**
 * How large and how long the load of a scenario is, whether there is any, and what a run of it could not distinguish. Called by
 * coordinator/check, for `onrush validate` and the API. Pure.
 */
import { buildPopulation } from "../../shared/load/arrivals.ts";
import type { StrictScenario } from "../../shared/scenario/strict.ts";
import { type BlindSpot, blindSpots } from "./blind-spots.ts";
import { refuseEmptyPlan } from "./empty-plan.ts";

export interface LoadSize {
  /** Most connections open at one time, by plan. */
  readonly peakConnections: number;
  /** Of the load; a drain comes on top. */
  readonly durationSeconds: number;
  readonly blindSpots: readonly BlindSpot[];
}

/** @throws OnrushError ONRUSH_SCENARIO_INVALID when the load cannot be laid out, or is none */
export function loadSize(scenario: StrictScenario): LoadSize {
  const population = buildPopulation(scenario);
  refuseEmptyPlan(scenario, population);
  const { peakPlanned, profile } = population;
  return {
    peakConnections: peakPlanned,
    durationSeconds: profile.durationUs / 1e6,
    blindSpots: blindSpots(scenario, population),
  };
}
