/**
 * What a plan comes to, in the figures a run's facts hold. Called when a run is planned, and again by the fold whenever its
 * plan was steered. Pure.
 */
import type { Population } from "../../shared/load/arrivals.ts";

const SECOND_US = 1_000_000;

export interface PlannedFigures {
  readonly durationUs: number;
  readonly plannedOpens: number;
  /** Planned concurrency at the end of each second. */
  readonly plannedOpen: readonly number[];
}

export function plannedFigures(population: Population): PlannedFigures {
  const { durationUs } = population.profile;
  const plannedOpen: number[] = [];
  for (let endUs = SECOND_US; endUs < durationUs + SECOND_US; endUs += SECOND_US) {
    // The last moment of a second: at its end the next one, or nothing, begins.
    plannedOpen.push(population.plannedOpenAt(Math.min(endUs, durationUs) - 1));
  }
  return { durationUs, plannedOpens: population.plannedOpens, plannedOpen };
}
