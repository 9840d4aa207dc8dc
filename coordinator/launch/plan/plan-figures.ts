/**
 * What a plan comes to in figures: its phases and its messages. Called by the text of a plan and the API. Pure. Invariant: the
 * figures of messages are by the number of connections open at the middle of each second.
 */

import type { Population } from "../../../shared/load/arrivals.ts";
import { messageRate, sendsMessages } from "../../../shared/load/message-rate.ts";
import { rolesOf } from "../../../shared/scenario/names.ts";
import type { StrictPhase, StrictScenario } from "../../../shared/scenario/strict.ts";

export interface PlannedPhase {
  readonly phase: string;
  readonly ramp: StrictPhase["ramp"];
  readonly fromSeconds: number;
  readonly toSeconds: number;
  /** Connections open before it begins and when it ends. */
  readonly openBefore: number;
  readonly openAfter: number;
  /** Messages a second: of each connection, or of all together; null without messages. */
  readonly messageRate: {
    readonly kind: "perConnection" | "total";
    readonly perSec: number;
  } | null;
  /** Kept out of thresholds. */
  readonly excluded: boolean;
}

export function plannedPhases(scenario: StrictScenario, population: Population): PlannedPhase[] {
  const { plannedOpenAt, profile } = population;
  return scenario.phases.flatMap((phase, index) => {
    const span = profile.phases[index];
    if (span === undefined) return [];
    const { fromUs, toUs, messageFactor } = span;
    return {
      phase: phase.phase,
      ramp: phase.ramp,
      fromSeconds: fromUs / 1e6,
      toSeconds: toUs / 1e6,
      openBefore: plannedOpenAt(fromUs - 1),
      openAfter: plannedOpenAt(toUs - 1),
      messageRate: rateOf(scenario, messageFactor, plannedOpenAt(toUs - 1)),
      excluded: phase.exclude,
    };
  });
}

/** Of all roles: the mean of each connection, or where some have a rate in total, that of all at the end of the phase. */
function rateOf(
  scenario: StrictScenario,
  factor: number,
  open: number,
): PlannedPhase["messageRate"] {
  if (!sendsMessages(scenario) || factor === 0) return null;
  const isTotal = rolesOf(scenario).some(({ messages }) => messages?.rate.kind === "total");
  if (!isTotal) return { kind: "perConnection", perSec: messageRate(scenario, 1) * factor };
  return { kind: "total", perSec: messageRate(scenario, open) * factor };
}

export interface PlannedMessages {
  /** Of the whole run, about. */
  readonly total: number;
  /** In the busiest second, about. */
  readonly mostPerSec: number;
}

/** null: the scenario sends none. */
export function plannedMessages(
  scenario: StrictScenario,
  { profile, plannedOpenAt }: Population,
): PlannedMessages | null {
  if (!sendsMessages(scenario)) return null;
  const { phases, durationUs } = profile;
  let total = 0;
  let mostPerSec = 0;
  for (let second = 0; second < durationUs / 1e6; second++) {
    const lengthSec = Math.min(1, durationUs / 1e6 - second);
    const open = plannedOpenAt((second + lengthSec / 2) * 1e6);
    const factor = phases[profile.phaseAt(second * 1e6)]?.messageFactor ?? 0;
    const rate = open > 0 ? messageRate(scenario, open) * factor : 0;
    total += rate * lengthSec;
    mostPerSec = Math.max(mostPerSec, rate);
  }
  return { total, mostPerSec };
}
