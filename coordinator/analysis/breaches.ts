/**
 * Breaches of isolation: who got a message of whom. Called by the rule on them and by the summary. Pure. Invariant: exact
 * counts; the first message of each pair is kept as a sample. Bound: MAX_BREACHES pairs; leaks between others are counted in one.
 */
import type { FailureSample } from "../../shared/wire/frame/frame.ts";
import type { RunMerge } from "../merge/merge.ts";

export const MAX_BREACHES = 1000;

export interface Breach {
  /** Both identities, and the scope where messages have one. */
  readonly what: string;
  readonly count: number;
  readonly firstUs: number;
  readonly samples: readonly FailureSample[];
}

/** The most frequent first. */
export function breachesOf({ failures }: RunMerge): readonly Breach[] {
  return failures.ofKind("leaked", MAX_BREACHES).map(({ signature, count, firstUs, samples }) => {
    return { what: signature || "a message of another connection", count, firstUs, samples };
  });
}
