/**
 * What a series of runs comes to: plain data, for the terminal, for markdown and for scripts. Made by trend.ts. Invariants: times are
 * milliseconds; a change is relative (0.05 is 5 % more) for times, rates and capacity, a difference for shares (0.001 is 0.1
 * percentage points more); what was not measured is null, never 0; runs are given by their index in `runs` of their group.
 */

/** The first that any row is, is what the whole trend is called. */
export const TREND_VERDICTS = ["REGRESSED", "IMPROVED", "STEADY", "UNDECIDED"] as const;
export type TrendVerdict = (typeof TREND_VERDICTS)[number];

/** What `--despite` lets through. */
export const TREND_DESPITE = ["target", "environment", "validity"] as const;
export type TrendDespite = (typeof TREND_DESPITE)[number];

export interface TrendRun {
  readonly run: string;
  readonly name: string;
  /** ISO 8601. */
  readonly startedAt: string;
}

/** A level that holds from one run on until the next change, or the last run. */
export interface TrendLevel {
  readonly from: number;
  readonly to: number;
  readonly median: number;
}

/** From one level to the next. */
export interface TrendChange {
  /** The first run that has it. */
  readonly at: number;
  readonly change: number;
  /** Ends of the 95 % interval of the change. */
  readonly low: number | null;
  readonly high: number | null;
  /** Share of orders of the runs that show as clear a change. */
  readonly p: number;
  /** SAME: within the margin; INCONCLUSIVE: perhaps. */
  readonly verdict: "REGRESSED" | "IMPROVED" | "SAME" | "INCONCLUSIVE";
  /** It has not been undone by a later one. */
  readonly stands: boolean;
}

/** A rise or fall all along, where no step explains the series better. */
export interface TrendDrift {
  /** From one run to the next. */
  readonly perRun: number;
  /** From the first run to the last, and the ends of its 95 % interval. */
  readonly total: number;
  readonly low: number;
  readonly high: number;
  readonly p: number;
  readonly verdict: TrendChange["verdict"];
}

export interface TrendRow {
  readonly measure: string;
  readonly unit: "ms" | "share" | "perSecond" | "connections";
  readonly better: "lower" | "higher";
  /** By run. */
  readonly values: readonly (number | null)[];
  /** A change is of consequence beyond this, in the unit of the change. */
  readonly margin: number;
  readonly verdict: TrendVerdict;
  readonly levels: readonly TrendLevel[];
  readonly changes: readonly TrendChange[];
  readonly drift: TrendDrift | null;
  /** The first run that has what the verdict is about; null: STEADY or UNDECIDED. */
  readonly since: number | null;
  /** One sentence. */
  readonly reason: string;
}

/** Runs that have in common what a trend takes for granted. */
export interface TrendGroup {
  /** Of the load: its hash, or what a summary alone says of it. */
  readonly plan: string;
  readonly target: string;
  readonly environment: string;
  readonly runs: readonly TrendRun[];
  readonly verdict: TrendVerdict;
  readonly rows: readonly TrendRow[];
  /** What a reader must know, such as versions that changed: plain sentences. */
  readonly notes: readonly string[];
}

/** As written by `onrush trend --json`. */
export interface Trend {
  readonly schema: 1;
  readonly verdict: TrendVerdict;
  /** `--fail-on regressed` was given, and a measure is REGRESSED. */
  readonly failed: boolean;
  /** The group with the most runs first. */
  readonly groups: readonly TrendGroup[];
  readonly leftOut: readonly { readonly run: string; readonly why: string }[];
  readonly despite: readonly TrendDespite[];
}
