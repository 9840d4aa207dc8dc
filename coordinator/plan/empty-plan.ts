/**
 * Refuses a plan of nothing before anything starts: what it would come to is a pass that nobody has earned. Called by
 * plan.ts; what can be said without the plan's arithmetic is said with line and column by the scenario's own checks.
 * Invariant: a plan that passes opens a connection, and holds or opens one in a phase that is judged.
 */
import { OnrushError } from "../../shared/errors.ts";
import type { Population } from "../../shared/load/arrivals.ts";
import { upTo } from "../../shared/load/arrivals.ts";
import type { StrictScenario } from "../../shared/scenario/strict.ts";
import { phaseSpans } from "../merge/facts.ts";

const SECOND_US = 1_000_000;

/** @throws OnrushError ONRUSH_SCENARIO_INVALID */
export function refuseEmptyPlan(scenario: StrictScenario, population: Population): void {
  if (population.plannedOpens === 0) {
    throw empty(
      "load: by its arithmetic the plan opens no connection",
      "Raise `to`, or the rate or the length of an arrivals phase.",
    );
  }
  const judged = phaseSpans(scenario).filter(({ excluded }) => !excluded);
  // A search is judged by what it finds, and what follows it may be the end of it.
  const isSearch = scenario.phases.some(({ ramp }) => ramp === "find-limit");
  if (isSearch || judged.length === 0) return;
  if (judged.some(({ fromUs, toUs }) => holdsAny(population, fromUs, toUs))) return;
  const names = judged.map(({ phase }) => phase).join(", ");
  throw empty(
    `load: no connection is open in any phase that is judged (${names}), so nothing would be`,
    "Leave `exclude: true` out of a phase that has connections.",
  );
}

/** Whether the plan opens a connection in [fromUs, toUs), or has one open at any whole second of it. */
function holdsAny(population: Population, fromUs: number, toUs: number): boolean {
  const { profile, arrivals } = population;
  if (profile.opensBetween(fromUs, toUs) > 0) return true;
  if (upTo(arrivals.openUs, toUs) > upTo(arrivals.openUs, fromUs)) return true;
  for (let atUs = fromUs; atUs < toUs; atUs += SECOND_US) {
    if (population.plannedOpenAt(atUs) > 0) return true;
  }
  return false;
}

function empty(what: string, remedy: string): OnrushError {
  return new OnrushError({ code: "ONRUSH_SCENARIO_INVALID", message: what, remedy });
}
