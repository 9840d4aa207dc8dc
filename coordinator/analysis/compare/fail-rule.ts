/**
 * The rules of --fail-on: `p99>5%`, `latency.p95>20ms`, `connect.failed>0.1pp`, `messages.received<-2%`, `regressed`.
 * Called by the command line and by ../compare.ts. Invariants: a rule fails when the whole interval of the change lies
 * beyond the limit, so noise does not fail it; and a rule on something that was not measured does not pass.
 */

import { changeText } from "./change-text.ts";
import type { ComparedRow, JudgedRule } from "./comparison.ts";
import { findMeasure, type Measure } from "./measure.ts";

export interface FailRule {
  /** As written. */
  readonly text: string;
  /** null: every row, by its own margin. */
  readonly change: {
    readonly measure: Measure;
    readonly operator: ">" | "<";
    /** Relative or difference of shares; milliseconds where `unit` is ms. */
    readonly limit: number;
    readonly unit: "change" | "ms";
  } | null;
}

export interface RuleFault {
  readonly what: string;
  readonly hint: string;
}

const FORM = /^([\w.]+(?:\s+[\w.]+)?)\s*(>|<)\s*([+-]?\d+(?:\.\d+)?)\s*(%|pp|us|ms|s)$/;
const MS: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000 };

export function parseFailRule(text: string): FailRule | RuleFault {
  const rule = text.trim();
  if (rule === "regressed") return { text: rule, change: null };
  const [, name = "", operator, digits, unit = ""] = FORM.exec(rule) ?? [];
  if (operator === undefined) {
    return {
      what: `not a rule: "${rule}"`,
      hint: "such as p99>5%, connect.failed>0.1pp, regressed",
    };
  }
  const measure = findMeasure(name.replace(/\s+/, "."));
  if (measure === null) {
    return {
      what: `there is no measure "${name}" to compare`,
      hint: "such as p99, service.p95, connect.failed, messages.received",
    };
  }
  const hint = unitFault(measure, unit);
  if (hint !== null) return { what: `"${unit}" does not fit ${measure.id}`, hint };
  const limit = Number(digits) * (MS[unit] ?? 0.01);
  const change = { measure, operator: operator as ">" | "<", limit } as const;
  return { text: rule, change: { ...change, unit: unit in MS ? "ms" : "change" } };
}

function unitFault(measure: Measure, unit: string): string | null {
  switch (measure.kind) {
    case "quantile":
      return unit === "pp" ? "a time changes by % or ms" : null;
    case "rate":
      return unit === "%" ? null : "a rate changes by %";
    case "share":
      return unit === "pp" ? null : "a share changes by percentage points, such as 0.1pp";
  }
}

export function judgeRule(rule: FailRule, rows: readonly ComparedRow[]): JudgedRule {
  const { change, text } = rule;
  if (change === null) return judgeAll(text, rows);
  const row = rows.find(({ measure }) => measure === change.measure.id);
  if (!row || row.a === null || row.b === null) {
    return { rule: text, outcome: "failed", reason: row?.reason ?? "it was not measured" };
  }
  const { low, high } = row;
  if (low === null || high === null) {
    return { rule: text, outcome: "inconclusive", reason: row.reason ?? "there is no interval" };
  }
  const limit = change.unit === "ms" ? change.limit / row.a : change.limit;
  const [beyond, within] =
    change.operator === ">" ? [low > limit, high <= limit] : [high < limit, low >= limit];
  const outcome = beyond ? "failed" : within ? "passed" : "inconclusive";
  return {
    rule: text,
    outcome,
    reason: `the change lies between ${changeText(row.unit, low)} and ${changeText(row.unit, high)}`,
  };
}

function judgeAll(text: string, rows: readonly ComparedRow[]): JudgedRule {
  const named = (verdict: string) =>
    rows.filter((row) => row.verdict === verdict).map(({ measure }) => measure);
  const [regressed, undecided] = [named("REGRESSED"), named("INCONCLUSIVE")];
  if (regressed.length > 0) {
    return { rule: text, outcome: "failed", reason: `regressed: ${regressed.join(", ")}` };
  }
  if (rows.length === 0) return { rule: text, outcome: "failed", reason: "nothing was measured" };
  if (undecided.length === 0) return { rule: text, outcome: "passed", reason: "nothing regressed" };
  return { rule: text, outcome: "inconclusive", reason: `inconclusive: ${undecided.join(", ")}` };
}
