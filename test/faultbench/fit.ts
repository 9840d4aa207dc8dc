/**
 * Fits the weights of the probability model (coordinator/analysis/findings/probability-model.ts) to answers whose truth is known. Called by
 * calibrate.ts. Pure: the same answers in the same order give the same weights. Invariant: no weight has another sign than its term.
 */
import {
  type Features,
  type Fitted,
  TERM_NAMES,
  TERMS,
  type TermName,
} from "../../coordinator/analysis/findings/probability-model.ts";

export interface Example {
  readonly cause: string;
  readonly features: Features;
  readonly isRight: boolean;
}

/** Of the squares of the weights: a weight of 1 costs as much as half a nat of likelihood. The base may move freely, nearly. */
const RIDGE = 1;
const BASE_RIDGE = 0.01;
const CYCLES = 1000;

/**
 * Penalised maximum likelihood: the least of sum log(1 + exp(-y z)) + sum ridge w^2 / 2 with weights of given signs, one coordinate at a time by
 * the bound p (1 - p) <= 1/4 on the curvature, so that no step goes up. Source: D. Boehning and B. Lindsay, Annals of the Institute of
 * Statistical Mathematics 40 (1988) 641-663.
 */
export function fitted(examples: readonly Example[]): Fitted {
  const columns = [
    { sign: 0, ridge: BASE_RIDGE, values: examples.map(() => 1) },
    ...TERM_NAMES.map((name) => ({
      sign: TERMS[name].sign,
      ridge: RIDGE,
      values: examples.map(({ features }) => TERMS[name].value(features)),
    })),
  ];
  const right = examples.map(({ isRight }) => Number(isRight));
  const sums = examples.map(() => 0);
  const weights = columns.map(() => 0);
  for (let cycle = 0; cycle < CYCLES; cycle++) {
    for (const [at, { sign, ridge, values }] of columns.entries()) {
      const before = weights[at] ?? 0;
      let slope = ridge * before;
      let curvature = ridge;
      for (const [row, value] of values.entries()) {
        const p = 1 / (1 + Math.exp(-(sums[row] ?? 0)));
        slope += (p - (right[row] ?? 0)) * value;
        curvature += (value * value) / 4;
      }
      const free = before - slope / curvature;
      const after = sign * free < 0 ? 0 : free;
      weights[at] = after;
      for (const [row, value] of values.entries()) {
        sums[row] = (sums[row] ?? 0) + (after - before) * value;
      }
    }
  }
  const [base = 0, ...rest] = weights.map(rounded);
  const named = TERM_NAMES.map((name, at) => [name, rest[at] ?? 0] as const);
  const signed = Object.fromEntries(named) as Record<TermName, number>;
  return { base, weights: signed, causes: recordsOf(examples) };
}

/** By cause, in the order of their names. */
function recordsOf(examples: readonly Example[]): Fitted["causes"] {
  const records = new Map<string, [right: number, of: number]>();
  for (const { cause, isRight } of examples) {
    const [right, of] = records.get(cause) ?? [0, 0];
    records.set(cause, [right + Number(isRight), of + 1]);
  }
  return Object.fromEntries([...records].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** Three decimals, and no negative zero. */
function rounded(weight: number): number {
  return Math.round(1000 * weight) / 1000 + 0;
}
