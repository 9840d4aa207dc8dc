/**
 * From runs of the development split to the weights by which findings state probabilities: fits them, measures them on cases they were not
 * fitted to, and makes the source file that holds them. Called by main.ts. Invariants: no run of the test split is among them; the same
 * runs make the same file; runs of one case are never on both sides.
 */
import {
  type Calibration,
  type Features,
  probabilityBy,
  TERM_NAMES,
} from "../../coordinator/analysis/findings/probability-model.ts";
import { CONFIDENCES } from "../../coordinator/analysis/judgement.ts";
import type { SummaryFinding } from "../../coordinator/report/summary-judged-schema.ts";
import { type Example, fitted } from "./fit.ts";
import { isDisturbed } from "./machine.ts";
import { type Reliability, reliabilityOf, type Stated } from "./reliability.ts";
import { isRight, type Scored } from "./score.ts";
import { FIRST_TEST_SEED } from "./trials.ts";
import type { Seen } from "./truth.ts";

/** An answer of a run; those of one run follow one another. */
interface Known extends Example {
  readonly case: string;
  readonly isFirst: boolean;
}

export interface Calibrated {
  readonly calibration: Calibration;
  /** First answers, each with the probability of weights that were not fitted to its case. */
  readonly crossValidated: Reliability;
  /** The same of all other answers. */
  readonly others: Reliability | null;
}

/** @param scored of `seen`, in the same order. @throws Error when a run is of the test split, or no run has an answer */
export function calibrated(seen: readonly Seen[], scored: readonly Scored[]): Calibrated {
  const seeds = [...new Set(seen.map(({ label: { seed } }) => seed))].toSorted((a, b) => a - b);
  if (seeds.some((seed) => seed >= FIRST_TEST_SEED))
    throw new Error("these runs are of the test split: nothing may be fitted to them");
  const known = seen.flatMap((one, at) => knownOf(one, scored[at]));
  const cases = [...new Set(known.map((one) => one.case))];
  const outOfFold = cases.flatMap((left) => {
    const weights = fitted(known.filter((one) => one.case !== left));
    return known
      .filter((one) => one.case === left)
      .map(({ features, isRight: right, isFirst }) => {
        return { said: probabilityBy(weights, features), isRight: right, isFirst };
      });
  });
  const isFirst = (one: Stated & { readonly isFirst: boolean }) => one.isFirst;
  const crossValidated = reliabilityOf(outOfFold.filter(isFirst));
  if (crossValidated === null) throw new Error("no run has an answer: there is nothing to fit");
  const error = {
    crossValidated: Math.round(1000 * crossValidated.error) / 1000,
    byChance: Math.round(1000 * crossValidated.byChance) / 1000,
  };
  const [runs, answers] = [known.filter((one) => one.isFirst).length, known.length];
  return {
    calibration: { ...fitted(known), runs, answers, cases: cases.length, seeds, error },
    crossValidated,
    others: reliabilityOf(outOfFold.filter((one) => !one.isFirst)),
  };
}

/** None of a run on a machine that others had; where such runs count, what is said of the generator there is of that machine. */
function knownOf({ label, summary: { findings } }: Seen, scored: Scored | undefined): Known[] {
  if (scored === undefined || scored.isDisturbed) return [];
  const answers = scored.answers.get("ours") ?? [];
  const isOthers = isDisturbed(label.machine, label.label);
  const own = findings.flatMap((finding, at) => {
    const named = answers[at];
    const isOut = named === undefined || (isOthers && finding.locus === "generator");
    return isOut ? [] : [{ finding, named }];
  });
  return own.flatMap(({ finding, named }, rank): Known[] => {
    const features = featuresOf(finding, rank, own.length);
    if (features === null) return [];
    const right = isRight(scored.truth, [named]);
    return [{ features, isRight: right, case: label.case, isFirst: rank === 0 }];
  });
}

/** null: it names no cause, and states nothing. */
function featuresOf(finding: SummaryFinding, rank: number, findings: number): Features | null {
  const confidence = CONFIDENCES.find((word) => word === finding.confidence);
  if (finding.id === undefined || confidence === undefined) return null;
  const { evidence, against } = finding;
  return { confidence, evidence: evidence.length, against: against.length, rank, findings };
}

/** The text of coordinator/analysis/findings/calibration.ts. */
export function calibrationSource(calibration: Calibration): string {
  const { base, weights, runs, answers, cases, seeds, error } = calibration;
  return `/**
 * Made by \`npm run faultbench -- --calibrate DIR\` of runs of the development split; do not edit. What it holds is in probability-model.ts.
 */
import type { Calibration } from "./probability-model.ts";

export const CALIBRATION: Calibration = {
  base: ${base},
  weights: {
${TERM_NAMES.map((name) => `    ${name}: ${weights[name]},`).join("\n")}
  },
  runs: ${runs},
  answers: ${answers},
  cases: ${cases},
  seeds: [${seeds.join(", ")}],
  error: { crossValidated: ${error.crossValidated}, byChance: ${error.byChance} },
};
`;
}
