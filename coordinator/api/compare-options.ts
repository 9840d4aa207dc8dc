/** The rules of a comparison, as callers of the API write them. Called by api.ts and run-options.ts. */
import { OnrushError } from "../../shared/errors.ts";
import type { DifferenceKind } from "../analysis/compare/comparison.ts";
import { parseFailRule } from "../analysis/compare/fail-rule.ts";
import type { CompareRules } from "../report/compare-runs.ts";

export interface CompareOptions {
  /** Rules as `--fail-on`: "p99>5%", "connect.failed>0.1pp", "regressed". Default: none. */
  readonly failOn?: readonly string[];
  /** A rule that cannot be decided fails, too. Default: false. */
  readonly failInconclusive?: boolean;
  /** Compares although these differ. Default: none. */
  readonly despite?: readonly DifferenceKind[];
}

/** @throws OnrushError ONRUSH_USAGE for a rule that cannot be one */
export function rulesOf({
  failOn = [],
  failInconclusive = false,
  despite = [],
}: CompareOptions): CompareRules {
  const rules = failOn.map((text) => {
    const rule = parseFailRule(text);
    if (!("what" in rule)) return rule;
    throw new OnrushError({
      code: "ONRUSH_USAGE",
      message: `failOn: ${rule.what}`,
      remedy: rule.hint,
    });
  });
  return { rules, failInconclusive, despite: new Set(despite) };
}
