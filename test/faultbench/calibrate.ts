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
  readonly strength: string;
  readonly isFirst: boolean;
}

export interface Calibrated {
  readonly calibration: Calibration;
  /** First answers, with probabilities that were not fitted to runs of their strength: other numbers of the same faults. */
  readonly sameCases: Reliability;
  /** The same of their case: faults that were not seen before, and causes without the runs in which they are right. */
  readonly otherCases: Reliability;
}

/** @param scored of `seen`, in the same order. @throws Error when a run is of the test split, or no run has an answer */
export function calibrated(seen: readonly Seen[], scored: readonly Scored[]): Calibrated {
  const seeds = [...new Set(seen.map(({ label: { seed } }) => seed))].toSorted((a, b) => a - b);
  if (seeds.some((seed) => seed >= FIRST_TEST_SEED))
    throw new Error("these runs are of the test split: nothing may be fitted to them");
  const known = seen.flatMap((one, at) => knownOf(one, scored[at]));
  const sameCases = crossValidated(known, ({ strength }) => strength);
  const otherCases = crossValidated(known, (one) => one.case);
  const rounded = (error: number) => Math.round(1000 * error) / 1000;
  return {
    calibration: {
      ...fitted(known),
      runs: known.filter((one) => one.isFirst).length,
      answers: known.length,
      cases: new Set(known.map((one) => one.case)).size,
      seeds,
      error: {
        sameCases: rounded(sameCases.error),
        otherCases: rounded(otherCases.error),
        byChance: rounded(sameCases.byChance),
      },
    },
    sameCases,
    otherCases,
  };
}

/** First answers, each with what was fitted to those of other groups. @throws Error when there is none */
function crossValidated(known: readonly Known[], groupOf: (one: Known) => string): Reliability {
  const groups = [...new Set(known.map(groupOf))];
  const stated = groups.flatMap((left) => {
    const weights = fitted(known.filter((one) => groupOf(one) !== left));
    const own = known.filter((one) => one.isFirst && groupOf(one) === left);
    return own.map(({ cause, features, isRight: right }): Stated => {
      return { said: probabilityBy(weights, cause, features), isRight: right };
    });
  });
  const found = reliabilityOf(stated);
  if (found === null) throw new Error("no run has an answer: there is nothing to fit");
  return found;
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
    const of = { case: label.case, strength: label.strength, isFirst: rank === 0 };
    return [{ cause: named.cause, features, isRight: right, ...of }];
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
  const { base, weights, causes, runs, answers, cases, seeds, error } = calibration;
  return `/**
 * Made by \`npm run faultbench -- --calibrate DIR\` of runs of the development split; do not edit. What it holds is in probability-model.ts.
 */
import type { Calibration } from "./probability-model.ts";

export const CALIBRATION: Calibration = {
  base: ${base},
  weights: {
${TERM_NAMES.map((name) => `    ${name}: ${weights[name]},`).join("\n")}
  },
  causes: {
${Object.entries(causes)
  .map(([cause, [right, of]]) => `    ${keyOf(cause)}: [${right}, ${of}],`)
  .join("\n")}
  },
  runs: ${runs},
  answers: ${answers},
  cases: ${cases},
  seeds: [${seeds.join(", ")}],
  error: { sameCases: ${error.sameCases}, otherCases: ${error.otherCases}, byChance: ${error.byChance} },
};
`;
}

/** As the formatter leaves it. */
function keyOf(cause: string): string {
  return /^[a-z]+$/.test(cause) ? cause : JSON.stringify(cause);
}
