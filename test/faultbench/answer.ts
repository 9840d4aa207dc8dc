/**
 * What an analyzer says of a run, in the form in which answers are scored: causes with the best first, none for a healthy
 * run. Called by rescore.ts for ours, and made by each of baselines/. Invariant: an answer comes from the run alone.
 */
import type { Summary } from "../../coordinator/report/summary-schema.ts";

export interface Named {
  readonly cause: string;
  readonly locus: string;
  /** How likely it says that it is right; null: it does not say. */
  readonly probability: number | null;
}

export type Answer = readonly Named[];

/** Our own answer: the findings of summary.json, in its order. */
export function ourAnswer(summary: Summary): Answer {
  return summary.findings.map(({ id, locus, cause, probability }) => ({
    cause: id ?? judgementId(summary, cause) ?? cause,
    locus,
    probability,
  }));
}

/** The id of the check that found it: `finding/NAME`, or `finding/NAME/0` of several. */
function judgementId({ judgements = [] }: Summary, sentence: string): string | null {
  const found = judgements.find((one) => one.kind === "finding" && one.sentence === sentence);
  return found?.id.split("/")[1] ?? null;
}
