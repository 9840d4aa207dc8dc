/**
 * Refuses a plan with a fault that would hit nobody, or not as many as it wants. Called by plan.ts. Invariant: a fault that begins
 * behind a search for a limit is not judged, for nobody knows yet who will be open then.
 */
import { OnrushError } from "../../shared/errors.ts";
import type { Population } from "../../shared/load/arrivals.ts";
import { victimsOf } from "../../shared/load/victims.ts";
import { faultWindows } from "../../shared/scenario/fault-windows.ts";
import type { StrictScenario } from "../../shared/scenario/strict.ts";

/** @throws OnrushError ONRUSH_SCENARIO_INVALID */
export function refuseIdleFaults(scenario: StrictScenario, population: Population): void {
  const { phases, faults } = scenario;
  const firstTurns = faults.map((fault) => ({ ...fault, times: 1 }));
  for (const window of faultWindows({ phases, faults: firstTurns })) {
    const { fault } = window;
    if (phases.slice(0, fault.phase).some(({ ramp }) => ramp === "find-limit")) continue;
    const { count, candidates } = victimsOf(scenario, population, window);
    const wanted = fault.victims.count ?? 1;
    if (count >= wanted) continue;
    throw new OnrushError({
      code: "ONRUSH_SCENARIO_INVALID",
      message: `faults: ${fault.name} would hit ${count} connections: ${candidates} of those it may hit are planned to be open then`,
      remedy: "Name more of them in `who`, or let it begin when more connections are open.",
    });
  }
}
