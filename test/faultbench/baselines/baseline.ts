/**
 * What a baseline is: the least that an analyzer has to beat. A file each, and a line in registry.ts. Invariant: it looks at
 * the same run as the analyzer, and at no label but what `others` says of the rest of the set.
 */
import type { Summary } from "../../../coordinator/report/summary-schema.ts";
import type { Answer } from "../answer.ts";

/** A second of timeline.csv; null: not measured. */
export type Second = Readonly<Record<string, number | null>>;

export interface Evidence {
  readonly summary: Summary;
  readonly seconds: readonly Second[];
  /** What is right for the other runs of the set; null: healthy. */
  readonly others: readonly ({ readonly cause: string; readonly locus: string } | null)[];
}

export interface Baseline {
  readonly name: string;
  answer(evidence: Evidence): Answer;
}
