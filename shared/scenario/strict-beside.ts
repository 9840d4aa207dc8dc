/**
 * What a strict scenario has the coordinator do beside the load: checkpoints, rules of the environment, clean-up. As in strict.ts nothing
 * is optional and every unit is fixed; all of it is plain data.
 */
import type { CheckpointAct } from "./sections/checkpoints/registry.ts";
import type { EnvironmentAct } from "./sections/environment/registry.ts";
import type { OutsideAct } from "./sections/faults/outside/registry.ts";

export interface StrictCheckpoint {
  /** Unique among the checkpoints of the scenario. */
  readonly name: string;
  /** It is looked at from then on: position of a phase, and so long after the phase's beginning. */
  readonly phase: number;
  readonly offsetUs: number;
  /** CEL over measures; null: it is reached when it is looked at first. */
  readonly when: string | null;
  /** Measures are of the last so much run time, in whole seconds. */
  readonly windowUs: number;
  /** So long the condition has to hold; 0: once. */
  readonly forUs: number;
  readonly actions: readonly CheckpointAct[];
}

export interface StrictEnvironmentRule {
  /** Unique among the rules of its list. */
  readonly name: string;
  /** Where it does not hold: the run does not start, or fails; or it is only said. */
  readonly severity: "error" | "warning";
  /** What is not known by then does not hold. */
  readonly limitUs: number;
  readonly act: EnvironmentAct;
}

/** Before the load, and after it. */
export interface StrictEnvironment {
  readonly before: readonly StrictEnvironmentRule[];
  readonly after: readonly StrictEnvironmentRule[];
}

export interface StrictCleanup {
  /** Unique among the steps of clean-up. */
  readonly name: string;
  /** What is not over by then is ended. */
  readonly limitUs: number;
  readonly act: OutsideAct;
}

/** By how much checkpoints may make a run longer than its phases are, microseconds. */
export function mostHeldUs({
  checkpoints = [],
}: {
  readonly checkpoints?: readonly Pick<StrictCheckpoint, "actions">[];
}): number {
  const acts = checkpoints.flatMap(({ actions }) => actions);
  return acts.reduce((sum, act) => sum + (act.kind === "hold" ? act.byUs : 0), 0);
}
