/**
 * Puts a probability to each finding that names a cause. Called by ../judge-run.ts when all findings are there. Pure. Invariant: causes that
 * account for the same failures exclude one another: the probabilities of such causes are not above 1 together.
 */
import type { FindingDetail, Judgement } from "../judgement.ts";
import { CALIBRATION } from "./calibration.ts";
import { probabilityBy } from "./probability-model.ts";

/** The same judgements, in the same order. */
export function withProbabilities(judgements: readonly Judgement[]): readonly Judgement[] {
  const found = judgements.flatMap(({ finding, evidence }) =>
    finding === null ? [] : [{ finding, evidence: evidence.length }],
  );
  const alone = new Map(
    found.map(({ finding, evidence }, rank) => {
      const { cause = "", confidence, against } = finding;
      const features = { confidence, evidence, against: against.length, rank };
      const all = { ...features, findings: found.length };
      return [finding, probabilityBy(CALIBRATION, cause, all)];
    }),
  );
  return judgements.map((judgement) => {
    const { finding } = judgement;
    if (finding?.cause === undefined) return judgement;
    return { ...judgement, finding: { ...finding, probability: shared(finding, alone) } };
  });
}

/** Divided by the sum over all that account for one of its failures, where that is above 1. */
function shared(own: FindingDetail, alone: ReadonlyMap<FindingDetail, number>): number {
  const probability = alone.get(own) ?? 0;
  let sum = 0;
  for (const [other, its] of alone) if (other === own || isRival(own, other)) sum += its;
  // Never up: two halves are 1 together.
  return sum <= 1 ? probability : Math.floor((100 * probability) / sum) / 100;
}

function isRival({ failures = [] }: FindingDetail, other: FindingDetail): boolean {
  return failures.some((one) => other.failures?.includes(one) === true);
}
