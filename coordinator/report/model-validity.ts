/**
 * The checks of validity as tables show them: the judgements of analysis/checks/, in the words of the report. Pure; called by
 * model.ts. Invariant: nothing is judged here; a check that was not judged says why, and is never shown as passed.
 */
import type { Judgement, Observed } from "../analysis/judgement.ts";
import {
  formatCount,
  formatMs,
  formatRate,
  formatSeconds,
  formatShare,
  NO_DATA,
} from "./text/format.ts";

/** A question put to the generator, and its answer. */
export interface ValidityCheck {
  readonly question: string;
  /** What is measured for it. */
  readonly measure: string;
  readonly observed: ValidityValue;
  readonly limit: ValidityValue | null;
  readonly outcome: "passed" | "failed" | "not judged";
  /** Why it was not judged; null when it was. */
  readonly why: string | null;
}

/** null: there was nothing to measure. */
export type ValidityValue = Pick<Observed, "unit" | "value">;

const OUTCOMES = {
  pass: "passed",
  fail: "failed",
  warn: "failed",
  "not-judged": "not judged",
} as const;

export function validityChecks(judgements: readonly Judgement[]): ValidityCheck[] {
  return judgements
    .filter(({ kind }) => kind === "validity")
    .map(({ question, observed, limit, outcome, evidence }) => ({
      question,
      measure: observed.measure,
      observed,
      limit,
      outcome: OUTCOMES[outcome],
      why: outcome === "not-judged" ? (evidence[0]?.sentence ?? null) : null,
    }));
}

/** What a check's limit, or why it has no answer, is shown as: "at most 20 ms", "not judged: 74 of 1,000 messages needed". */
export function boundText({ limit, outcome, why }: ValidityCheck): string {
  const bound = limit === null ? "" : `at most ${shownValue(limit)}`;
  return outcome === "not judged" && why !== null ? `not judged: ${why}` : bound;
}

/** With its unit. */
export function shownValue({ unit, value }: ValidityValue): string {
  if (value === null) return NO_DATA;
  if (typeof value === "string") return value;
  switch (unit) {
    case "ms":
      return formatMs(value);
    case "share":
      return formatShare(value);
    case "seconds":
      return formatSeconds(value);
    case "perSecond":
      return formatRate(value);
    default:
      return formatCount(value);
  }
}
