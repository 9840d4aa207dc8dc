/**
 * The verdict in words: why a run is judged as it is. Called by the terminal and by every report format.
 * Invariant: plain sentences with their numbers; text of the target in them is raw, whoever shows it escapes it.
 */
import type { CompareOutcome } from "../analysis/compare/comparison.ts";
import type { Summary } from "./summary-schema.ts";
import { formatObserved } from "./threshold-text.ts";

/** What each verdict says, for a reader who has never seen one. */
export const VERDICT_WORDS: Readonly<
  Record<Summary["verdict"], { readonly word: string; readonly meaning: string }>
> = {
  pass: { word: "Passed", meaning: "Every threshold held, and the numbers can be trusted." },
  fail: {
    word: "Failed",
    meaning:
      "A threshold did not hold, or the run is worse than its baseline. The generator was not the limit: the numbers can be trusted.",
  },
  invalid: {
    word: "Invalid",
    meaning:
      "The numbers cannot be trusted. They say nothing about the target until this is mended.",
  },
  interrupted: {
    word: "Interrupted",
    meaning: "The run ended before its plan did. What was measured until then is shown.",
  },
  stopped: {
    word: "Stopped",
    meaning: "The run was stopped before its plan was over. What was measured until then is shown.",
  },
};

/** Empty for a pass. */
export function verdictReasons(summary: Summary): string[] {
  const reasons = [...summary.validity.reasons];
  // A run that was cut short has not had its chance to meet them.
  if (summary.verdict === "interrupted" || summary.verdict === "stopped") return reasons;
  for (const threshold of summary.thresholds) {
    if (threshold.passed) continue;
    const observed = formatObserved(threshold.rule, threshold.observed);
    reasons.push(`${threshold.metric} ${threshold.rule} does not hold: observed ${observed}`);
  }
  if (comparisonOf(summary)?.failed === true) reasons.push(baselineReason(summary));
  return reasons;
}

/** What a run was held against, and what came of it. */
export function comparisonOf({ baseline }: Summary): CompareOutcome | null {
  // Written by this program; the schema leaves its shape to analysis/compare/comparison.ts.
  return baseline as CompareOutcome | null;
}

function baselineReason(summary: Summary): string {
  if (comparisonOf(summary)?.verdict !== "REFUSED") return "it fails against its baseline";
  return "it was not compared with its baseline, so nobody can say that the rules hold";
}
