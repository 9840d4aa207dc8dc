/**
 * The verdict in words: why a run is judged as it is. Called by the terminal and by every report format.
 * Invariant: plain sentences with their numbers; text of the target in them is raw, whoever shows it escapes it.
 */
import type { CompareOutcome } from "../analysis/compare/comparison.ts";
import { IMPLIED_RULES } from "../analysis/thresholds.ts";
import type { Summary } from "./summary-schema.ts";
import { formatObserved } from "./threshold-text.ts";

export const VERDICT_WORDS: Readonly<Record<Summary["verdict"], string>> = {
  pass: "Passed",
  fail: "Failed",
  invalid: "Invalid",
  interrupted: "Interrupted",
  stopped: "Stopped",
};

/** What the verdict says, for a reader who has never seen one. */
export function verdictMeaning(summary: Summary): string {
  switch (summary.verdict) {
    case "pass":
      return summary.thresholds.length === 0
        ? "The scenario has no thresholds. The numbers can be trusted."
        : "Every threshold held, and the numbers can be trusted.";
    case "fail":
      return `${whatFailed(summary)} The generator was not the limit: the numbers can be trusted.`;
    case "invalid":
      return "The numbers cannot be trusted. They say nothing about the target until this is mended.";
    case "interrupted":
      return "The run ended before its plan did. What was measured until then is shown.";
    case "stopped":
      return "The run was stopped before its plan was over. What was measured until then is shown.";
  }
}

function whatFailed(summary: Summary): string {
  const broken = summary.thresholds.some(({ passed }) => !passed);
  if (comparisonOf(summary)?.failed !== true) return "A threshold did not hold.";
  return broken
    ? "A threshold did not hold, and the run fails against its baseline."
    : "The run fails against its baseline.";
}

/** What to do about a rule no scenario has to write. */
const ADVICE: Readonly<Record<string, string>> = {
  [IMPLIED_RULES.answers]:
    "no reply that was waited for came. Where the service answers otherwise, say how (`reply` in the scenario), or send nothing (`--rate 0/s`)",
};

/** Empty for a pass. */
export function verdictReasons(summary: Summary): string[] {
  const reasons = [...summary.validity.reasons];
  // A run that was cut short has not had its chance to meet them.
  if (summary.verdict === "interrupted" || summary.verdict === "stopped") return reasons;
  for (const threshold of summary.thresholds) {
    if (threshold.passed) continue;
    const observed = formatObserved(threshold.rule, threshold.observed);
    reasons.push(
      `${threshold.metric} ${threshold.rule} does not hold: observed ${observed}${advice(threshold.rule)}`,
    );
  }
  if (comparisonOf(summary)?.failed === true) reasons.push(baselineReason(summary));
  return reasons;
}

function advice(rule: string): string {
  const what = ADVICE[rule];
  return what === undefined ? "" : `; ${what}`;
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
