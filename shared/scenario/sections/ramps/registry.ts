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

/** Upper bound of global connection indices: the highest concurrency of held connections and, on top, every arrival. */
export function plannedConnections(phases: readonly StrictPhase[]): number {
  let most = 0;
  let arriving = 0;
  for (const phase of phases) {
    const kind = rampOf(phase);
    most = Math.max(most, kind.held(phase));
    arriving += kind.arrivals?.(phase) ?? 0;
  }
  return most + arriving;
}
