/**
 * Answers against truths: how often right, how often a false alarm, who was blamed for whose fault, and whether stated
 * probabilities are what they say. Pure; called by main.ts. Invariants: every share comes with its n and its interval; a run
 * on a machine that others had, and a fault that was not felt, never count as a fault.
 */
import { wilsonInterval } from "../../coordinator/analysis/stats/proportion.ts";
import type { Answer } from "./answer.ts";
import type { Label } from "./bundle.ts";

interface Cause {
  readonly cause: string;
  readonly locus: string;
}

export interface Truth {
  /** null: healthy, or a fault that was not felt. */
  readonly truth: (Cause & { readonly openSet: boolean; readonly also?: Cause | undefined }) | null;
  /** Of the indicator, and what healthy runs show; null: it has none, or it was not measured. */
  readonly value: number | null;
  readonly usual: number | null;
}

export interface Scored extends Truth {
  readonly label: Label;
  readonly isDisturbed: boolean;
  /** By the name of the analyzer. */
  readonly answers: ReadonlyMap<string, Answer>;
}

export interface Share {
  readonly count: number;
  readonly of: number;
  /** Of the 95 % interval by Wilson; null without any. */
  readonly low: number | null;
  readonly high: number | null;
}

export interface Calibration {
  readonly error: number;
  readonly of: number;
}

export interface Score {
  readonly analyzer: string;
  readonly shares: Readonly<Record<Measure, Share>>;
  /** null: it states no probabilities. */
  readonly calibration: Calibration | null;
}

/** What is counted, among which runs. */
const MEASURES = {
  "locus, first": {
    among: ({ truth }: Scored) => truth !== null,
    holds: ({ truth }: Scored, [first]: Answer) =>
      causesOf(truth).some(({ locus }) => locus === first?.locus),
  },
  "cause, first": {
    among: ({ truth }: Scored) => truth?.openSet === false,
    holds: ({ truth }: Scored, [first]: Answer) => first !== undefined && isRight(truth, [first]),
  },
  "cause, first three": {
    among: ({ truth }: Scored) => truth?.openSet === false,
    holds: ({ truth }: Scored, answer: Answer) =>
      answer.slice(0, 3).some((one) => isRight(truth, [one])),
  },
  "both of two causes, first three": {
    among: ({ truth }: Scored) => truth?.also !== undefined,
    holds: ({ truth }: Scored, answer: Answer) =>
      causesOf(truth).every(({ cause }) => answer.slice(0, 3).some((one) => one.cause === cause)),
  },
  "false alarms on healthy runs": {
    among: ({ truth }: Scored) => truth === null,
    holds: (_: Scored, answer: Answer) => answer.length > 0,
  },
  "generator's fault blamed on others": {
    among: ({ truth }: Scored) => truth?.locus === "generator" && truth.also === undefined,
    holds: (_: Scored, [first]: Answer) =>
      first !== undefined && !["generator", "unknown"].includes(first.locus),
  },
  "others' fault blamed on the generator": {
    among: ({ truth }: Scored) =>
      truth !== null && causesOf(truth).every(({ locus }) => locus !== "generator"),
    holds: (_: Scored, [first]: Answer) => first?.locus === "generator",
  },
  "unknown causes called unknown": {
    among: ({ truth }: Scored) => truth?.openSet === true,
    holds: (_: Scored, [first]: Answer) => first?.cause === "unknown",
  },
} as const;
export type Measure = keyof typeof MEASURES;
export const SCORE_MEASURES = Object.keys(MEASURES) as readonly Measure[];

/** Scores every analyzer that answered, in the order of the first run's answers. */
export function scores(all: readonly Scored[]): readonly Score[] {
  const counted = all.filter(({ isDisturbed }) => !isDisturbed);
  const analyzers = [...(all[0]?.answers.keys() ?? [])];
  return analyzers.map((analyzer) => ({
    analyzer,
    shares: Object.fromEntries(
      SCORE_MEASURES.map((measure) => {
        const { among, holds } = MEASURES[measure];
        const rows = counted.filter(among);
        const count = rows.filter((row) => holds(row, row.answers.get(analyzer) ?? [])).length;
        return [measure, shareOf(count, rows.length)];
      }),
    ) as Record<Measure, Share>,
    calibration: calibrationOf(counted, analyzer),
  }));
}

/** What may be named: one cause, or two. */
function causesOf(truth: Truth["truth"]): readonly Cause[] {
  if (truth === null) return [];
  return truth.also === undefined ? [truth] : [truth, truth.also];
}

/** Whether the first answer is the truth; of a healthy run, that there is none. */
export function isRight(truth: Truth["truth"], [first]: Answer): boolean {
  if (truth === null) return first === undefined;
  if (truth.openSet) return first?.cause === "unknown";
  return causesOf(truth).some(({ cause }) => cause === first?.cause);
}

function shareOf(count: number, of: number): Share {
  if (of === 0) return { count, of, low: null, high: null };
  const { low, high } = wilsonInterval({ count, of }, 0.95);
  return { count, of, low, high };
}

const BINS = 10;
/** Answers of a bin, at least. */
const PER_BIN = 5;

/**
 * Expected calibration error of first answers: over bins of equal size, the mean distance between the probability stated and
 * the share that was right. Source: M. Naeini et al., AAAI 2015, with bins of equal mass. Biased upwards when n is small.
 */
function calibrationOf(rows: readonly Scored[], analyzer: string): Calibration | null {
  const stated = rows
    .flatMap(({ truth, answers }) => {
      const [first] = answers.get(analyzer) ?? [];
      if (first === undefined || first.probability === null) return [];
      return [{ said: first.probability, isRight: Number(isRight(truth, [first])) }];
    })
    .toSorted((a, b) => a.said - b.said);
  if (stated.length === 0) return null;
  const bins = Math.max(1, Math.min(BINS, Math.floor(stated.length / PER_BIN)));
  let error = 0;
  for (let bin = 0; bin < bins; bin++) {
    const from = Math.floor((bin * stated.length) / bins);
    const part = stated.slice(from, Math.floor(((bin + 1) * stated.length) / bins));
    const sum = (of: (one: (typeof part)[number]) => number) =>
      part.reduce((total, one) => total + of(one), 0);
    error += Math.abs(sum(({ said }) => said) - sum(({ isRight }) => isRight));
  }
  return { error: error / stated.length, of: stated.length };
}
