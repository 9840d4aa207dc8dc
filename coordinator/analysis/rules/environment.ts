/**
 * Rules of the environment after the load (`environment.after`). Pure; listed in registry.ts. Invariant: one that only warns decides
 * nothing, and one that nobody has checked does not hold.
 */
import type { StrictEnvironmentRule } from "../../../shared/scenario/strict-beside.ts";
import type { Told } from "../../merge/beside-log.ts";
import { type Answer, type Check, evidence, notJudged } from "../check.ts";
import { besideRule } from "./beside-rule.ts";

export const environment: Check = {
  meta: {
    id: "environment",
    kind: "threshold",
    question: "Is the environment as it should be after the load?",
    doc: ["`environment.after` of the scenario", "a rule does not hold that is no warning", ""],
    precedence: 4,
  },
  judge: ({ fold }) =>
    fold.began
      ? [...(fold.facts.scenario.environment?.after ?? []).entries()].flatMap(([at, rule]) =>
          rule.severity === "error" ? [judge(rule, fold.beside.rules.after.get(at))] : [],
        )
      : [],
};

function judge({ name }: StrictEnvironmentRule, told: Told | undefined): Answer {
  const question = `Does ${name} hold after the load?`;
  const rule = besideRule(`environment{name=${name}}`, "failed");
  const limit = { operator: "==", unit: "count", value: 0 } as const;
  const observed = (value: number | null) =>
    ({ measure: `environment ${name} failed`, unit: "count", value }) as const;
  if (told === undefined) {
    return { ...notJudged(observed(null), "nobody has checked it", limit), question, rule };
  }
  const answer = { question, rule, limit, observed: observed(told.ok ? 0 : 1) };
  if (told.ok) return { ...answer, outcome: "pass" };
  return { ...answer, outcome: "fail", evidence: evidence(told.outcome) };
}
