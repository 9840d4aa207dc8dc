/** Rules: what came of holding the run against its baseline (compare/). Pure; listed in registry.ts. */
import { type Answer, type Check, evidence } from "../check.ts";
import type { CompareOutcome, Comparison } from "../compare/comparison.ts";

export const baseline: Check = {
  meta: {
    id: "baseline",
    kind: "baseline",
    question: "Is it as good as its baseline?",
    doc: ["rules of `--fail-on`", "one does not hold against the baseline", ""],
    precedence: 5,
  },
  judge({ fold }) {
    // Written by this program, and behind the journal's checksum.
    const comparison = fold.comparison as CompareOutcome | null;
    if (comparison === null) return [];
    const whole: Answer = {
      observed: { measure: "compared with its baseline", unit: "word", value: comparison.verdict },
      outcome: outcomeOf(comparison),
    };
    return comparison.verdict === "REFUSED" ? [whole] : [whole, ...rulesOf(comparison)];
  },
};

function outcomeOf({ failed, verdict }: CompareOutcome): Answer["outcome"] {
  if (failed) return "fail";
  if (verdict === "REFUSED" || verdict === "INCONCLUSIVE") return "not-judged";
  return verdict === "REGRESSED" ? "warn" : "pass";
}

function rulesOf({ rules, failed, strict }: Comparison): Answer[] {
  // Comparisons of older versions do not say whether they were strict: without a broken rule nothing else can have failed.
  const isStrict = strict ?? (failed && !rules.some(({ outcome }) => outcome === "failed"));
  return rules.map(({ rule, outcome, reason }) => ({
    question: `Does ${rule} hold against the baseline?`,
    observed: { measure: rule, unit: "word", value: outcome },
    outcome:
      outcome === "passed" ? "pass" : outcome === "failed" || isStrict ? "fail" : "not-judged",
    evidence: evidence(reason),
  }));
}
