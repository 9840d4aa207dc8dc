/**
 * What `compare` and `run --baseline` have in common: rules, and what is let through. Called by both command files.
 * Invariant: a rule that cannot be one is wrong usage, said before anything is read or started.
 */
import { type Command, InvalidArgumentError } from "commander";
import { DIFFERENCE_KINDS, type DifferenceKind } from "../../analysis/compare/comparison.ts";
import { type FailRule, parseFailRule } from "../../analysis/compare/fail-rule.ts";
import type { CompareRules } from "../../report/compare-runs.ts";

export interface RuleOptions {
  readonly failOn?: readonly FailRule[];
  readonly failInconclusive?: boolean;
  readonly despite?: readonly DifferenceKind[];
}

export function addRuleOptions(command: Command): Command {
  return command
    .option(
      "--fail-on <RULE>",
      "exit 99 when it holds, such as p99>5%, connect.failed>0.1pp, regressed (repeatable)",
      collectRules,
    )
    .option("--fail-inconclusive", "a rule that cannot be decided fails too")
    .option(
      "--despite <KIND>",
      `compare although these differ: ${DIFFERENCE_KINDS.join(", ")} (repeatable)`,
      collectKinds,
    );
}

export function compareRulesOf(options: RuleOptions): CompareRules {
  return {
    rules: options.failOn ?? [],
    failInconclusive: options.failInconclusive === true,
    despite: new Set(options.despite ?? []),
  };
}

function collectRules(text: string, before: readonly FailRule[] = []): FailRule[] {
  return [...before, ...parts(text).map(ruleOf)];
}

function ruleOf(text: string): FailRule {
  const rule = parseFailRule(text);
  if ("what" in rule) throw new InvalidArgumentError(`${rule.what} (${rule.hint})`);
  return rule;
}

function collectKinds(text: string, before: readonly DifferenceKind[] = []): DifferenceKind[] {
  return [...before, ...parts(text).map(kindOf)];
}

function kindOf(text: string): DifferenceKind {
  const kind = DIFFERENCE_KINDS.find((known) => known === text);
  if (kind) return kind;
  throw new InvalidArgumentError(`"${text}" is not one of ${DIFFERENCE_KINDS.join(", ")}.`);
}

function parts(text: string): string[] {
  return text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}
