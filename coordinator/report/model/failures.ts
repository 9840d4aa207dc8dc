/**
 * Failures by kind against phases and against targets. Pure; called by model.ts; the groups with their samples are
 * in the summary. Invariant: exact counts; the rows of a table without cut columns sum to the count of their kind.
 */
import { targetName } from "../../../shared/scenario/target-name.ts";
import { FAILURE_KINDS, type FailureKind } from "../../../shared/stats/failure-kind.ts";
import type { RunFold } from "../../merge/run-fold.ts";

/** Columns of a table; those with the most failures are kept. */
const MAX_COLUMNS = 12;

export interface FailureTables {
  readonly total: number;
  readonly byPhase: FailureMatrix;
  readonly byTarget: FailureMatrix;
}

export interface FailureMatrix {
  /** Those with a failure. */
  readonly columns: readonly string[];
  readonly rows: readonly { readonly kind: FailureKind; readonly counts: readonly number[] }[];
  /** Columns left out for want of space. */
  readonly more: number;
}

export function failureTables(fold: RunFold): FailureTables {
  const { failures } = fold.merge;
  const { phases, targets } = fold.facts.scenario;
  let total = 0;
  for (const count of failures.byKind.values()) total += count;
  return {
    total,
    byPhase: matrix(
      fold,
      phases.map(({ phase }, index) => ({ label: phase, index })),
      (index, kind) =>
        failures.inPhase(index, kind) + failures.inPhase(index + phases.length, kind),
    ),
    byTarget: matrix(
      fold,
      failures.targets.map((index) => ({ label: labelOf(targets[index], index), index })),
      (index, kind) => failures.atTarget(index, kind),
    ),
  };
}

/** As the scenario labels it, else by its URL. */
export function labelOf(
  target: { readonly label: string; readonly url: string } | undefined,
  index: number,
): string {
  if (target === undefined) return `target ${index}`;
  return targetName(target);
}

interface Column {
  readonly label: string;
  readonly index: number;
}

function matrix(
  fold: RunFold,
  columns: readonly Column[],
  countOf: (index: number, kind: FailureKind) => number,
): FailureMatrix {
  const { byKind } = fold.merge.failures;
  const kinds = FAILURE_KINDS.filter((kind) => (byKind.get(kind) ?? 0) > 0).sort(
    (a, b) => (byKind.get(b) ?? 0) - (byKind.get(a) ?? 0),
  );
  const sums = columns.map(({ index }) =>
    kinds.reduce((sum, kind) => sum + countOf(index, kind), 0),
  );
  const hit = columns
    .map((column, at) => ({ ...column, at, sum: sums[at] ?? 0 }))
    .filter(({ sum }) => sum > 0);
  const kept = [...hit]
    .sort((a, b) => b.sum - a.sum)
    .slice(0, MAX_COLUMNS)
    .sort((a, b) => a.at - b.at);
  return {
    columns: kept.map(({ label }) => label),
    rows: kinds.map((kind) => ({ kind, counts: kept.map(({ index }) => countOf(index, kind)) })),
    more: hit.length - kept.length,
  };
}
