/**
 * What a comparison of two sides comes to: plain data, for the terminal, a pull request, scripts and summary.json. Made
 * by ../compare.ts. Invariants: times are milliseconds; a change is B against A, relative (0.05 is 5 % more) for times
 * and rates, a difference for shares (0.001 is 0.1 percentage points more); what cannot be known is null, never 0.
 */

/** The first that holds for a row is what the whole comparison is called. */
export const COMPARED_VERDICTS = ["REGRESSED", "INCONCLUSIVE", "IMPROVED", "SAME"] as const;
export type ComparedVerdict = (typeof COMPARED_VERDICTS)[number];

/** Why runs are refused, and what --despite takes. */
export const DIFFERENCE_KINDS = ["scenario", "target", "plan", "environment", "validity"] as const;
export type DifferenceKind = (typeof DIFFERENCE_KINDS)[number];

/** Something the runs of a comparison do not have in common. */
export interface Difference {
  readonly kind: DifferenceKind;
  /** Where: a path of the scenario, a fact of the environment, a run. */
  readonly what: string;
  readonly a: string;
  readonly b: string;
}

export interface ComparedRun {
  readonly run: string;
  readonly name: string;
  /** ISO 8601; null when it never started. */
  readonly startedAt: string | null;
  /** Seconds left out because the generator was at its limit in them. */
  readonly maskedSeconds: number;
}

export interface ComparedRow {
  /** As --fail-on names it: latency.p99, connect.failed, messages.received. */
  readonly measure: string;
  readonly unit: "ms" | "share" | "perSecond";
  readonly better: "lower" | "higher";
  /** The figure of each side; the median of its runs when there are several. */
  readonly a: number | null;
  readonly b: number | null;
  /** Values, or trials, behind each figure. */
  readonly countA: number;
  readonly countB: number;
  readonly change: number | null;
  /** Ends of the interval the change lies in with the stated confidence. */
  readonly low: number | null;
  readonly high: number | null;
  /** A change is of consequence beyond this, in the unit of the change. */
  readonly margin: number;
  /** The margin is this many milliseconds, because the relative one would be less; else null. */
  readonly marginMs: number | null;
  readonly verdict: ComparedVerdict;
  /** Why it is inconclusive; null when it is not. */
  readonly reason: string | null;
  /** About so many runs a side would decide; null when decided, or when nobody can tell. */
  readonly runsNeeded: number | null;
}

/** A rule of --fail-on. */
export interface JudgedRule {
  readonly rule: string;
  readonly outcome: "passed" | "failed" | "inconclusive";
  /** One sentence with the numbers. */
  readonly reason: string;
}

export interface CurvePoint {
  /** 0 to 100. */
  readonly percentile: number;
  readonly aMs: number | null;
  readonly bMs: number | null;
}

/** Percentiles of both sides, all runs of a side merged; dense enough to draw. */
export interface ComparedCurve {
  readonly metric: "latency" | "service" | "connect";
  readonly countA: number;
  readonly countB: number;
  readonly points: readonly CurvePoint[];
}

export interface ComparisonMethod {
  /** What is taken as one independent sample. */
  readonly unit: "run" | "block";
  readonly confidence: number;
  /** null when runs are the unit. */
  readonly blockSeconds: number | null;
  readonly blocks: number | null;
  /** Of neighbouring seconds; null when runs are the unit. */
  readonly correlation: number | null;
  readonly seed: number;
  /** One sentence. */
  readonly text: string;
}

export interface Comparison {
  readonly schema: 1;
  readonly verdict: ComparedVerdict;
  /** A rule of --fail-on does not hold. */
  readonly failed: boolean;
  /** A rule that is inconclusive counts as failed (--fail-inconclusive); comparisons of older versions lack it. */
  readonly strict?: boolean;
  readonly a: readonly ComparedRun[];
  readonly b: readonly ComparedRun[];
  /** Seconds of run time compared, the same in all runs. */
  readonly comparedSeconds: number;
  readonly method: ComparisonMethod;
  /** What the runs do not have in common and was let through. */
  readonly despite: readonly Difference[];
  /** What a reader must know: plain sentences. */
  readonly caveats: readonly string[];
  readonly rows: readonly ComparedRow[];
  readonly rules: readonly JudgedRule[];
  readonly curves: readonly ComparedCurve[];
}

/** Runs that are not compared, and why. */
export interface RefusedComparison {
  readonly schema: 1;
  readonly verdict: "REFUSED";
  /** There were rules of --fail-on, and nobody can say that they hold. */
  readonly failed: boolean;
  readonly a: readonly Pick<ComparedRun, "run" | "name">[];
  readonly b: readonly Pick<ComparedRun, "run" | "name">[];
  readonly differences: readonly Difference[];
}

/** As written by `onrush compare --json` and into summary.json. */
export type CompareOutcome = Comparison | RefusedComparison;
