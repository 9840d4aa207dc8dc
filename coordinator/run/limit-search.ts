/**
 * Carries out the find-limit phases of a run: when all of a level is in, it is judged, and the next one is decided, for a
 * moment everybody hears of in time. Called once a second while a run is watched.
 * Invariant: what was decided is in the journal before it is on the bus, and is never taken back. Without a coordinator
 * the load stays where it is.
 */

import { levelBefore } from "../../shared/load/steering.ts";
import { holdUs, riseUs } from "../../shared/scenario/search.ts";
import type { StrictSearch } from "../../shared/scenario/strict.ts";
import type { ActiveRun } from "../active-run/active-run.ts";
import { judgeLevel, type LevelSpan } from "../analysis/search/judge-level.ts";
import { nextLevel } from "../analysis/search/next-level.ts";
import { phaseSpans } from "../merge/facts.ts";

const SECOND_US = 1_000_000;

interface Current {
  readonly phase: number;
  readonly search: StrictSearch;
  /** Run time. */
  readonly fromUs: number;
  readonly toUs: number;
  /** Connections that were open when it began. */
  readonly openBefore: number;
}

/** Judges and decides as far as is possible by now. The caller publishes what was decided. */
export function searchOn(run: ActiveRun): void {
  const elapsedUs = run.log.elapsedUs ?? -1;
  if (run.state !== "running" || run.ending !== null) return;
  const current = currentSearch(run, elapsedUs);
  if (current === null || run.log.fold.searches.outcome(current.phase) !== null) return;
  const judged = run.log.fold.searches.plateaus(current.phase).length;
  if (judged < current.search.levels.length && !judge(run, current)) return;
  decide(run, current);
}

function currentSearch({ log }: ActiveRun, elapsedUs: number): Current | null {
  const { scenario } = log.fold.facts;
  for (const { index, fromUs, toUs } of phaseSpans(scenario)) {
    const search = scenario.phases[index];
    if (search?.ramp !== "find-limit" || elapsedUs < fromUs || elapsedUs >= toUs) continue;
    const openBefore = levelBefore(scenario.phases, index);
    return { phase: index, search, fromUs, toUs, openBefore };
  }
  return null;
}

/** @returns false while not all of the level is in */
function judge({ log }: ActiveRun, { phase, search, fromUs }: Current): boolean {
  const level = search.levels.at(-1);
  if (level === undefined) return false;
  const second = (us: number) => Math.floor((fromUs + level.atUs + us) / SECOND_US);
  const span: LevelSpan = {
    phase,
    planned: level.to,
    from: second(0),
    held: second(level.riseUs),
    to: second(level.riseUs + holdUs(search)),
  };
  if (log.fold.closedThrough() < span.to - 1) return false;
  const judgement = judgeLevel(log.fold, span, search.until);
  log.event({ type: "search-judged", phase, planned: level.to, ...judgement });
  return true;
}

function decide(run: ActiveRun, current: Current): void {
  const { phase, search, fromUs, toUs, openBefore } = current;
  const { log } = run;
  const next = nextLevel(search, openBefore, log.fold.searches.plateaus(phase));
  // Whole seconds of the phase: with its start on one, those of the run.
  const atUs = Math.ceil(((run.knownByUs ?? 0) - fromUs) / SECOND_US) * SECOND_US;
  if (next.kind === "end") {
    const durationUs = Math.min(atUs, toUs - fromUs);
    log.event({ type: "search-ended", phase, durationUs, outcome: next.outcome });
    return;
  }
  const rise = riseUs(search.levels.at(-1)?.to ?? openBefore, next.to);
  if (fromUs + atUs + rise + holdUs(search) > toUs) {
    const durationUs = Math.min(atUs, toUs - fromUs);
    log.event({ type: "search-ended", phase, durationUs, outcome: "unsettled" });
    return;
  }
  const level = { atUs, riseUs: rise, to: next.to };
  log.event({ type: "search-level", phase, level, purpose: next.purpose });
}
