/**
 * Rules: the scenario's thresholds on the merged set; once a second while the run goes on (for `abort`), and for the verdict.
 * Pure; listed in registry.ts. Excluded phases are left out unless a rule selects one by name.
 * Invariant: a rule on something that was not measured does not pass, and says why.
 */
import type { StrictThreshold } from "../../../shared/scenario/strict.ts";
import type { RunFold } from "../../merge/run-fold.ts";
import { type Answer, type Check, evidence } from "../check.ts";
import type { Judgement } from "../judgement.ts";
import { observe } from "../observe.ts";
import { isTrue } from "../threshold-value.ts";

export const thresholds: Check = {
  meta: {
    id: "threshold",
    kind: "threshold",
    question: "Does the rule hold?",
    doc: ["thresholds of the scenario", "one does not hold, or nothing was measured for it", ""],
    precedence: 1,
    isLive: true,
  },
  /** A run that never began has none. */
  judge: ({ fold }) =>
    fold.began ? fold.facts.scenario.thresholds.map((rule) => judge(fold, rule)) : [],
};

function judge(fold: RunFold, rule: StrictThreshold): Answer {
  const { metric, statistic, selector, operator } = rule;
  const unit = UNITS[rule.unit];
  const seen = observe(fold, rule);
  const value = "missing" in seen ? null : seen.value;
  const answer = {
    question: `Does ${metric} ${rule.rule} hold?`,
    scope: { phase: selector.phase, name: selector.name, target: selector.target ?? null },
    observed: {
      measure: `${metric} ${statistic}`,
      unit,
      value: value === null ? null : shownValue(rule, value),
    },
    limit: { operator, unit, value: shownValue(rule, rule.limit) },
    rule,
  } as const;
  if ("missing" in seen) {
    const outcome = seen.untrusted === true ? "not-judged" : "fail";
    return { ...answer, outcome, evidence: evidence(seen.missing) };
  }
  return { ...answer, outcome: isTrue(seen.value, rule) ? "pass" : "fail" };
}

const UNITS = { us: "ms", share: "share", count: "count", perSec: "perSecond" } as const;

/** A value of a rule as it is shown: milliseconds for times, 0..1 for shares, plain for counts. */
function shownValue({ unit }: StrictThreshold, value: number): number {
  return unit === "us" ? Math.round(value) / 1000 : value;
}

/** The rule that ends the run now: `abort`, failing for good on something measured, after its time. */
export function abortingRule(
  judgements: readonly Judgement[],
  elapsedUs: number,
): StrictThreshold | null {
  for (const { rule, outcome, observed } of judgements) {
    if (!rule?.abort || outcome !== "fail" || typeof observed.value !== "number") continue;
    if (elapsedUs >= rule.afterUs && !mayStillHold(rule, observed.value)) return rule;
  }
  return null;
}

/** Counts only grow while a run goes on, so a rule that asks for more may come true yet. */
function mayStillHold({ unit, statistic, operator, limit }: StrictThreshold, observed: number) {
  if (unit !== "count" || statistic === "open") return false;
  if (operator === ">" || operator === ">=" || operator === "!=") return true;
  return operator === "==" && observed < limit;
}
