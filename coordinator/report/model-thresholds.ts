/**
 * Thresholds as reports show them: observed beside the rule, and how much room was left. Pure; called by
 * model.ts. Invariant: a margin below zero is a rule that does not hold; no data is no margin.
 */
import type { StrictThreshold } from "../../shared/scenario/strict.ts";
import { brokenImpliedRules } from "../analysis/implied.ts";
import { judgeThresholds, shownValue } from "../analysis/thresholds.ts";
import type { RunFold } from "../merge/run-fold.ts";
import { formatObserved } from "./threshold-text.ts";

export interface ModelThreshold {
  readonly metric: string;
  readonly rule: string;
  readonly passed: boolean;
  /** In the rule's unit; "no data" when there was nothing to judge. */
  readonly observed: string;
  /** Why there was nothing to judge, else null. */
  readonly reason: string | null;
  /** Room that was left, as a share of the limit; null for == and !=, for a limit of 0 and without data. */
  readonly margin: number | null;
  /** observed / limit, for a bar; null as above. */
  readonly ofLimit: number | null;
  readonly abort: boolean;
}

export function thresholdsModel(fold: RunFold): ModelThreshold[] {
  return [...judgeThresholds(fold), ...brokenImpliedRules(fold)].map(
    ({ threshold, observed, passed, reason }) => {
      const shown = observed === null ? null : shownValue(threshold, observed);
      const ofLimit = observed === null || threshold.limit <= 0 ? null : observed / threshold.limit;
      return {
        metric: threshold.metric,
        rule: threshold.rule,
        passed,
        observed: formatObserved(threshold.rule, shown),
        reason,
        margin: ofLimit === null ? null : marginOf(threshold.operator, ofLimit),
        ofLimit: isBound(threshold.operator) ? ofLimit : null,
        abort: threshold.abort,
      };
    },
  );
}

function isBound(operator: StrictThreshold["operator"]): boolean {
  return operator !== "==" && operator !== "!=";
}

function marginOf(operator: StrictThreshold["operator"], ofLimit: number): number | null {
  if (!isBound(operator)) return null;
  return operator === "<" || operator === "<=" ? 1 - ofLimit : ofLimit - 1;
}
