/**
 * What each target of a run got and gave. Pure; called by model.ts. Invariant: exact counts, which add up to the run's;
 * none for a run of one target, whose figures are the run's.
 */

import type { TargetCounter } from "../../../shared/stats/counters.ts";
import type { RunFold } from "../../merge/run-fold.ts";
import { labelOf } from "./failures.ts";

export interface ModelTarget extends Readonly<Record<TargetCounter, number>> {
  /** Foreign. */
  readonly target: string;
}

export function targetsModel({ facts, merge }: RunFold): ModelTarget[] {
  const { targets } = facts.scenario;
  if (targets.length < 2 || !merge.targets.isUsed) return [];
  return targets.map((target, index) => ({
    target: labelOf(target, index),
    ...merge.targets.sum(index),
  }));
}
