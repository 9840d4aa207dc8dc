/**
 * The one form of everything that is judged of a run: thresholds, rules of every run, rules against a baseline, checks of
 * validity, notes, findings. Made by the checks of registry.ts; read by the verdict, the live view and every report.
 * Invariant: plain data; `id` is unique in a run; what is not judged says why in its first evidence.
 */
import type { ExitCode } from "../../shared/errors.ts";
import type { StrictThreshold } from "../../shared/scenario/strict.ts";

export const JUDGEMENT_KINDS = [
  "ending",
  "threshold",
  "validity",
  "implied",
  "note",
  "baseline",
  "finding",
] as const;
export type JudgementKind = (typeof JUDGEMENT_KINDS)[number];

/**
 * fail: of a threshold, an implied or a baseline rule, the run fails; of validity, the run is invalid; of its ending, it did not
 * go to its own end. warn: a reader should know. not-judged: too little to go by.
 */
export const OUTCOMES = ["pass", "fail", "warn", "not-judged"] as const;
export type Outcome = (typeof OUTCOMES)[number];

export const UNITS = ["ms", "share", "count", "perSecond", "seconds"] as const;
export type Unit = (typeof UNITS)[number];

/** What was measured; null: nothing was. */
export type Observed =
  | { readonly measure: string; readonly unit: Unit; readonly value: number | null }
  | { readonly measure: string; readonly unit: "word"; readonly value: string };

export const OPERATORS = [
  "<",
  "<=",
  ">",
  ">=",
  "==",
  "!=",
] as const satisfies readonly StrictThreshold["operator"][];

export interface Limit {
  readonly operator: StrictThreshold["operator"];
  readonly unit: Unit;
  readonly value: number;
}

/** Which part of a run it is about; null: all that counts. */
export interface JudgementScope {
  readonly phase: string | null;
  readonly name: string | null;
  readonly target: string | null;
}

/** What a judgement rests on: a sentence, and the seconds of run time it is about, each stretch without its end. */
export interface Evidence {
  readonly sentence: string;
  readonly seconds: readonly (readonly [from: number, to: number])[];
}

export const LOCI = [
  "generator",
  "network",
  "server",
  "handler",
  "client-script",
  "unknown",
] as const;

/** From the surest on: nothing else does this; little else does; it fits, and other causes would, too. */
export const CONFIDENCES = ["certain", "likely", "possible"] as const;
export type Confidence = (typeof CONFIDENCES)[number];

/** Of a finding: where the cause lies, and what to do next. */
export interface FindingDetail {
  /** Of findings/causes.ts; absent: the finding is of no single one. */
  readonly cause?: string;
  readonly locus: (typeof LOCI)[number];
  readonly confidence: Confidence;
  readonly basis: string;
  readonly against: readonly string[];
  readonly nextProbe: string;
  /** Failures it accounts for, by kind and code; absent: none. */
  readonly failures?: readonly string[];
  /** Kind of the probe run that would tell it from others (diagnosis/probe-run); absent: none would. */
  readonly probe?: string;
  /** That the cause is right, 0 to 1 (findings/probability.ts); absent: the finding names none. */
  readonly probability?: number;
}

export interface Judgement {
  readonly id: string;
  readonly kind: JudgementKind;
  readonly question: string;
  readonly scope: JudgementScope;
  readonly observed: Observed;
  readonly limit: Limit | null;
  readonly outcome: Outcome;
  /** The answer in one sentence. */
  readonly sentence: string;
  readonly evidence: readonly Evidence[];
  /** Of several reasons for a verdict the one with the lowest comes first. */
  readonly precedence: number;
  /** What the run exits with because of it, where nothing comes before it (EXIT_PRECEDENCE); null: it changes nothing. */
  readonly exitCode: ExitCode | null;
  /** Of thresholds and rules of every run: as it was written; else null. */
  readonly rule: StrictThreshold | null;
  readonly finding: FindingDetail | null;
}

/** What those of an outcome say, by precedence: their evidence, or the sentence where it stands alone. */
export function sentencesOf(
  judgements: readonly Judgement[],
  outcome: "fail" | "warn" = "fail",
): string[] {
  return judgements
    .filter((judgement) => judgement.outcome === outcome)
    .sort((a, b) => a.precedence - b.precedence)
    .flatMap(({ sentence, evidence }) =>
      evidence.length === 0 ? [sentence] : evidence.map((part) => part.sentence),
    );
}
