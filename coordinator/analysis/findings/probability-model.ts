/**
 * How likely a named cause is right: a logistic function of a few features of its finding, whose weights have fixed signs, and how often that
 * cause was right where it was named before, the more of that the more often it was. Called by probability.ts with the weights of calibration.ts, and by `npm run faultbench -- --calibrate`, which fits them. Pure.
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
  /** By cause: how often it was right, of how often it was named. */
  readonly causes: Readonly<Record<string, readonly [right: number, of: number]>>;
  /** Runs with an answer, their answers, and of how many cases they are. */
  readonly runs: number;
  readonly answers: number;
  readonly cases: number;
  readonly seeds: readonly number[];
  /**
   * Calibration error of first answers that nothing was fitted to: of other strengths of the same faults, of other cases, and what right
   * probabilities would have by chance.
   */
  readonly error: {
    readonly sameCases: number;
    readonly otherCases: number;
    readonly byChance: number;
  };
}

/** What the features say counts as much as so many answers of the cause. */
const WORTH = 4;
/** Nothing is stated surer than this; as a share. */
const MOST = 0.99;

export type Fitted = Pick<Calibration, "base" | "weights" | "causes">;

/**
 * (right + WORTH p) / (of + WORTH) with p = 1 / (1 + exp(-(base + sum of weight * term))), within 0.01 and 0.99, as it is stated: two decimals.
 * That is the mean of a beta distribution with the features as its prior.
 */
export function probabilityBy(
  { base, weights, causes }: Fitted,
  cause: string,
  features: Features,
): number {
  const sum = TERM_NAMES.reduce(
    (all, name) => all + weights[name] * TERMS[name].value(features),
    base,
  );
  const [right, of] = causes[cause] ?? [0, 0];
  const share = (right + WORTH / (1 + Math.exp(-sum))) / (of + WORTH);
  return Math.round(100 * Math.min(MOST, Math.max(1 - MOST, share))) / 100;
}
