/**
 * All kinds of phases: a new one is one file and one line here. Called by load.ts, and by data.ts for how many connections
 * there are. Invariant: the order is the one of the reference.
 */
import { assert } from "../../../assert.ts";
import type { StrictPhase } from "../../strict.ts";
import { arrivals } from "./arrivals.ts";
import { burst } from "./burst.ts";
import { findLimit } from "./find-limit.ts";
import { hold } from "./hold.ts";
import { points } from "./points.ts";
import type { Ramp } from "./ramp.ts";
import { exponential, linear } from "./smooth.ts";
import { step } from "./step.ts";

export const RAMPS = [
  linear,
  exponential,
  step,
  burst,
  points,
  findLimit,
  hold,
  arrivals,
] as const satisfies readonly Ramp[];

export function rampOf(phase: Pick<StrictPhase, "ramp">): Ramp {
  const known = RAMPS.find(({ name }) => name === phase.ramp);
  assert(known !== undefined, `no ramp is named ${phase.ramp}`);
  return known;
}

/** Global connection indices: the highest concurrency of held connections and, on top, every arrival; of random ones the mean. */
export function plannedConnections(phases: readonly StrictPhase[]): number {
  return connectionsOf(phases, (phase) => rampOf(phase).arrivals?.(phase) ?? 0);
}

/** As plannedConnections, whatever chance makes of random arrivals. */
export function mostConnections(phases: readonly StrictPhase[]): number {
  return connectionsOf(phases, (phase) => {
    const { arrivals, mostArrivals = arrivals } = rampOf(phase);
    return mostArrivals?.(phase) ?? 0;
  });
}

function connectionsOf(
  phases: readonly StrictPhase[],
  arrivalsOf: (phase: StrictPhase) => number,
): number {
  let most = 0;
  let arriving = 0;
  for (const phase of phases) {
    most = Math.max(most, rampOf(phase).held(phase));
    arriving += arrivalsOf(phase);
  }
  return most + arriving;
}
