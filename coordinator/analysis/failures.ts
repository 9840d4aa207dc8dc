/**
 * Which failures of a run are not held against the target. Pure, over the table of kinds (shared/stats/failure-kind.ts);
 * called by the validity check, thresholds and the limit search.
 */
import {
  CONNECT_FAILURES,
  describeFailure,
  FAILURE_KINDS,
  type FailureKind,
  failureCause,
} from "../../shared/stats/failure-kind.ts";
import type { RunMerge } from "../merge/merge.ts";

/** Failed attempts that are not the target's: out of ports, not to be sent, or cut off by the end of the run. */
export function generatorFailures(merge: RunMerge, phases: ReadonlySet<number>): number {
  let count = 0;
  for (const kind of CONNECT_FAILURES) {
    if (failureCause(kind) === "target") continue;
    for (const phase of phases) count += merge.failures.inPhase(phase, kind);
  }
  return count;
}

/** What failed on our side and makes the run invalid, by kind. */
export function ownFailures(merge: RunMerge): readonly (readonly [FailureKind, number])[] {
  return FAILURE_KINDS.flatMap((kind) => {
    const count = merge.failures.byKind.get(kind) ?? 0;
    return describeFailure(kind).invalidates === true && count > 0 ? [[kind, count] as const] : [];
  });
}
