/**
 * How likely a named cause is right, as a function of a few features of its finding: a logistic regression whose weights have fixed signs.
 * Called by probability.ts with the weights of calibration.ts, and by `npm run faultbench -- --calibrate`, which fits them. Pure.
 * Invariants: a surer word, or more evidence, never makes it less; what is against it, a later place, or more other findings, never more.
 */
import type { Confidence } from "../judgement.ts";

/** What is known of a finding when all are there. */
export interface Features {
  readonly confidence: Confidence;
  /** Pieces of evidence. */
  readonly evidence: number;
  /** What speaks against it. */
  readonly against: number;
  /** Its place among the findings of the run, from 0. */
  readonly rank: number;
  /** Findings of the run in all. */
  readonly findings: number;
}

/** More pieces of evidence, or of what is against it, say no more. */
const MOST_COUNTED = 3;

interface Term {
  /** Of its weight. */
  readonly sign: 1 | -1;
  readonly value: (features: Features) => number;
}

const counted = (count: number) => Math.min(MOST_COUNTED, Math.max(0, count));

export const TERMS = {
  likely: { sign: 1, value: ({ confidence }) => Number(confidence !== "possible") },
  certain: { sign: 1, value: ({ confidence }) => Number(confidence === "certain") },
  evidence: { sign: 1, value: ({ evidence }) => counted(evidence) },
  against: { sign: -1, value: ({ against }) => counted(against) },
  later: { sign: -1, value: ({ rank }) => Number(rank > 0) },
  others: { sign: -1, value: ({ findings }) => counted(findings - 1) },
} as const satisfies Readonly<Record<string, Term>>;

export type TermName = keyof typeof TERMS;
export const TERM_NAMES = Object.keys(TERMS) as readonly TermName[];

/** What was fitted, and to what. */
export interface Calibration {
  readonly base: number;
  readonly weights: Readonly<Record<TermName, number>>;
  /** Runs with an answer, their answers, and of how many cases they are. */
  readonly runs: number;
  readonly answers: number;
  readonly cases: number;
  readonly seeds: readonly number[];
  /** Calibration error of first answers: of cases that the weights were not fitted to, and what right probabilities would have by chance. */
  readonly error: { readonly crossValidated: number; readonly byChance: number };
}

/** Nothing is stated surer than this; as a share. */
const MOST = 0.99;

/** 1 / (1 + exp(-(base + sum of weight * term))), within 0.01 and 0.99, as it is stated: two decimals. */
export function probabilityBy(
  { base, weights }: Pick<Calibration, "base" | "weights">,
  features: Features,
): number {
  const sum = TERM_NAMES.reduce(
    (all, name) => all + weights[name] * TERMS[name].value(features),
    base,
  );
  const share = 1 / (1 + Math.exp(-sum));
  return Math.round(100 * Math.min(MOST, Math.max(1 - MOST, share))) / 100;
}
