/**
 * Answers against truths: how often right, how often a false alarm, who was blamed for whose fault, and whether stated
 * probabilities are what they say. Pure; called by main.ts. Invariants: every share comes with its n and its interval; a run
 * on a machine that others had, and a fault that was not felt, never count as a fault.
 */
import { wilsonInterval } from "../../coordinator/analysis/stats/proportion.ts";
import type { Answer } from "./answer.ts";
import type { Label } from "./bundle.ts";
import { type Reliability, reliabilityOf, type Stated } from "./reliability.ts";

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

export interface Score {
  readonly analyzer: string;
  readonly shares: Readonly<Record<Measure, Share>>;
  /** null: it states no probabilities. */
  readonly calibration: Reliability | null;
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
    calibration: reliabilityOf(statedOf(counted, analyzer)),
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

/** First answers that state a probability, and whether each was right. */
export function statedOf(rows: readonly Scored[], analyzer: string): readonly Stated[] {
  return rows.flatMap(({ truth, answers }) => {
    const [first] = answers.get(analyzer) ?? [];
    if (first === undefined || first.probability === null) return [];
    return [{ said: first.probability, isRight: isRight(truth, [first]) }];
  });
}
