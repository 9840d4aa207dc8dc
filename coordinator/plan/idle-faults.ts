/**
 * Refuses a plan with a fault that would hit nobody, or not as many as it wants. Called by plan.ts, and for faults that are asked for
 * while a run goes on. Invariant: a fault that begins
 * behind a search for a limit is not judged, for nobody knows yet who will be open then.
 */
import { OnrushError } from "../../shared/errors.ts";
import type { Population } from "../../shared/load/arrivals.ts";
import { victimsOf } from "../../shared/load/victims.ts";
import { type FaultWindow, faultWindows } from "../../shared/scenario/fault-windows.ts";
import type { StrictScenario } from "../../shared/scenario/strict.ts";

/** @throws OnrushError ONRUSH_SCENARIO_INVALID */
export function refuseIdleFaults(scenario: StrictScenario, population: Population): void {
  const { phases, faults } = scenario;
  const firstTurns = faults.map((fault) => ({ ...fault, times: Math.min(1, fault.times) }));
  for (const window of faultWindows({ phases, faults: firstTurns })) {
    const { fault } = window;
    if (phases.slice(0, fault.phase).some(({ ramp }) => ramp === "find-limit")) continue;
    const why = whyIdle(scenario, population, window);
    if (why === null) continue;
    throw new OnrushError({
      ...{ code: "ONRUSH_SCENARIO_INVALID", message: `faults: ${fault.name} ${why}` },
      remedy: "Name more of them in `who`, or let it begin when more connections are open.",
    });
  }
}

/** Why a window would not hit as many as it wants; null: it would. */
export function whyIdle(
  scenario: StrictScenario,
  population: Population,
  window: FaultWindow,
): string | null {
  const { count, candidates } = victimsOf(scenario, population, window);
  if (count >= (window.fault.victims.count ?? 1)) return null;
  return `would hit ${count} connections: ${candidates} of those it may hit are planned to be open then`;
}
