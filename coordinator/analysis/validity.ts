/**
 * May this run's numbers be trusted? The figures of validity, and the judgements of its checks as sentences. Pure; part of
 * judge-run.ts. Invariant: every reason is a plain sentence with its numbers, and names the generator where it is to blame,
 * so that nobody takes a starved generator for a slow server.
 */
import type { Ledger } from "../merge/ledger.ts";
import type { RunFold } from "../merge/run-fold.ts";
import type { JudgedRun } from "./check.ts";
import { sentencesOf } from "./judgement.ts";

export interface Validity {
  readonly valid: boolean;
  readonly reasons: readonly string[];
  /** What else a reader should know: warnings first, lost workers others stood in for, what the run did about it. */
  readonly notes: readonly string[];
  /** Of the notes: the run got little of what it wanted. */
  readonly warnings: readonly string[];
  /** sent / planned; null when nothing was planned. */
  readonly deliveredShare: number | null;
  /** Seconds that phases count and thresholds should not: generator saturated, or disturbed. */
  readonly maskedSeconds: number;
  readonly disturbedSeconds: number;
  readonly ledger: Ledger;
  readonly framesMissing: number;
}

export function validityOf({ fold, masked, ledger, before }: JudgedRun): Validity {
  const { planned, sent } = fold.merge.counters();
  const of = (kind: string) => before.filter((judgement) => judgement.kind === kind);
  // Of a run that never began there is one thing to say.
  const reasons = fold.began ? sentencesOf(of("validity")) : [whyNotBegun(fold)];
  const warnings = sentencesOf(of("implied"), "warn");
  return {
    valid: reasons.length === 0,
    reasons,
    notes: [...warnings, ...sentencesOf(of("note"), "warn"), ...fold.notes],
    warnings,
    deliveredShare: planned > 0 ? Math.min(1, sent / planned) : null,
    maskedSeconds: masked.seconds + masked.disturbed,
    disturbedSeconds: masked.disturbed,
    ledger,
    framesMissing: fold.framesMissing,
  };
}

function whyNotBegun({ problem, end, state }: RunFold): string {
  if (problem) return problem.message;
  if (end) return `It was ended before it began: ${end.reason}.`;
  return `Its process ended in state "${state}", before it began.`;
}
