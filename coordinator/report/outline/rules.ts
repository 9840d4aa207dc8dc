/**
 * Thresholds as sections show them: the observed value beside the rule, and how much room was left. Called by the
 * sections. Pure. Invariant: a margin below zero is a rule that does not hold; no data is no margin.
 */
import type { Summary } from "../summary-schema.ts";

export type Rule = Summary["thresholds"][number];

export interface Room {
  /** Room that was left, as a share of the limit. */
  readonly margin: number;
  /** observed / limit, for a bar. */
  readonly ofLimit: number;
}

/** null for == and !=, for a limit of 0, and without data. */
export function roomOf({ rule, observed, limit }: Rule): Room | null {
  const [operator] = /[<>=!]=?/.exec(rule) ?? [];
  if (observed === null || limit <= 0 || operator === "==" || operator === "!=") return null;
  const ofLimit = observed / limit;
  return { ofLimit, margin: operator?.startsWith("<") ? 1 - ofLimit : ofLimit - 1 };
}

/** Broken ones first. */
export function brokenFirst(rules: readonly Rule[]): Rule[] {
  return [...rules].sort((a, b) => Number(a.passed) - Number(b.passed));
}

/** The rule a figure is held against: a broken one before others. @param about what metric and rule begin with */
export function ruleAbout(
  { thresholds }: Pick<Summary, "thresholds">,
  metric: string,
  about: RegExp,
): Rule | null {
  const found = thresholds.filter((one) => one.metric === metric && about.test(one.rule));
  return brokenFirst(found)[0] ?? null;
}
