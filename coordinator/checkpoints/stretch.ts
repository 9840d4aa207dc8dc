/**
 * Has the phase that goes on last longer, or end: what the actions hold and skip do. Called by actions.ts. Invariant: what is decided is in
 * the journal before it is on the bus, for a moment that has not come yet, and the plan stays arithmetic (shared/load/steering.ts).
 */
import { canStretch } from "../../shared/load/steering.ts";
import { faultWindows } from "../../shared/scenario/fault-windows.ts";
import { searchDisturbed } from "../../shared/scenario/sections/faults/anchor.ts";
import type { OutsideResult } from "../../shared/scenario/sections/faults/outside/outside.ts";
import { lastingUs } from "../../shared/scenario/sections/outside-faults.ts";
import type { StrictPhase, StrictScenario } from "../../shared/scenario/strict.ts";
import { outsideTimes } from "../../shared/scenario/strict-outside.ts";
import { formatDuration } from "../../shared/scenario/units.ts";
import type { ActiveRun } from "../active-run/active-run.ts";
import { phaseSpans } from "../merge/facts.ts";
import { notDone } from "../outside/hands.ts";

const SECOND_US = 1_000_000;

/** @param byUs null: it ends as soon as everybody can know */
export function stretchPhase(run: ActiveRun, byUs: number | null): OutsideResult {
  const { log } = run;
  const { scenario } = log.fold.facts;
  const nowUs = log.elapsedUs ?? -1;
  const span = phaseSpans(scenario).find(({ fromUs, toUs }) => nowUs >= fromUs && nowUs < toUs);
  if (span === undefined || run.ending !== null) return notDone("the load of the run is over");
  const { index: phase, fromUs, toUs } = span;
  const soonUs = run.knownByUs ?? 0;
  if (!canStretch(scenario.phases[phase] as StrictPhase)) {
    return notDone(`phase ${span.phase} changes the number of connections`);
  }
  if (soonUs >= toUs) return notDone(`phase ${span.phase} is about to end`);
  if (byUs !== null) {
    log.event({ type: "phase-stretched", phase, durationUs: toUs - fromUs + byUs });
    return { ok: true, outcome: `phase ${span.phase} lasts ${formatDuration(byUs)} longer` };
  }
  // Whole seconds of the phase.
  const durationUs = Math.max(1, Math.ceil((soonUs - fromUs) / SECOND_US)) * SECOND_US;
  if (fromUs + durationUs >= toUs) return notDone(`phase ${span.phase} is about to end`);
  const search = searchDisturbedBySkip(scenario, { phase, durationUs, soonUs });
  if (search !== null)
    return notDone(`a fault would act during ${search}, which looks for a limit`);
  log.event({ type: "phase-stretched", phase, durationUs });
  return {
    ok: true,
    outcome: `phase ${span.phase} ends at ${(fromUs + durationUs) / SECOND_US} s`,
  };
}

/** Faults keep their distance from the beginning of their phase, so those to come may lie in a search once that begins sooner. */
function searchDisturbedBySkip(
  { phases: before, faults, outside }: Pick<StrictScenario, "phases" | "faults" | "outside">,
  { phase, durationUs, soonUs }: { phase: number; durationUs: number; soonUs: number },
): string | null {
  const phases = before.map((one, index) => (index === phase ? { ...one, durationUs } : one));
  const acting = [
    ...faultWindows({ phases, faults }).filter(({ isCalledOff }) => !isCalledOff),
    ...outsideTimes({ phases, outside }).map(({ atUs, outside: { act } }) => {
      return { fromUs: atUs, untilUs: atUs + lastingUs(act) };
    }),
  ];
  for (const { fromUs, untilUs } of acting) {
    const search = untilUs < soonUs ? null : searchDisturbed(phases, fromUs, untilUs);
    if (search !== null) return search;
  }
  return null;
}
