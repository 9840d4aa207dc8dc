/**
 * Tells of the faults of a run in its journal: when one has begun, whom it was to hit, and when it is over, whom it hit. Called once
 * a second while a run is watched. Invariant: workers act by their own clocks and the plan alone; nothing waits for what is told
 * here, and a fault is told of at the time it was planned for.
 */
import { buildPopulation } from "../../shared/load/arrivals.ts";
import { victimsOf } from "../../shared/load/victims.ts";
import { type FaultWindow, faultWindows } from "../../shared/scenario/fault-windows.ts";
import type { ActiveRun } from "../active-run/active-run.ts";
import { hitBy } from "../merge/fault-counts.ts";

const SECOND_US = 1_000_000;

export function announceFaults(run: ActiveRun): void {
  const { log } = run;
  const { fold } = log;
  const elapsedUs = log.elapsedUs ?? -1;
  if (fold.facts.scenario.faults.length === 0 || run.ending !== null) return;
  for (const window of faultWindows(fold.facts.scenario)) {
    const { position, id, fromUs, untilUs, fault } = window;
    if (elapsedUs < fromUs || window.isCalledOff) continue;
    const told = fold.faults.told.get(position);
    if (told === undefined) {
      const { kind } = fault.act;
      const victims = plannedVictims(run, window);
      log.event({ type: "fault-began", window: position, id, kind, atUs: fromUs, victims });
    } else if (!told.isOver && fold.closedThrough() >= Math.floor(untilUs / SECOND_US)) {
      const hit = hitBy(fold.merge, fold.facts.scenario, position);
      log.event({ type: "fault-ended", window: position, id, atUs: untilUs, hit });
    }
  }
}

function plannedVictims({ log, plan }: ActiveRun, window: FaultWindow): number | null {
  if (window.fault.victims.worker !== null) return null;
  // As its searches have gone by now; the facts lack nothing that victims follow from.
  const { phases } = log.fold.facts.scenario;
  const scenario = { ...plan.document.scenario, phases };
  return victimsOf(scenario, buildPopulation(scenario), window).count;
}
