/**
 * The verdict in words: why a run is judged as it is. Called by the terminal and by every report format.
 * Invariant: plain sentences with their numbers; text of the target in them is raw, whoever shows it escapes it.
 */
import type { CompareOutcome, JudgedRule } from "../../analysis/compare/comparison.ts";
import { isOfService } from "../../analysis/decision/decision.ts";
import { IMPLIED_RULES } from "../../analysis/rules/implied-rule.ts";
import type { Summary } from "../summary-schema.ts";
import { formatObserved } from "./threshold-text.ts";

const VERDICT_WORDS: Readonly<Record<Summary["verdict"], string>> = {
  pass: "Passed",
  fail: "Failed",
  invalid: "Invalid",
  interrupted: "Interrupted",
  stopped: "Stopped",
};

/** What of a summary a verdict is told by. */
type Judged = Pick<
  Summary,
  "verdict" | "started" | "thresholds" | "validity" | "baseline" | "warnings" | "findings"
>;

/** The run never began, so there is nothing to trust or not. */
export function didNotStart({ started, verdict }: Pick<Summary, "started" | "verdict">): boolean {
  return !started && verdict === "invalid";
}

/** "Passed" and so on, as a headline. Invariant: it is the bare "Passed" only where the decision may say go. */
export function verdictWord(summary: Judged): string {
  if (didNotStart(summary)) return "Did not start";
  const isUnjudged = hasNoThresholds(summary);
  const word = isUnjudged ? "Completed" : VERDICT_WORDS[summary.verdict];
  if (hasRegressed(summary)) return `${word}, but regressed`;
  if (hasFound(summary)) return `${word}, but problems were found`;
  return isUnjudged ? `${word}, no thresholds` : word;
}

/** The run passes for want of anything to hold it against. */
export function hasNoThresholds({ verdict, thresholds }: Judged): boolean {
  return verdict === "pass" && thresholds.length === 0;
}

/** The run passes, and its findings keep the decision from saying go. */
export function hasFound({ verdict, findings }: Judged): boolean {
  return verdict === "pass" && findings.some(isOfService);
}

/** The run passes, and is worse than its baseline all the same: no rule forbids it. */
export function hasRegressed(summary: Judged): boolean {
  return summary.verdict === "pass" && comparisonOf(summary)?.verdict === "REGRESSED";
}

/** What the verdict says, for a reader who has never seen one. */
export function verdictMeaning(summary: Judged): string {
  if (didNotStart(summary)) return "Nothing was measured, and no threshold was judged.";
  switch (summary.verdict) {
    case "pass":
      return `${passedText(summary)}${regressedText(summary)}`;
    case "fail":
      return `${whatFailed(summary)} The generator was not the limit: the numbers can be trusted.`;
    case "invalid":
      return "The numbers cannot be trusted. They say nothing about the target until this is fixed.";
    case "interrupted":
      return "The run ended before its plan did. What was measured until then is shown.";
    case "stopped":
      return "The run was stopped before its plan was over. What was measured until then is shown.";
  }
}

function passedText(summary: Judged): string {
  const held = hasNoThresholds(summary)
    ? "The scenario has no thresholds, so nothing says what is good enough. The numbers can be trusted."
    : "Every threshold held, and the numbers can be trusted.";
  return hasFound(summary) ? `${held} Problems were found that no threshold asks about.` : held;
}

function regressedText(summary: Judged): string {
  return hasRegressed(summary)
    ? " It regressed against its baseline; no rule of --fail-on forbids that."
    : "";
}

function whatFailed(summary: Judged): string {
  const broken = summary.thresholds.some(({ passed }) => !passed);
  if (comparisonOf(summary)?.failed !== true) return "A threshold did not hold.";
  return broken
    ? "A threshold did not hold, and the run fails against its baseline."
    : "The run fails against its baseline.";
}

/** What to do about a rule no scenario has to write. */
const ADVICE: Readonly<Record<string, string>> = {
  [IMPLIED_RULES.answered]:
    "Where the service answers otherwise, say how (`reply` in the scenario), or send nothing (`--rate 0/s`).",
  [IMPLIED_RULES.followed]:
    "The failures show what came instead; `key` and `name` of the sequence say how its events are known.",
  [IMPLIED_RULES.kept]: "A rule on connections, such as dropped < 5%, says how many may be.",
};

/** A reason for a verdict. */
export interface Reason {
  /** May quote the target. */
  readonly what: string;
  /** A sentence of ours about what to do, code in it in backticks; null: there is none. */
  readonly advice: string | null;
}

/** Each in one text; empty for a pass. */
export function verdictReasons(summary: Judged): string[] {
  return reasonsOf(summary).map(({ what, advice }) =>
    advice === null ? what : `${what}. ${advice}`,
  );
}

/** Empty for a pass. */
export function reasonsOf(summary: Judged): Reason[] {
  const reasons = summary.validity.reasons.map(plainReason);
  if (!summary.started) return reasons;
  // A run that was cut short has not had its chance to meet them.
  if (summary.verdict === "interrupted" || summary.verdict === "stopped") return reasons;
  for (const threshold of summary.thresholds) {
    if (!threshold.passed) reasons.push(brokenReason(threshold));
  }
  return comparisonOf(summary)?.failed === true
    ? [...reasons, ...baselineReasons(summary).map(plainReason)]
    : reasons;
}

function plainReason(what: string): Reason {
  return { what, advice: null };
}

function brokenReason({ metric, rule, observed, reason }: Summary["thresholds"][number]): Reason {
  const why = reason === null ? "" : ` (${reason})`;
  const what = `${metric} ${rule} does not hold: observed ${formatObserved(rule, observed)}${why}`;
  return { what, advice: ADVICE[rule] ?? null };
}

/** What a run was held against, and what came of it. */
export function comparisonOf({ baseline }: Pick<Summary, "baseline">): CompareOutcome | null {
  // Written by this program; the schema leaves its shape to analysis/compare/comparison.ts.
  return baseline as CompareOutcome | null;
}

/** The rules that make a run fail against its baseline. */
export function failedRules(comparison: CompareOutcome): readonly JudgedRule[] {
  if (comparison.verdict === "REFUSED") return [];
  const { rules, failed } = comparison;
  const broken = rules.filter(({ outcome }) => outcome === "failed");
  // Comparisons of older versions do not say whether they were strict: without a broken rule nothing else can have failed.
  const isStrict = comparison.strict ?? (failed && broken.length === 0);
  return rules.filter(
    ({ outcome }) => outcome === "failed" || (isStrict && outcome === "inconclusive"),
  );
}

function baselineReasons(summary: Judged): string[] {
  const comparison = comparisonOf(summary);
  if (comparison === null) return [];
  if (comparison.verdict === "REFUSED") {
    return ["it was not compared with its baseline, so nobody can say that the rules hold"];
  }
  return failedRules(comparison).map(
    ({ rule, outcome, reason }) => `baseline rule ${rule} ${outcome}: ${reason}`,
  );
}
