/**
 * Rule of every run: of the sequences that began in the phases that count, one was completed. Pure; listed in registry.ts. Those
 * that we ended ourselves say nothing of the target.
 */
import type { RunFold } from "../../merge/run-fold.ts";
import type { JudgedRun } from "../check.ts";
import { phasesThatCount } from "../judged.ts";
import { count } from "../text.ts";
import { type Breach, impliedRule } from "./implied-rule.ts";

export const followed = impliedRule({
  name: "followed",
  measure: "sequence",
  statistic: "completed",
  question: "Was any sequence completed?",
  brokenWhen:
    "messages that a sequence follows were sent in the phases that count, and none of their sequences was completed",
  precedence: 4,
  breach,
});

function breach({ fold }: JudgedRun): Breach {
  const { completed, failed } = sumsOf(fold);
  if (fold.merge.sequences.length === 0)
    return { notJudged: "no message is followed by a sequence" };
  if (completed > 0 || failed === 0) return null;
  return { broken: `none of ${count(failed)} sequences was completed` };
}

function sumsOf(fold: RunFold): { readonly completed: number; readonly failed: number } {
  const { merge } = fold;
  const phases = phasesThatCount(fold);
  const sums = { completed: 0, failed: 0 };
  for (const position of merge.sequences) {
    const { completed, failed } = merge.names.sum(position, phases);
    sums.completed += completed;
    sums.failed += failed;
  }
  return sums;
}
