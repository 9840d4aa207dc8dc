/**
 * What a detector is: a look at a run for signs of some causes, and what it may say. Each detector is one file and one line of
 * registry.ts; rank.ts holds what they say against one another. Invariant: pure; a detector that sees nothing says nothing, and
 * what it says has its numbers, what speaks against it, and how to find out.
 */
import type { FailureSeries } from "../../merge/failures/failure-series.ts";
import type { CauseId } from "../findings/causes.ts";
import type { Confidence, Evidence, FindingDetail, JudgementScope } from "../judgement.ts";
import type { Signals } from "./signals.ts";

export interface Hypothesis {
  readonly cause: CauseId;
  /** Of an unknown cause; else it is the cause's. */
  readonly locus?: FindingDetail["locus"];
  readonly confidence: Confidence;
  readonly scope?: Partial<JudgementScope>;
  readonly sentence: string;
  readonly evidence: readonly Evidence[];
  readonly against: readonly string[];
  readonly nextProbe: string;
  /** Seconds of run time from its first sign to its last, without the end. */
  readonly from: number;
  readonly to: number;
  /** Operations (attempts, messages, connections) that failed or were late by it: of causes of one confidence the one with the most comes first. */
  readonly impact: number;
  /** Failures it accounts for. */
  readonly symptoms: readonly FailureSeries[];
}

export interface Detector {
  readonly meta: {
    readonly causes: readonly [CauseId, ...CauseId[]];
    /** When it speaks: the row of docs/diagnosis.md. */
    readonly doc: string;
    /** Its consequences, once it is accepted. */
    readonly explains: readonly CauseId[];
    /**
     * What would be taken for these: where the same failures, or replies to the same messages, show both, it is this one. Seen without
     * them, each of these is a second cause.
     */
    readonly resembles?: readonly CauseId[];
    /** What it tells was counted one by one, and holds in whatever second. */
    readonly isCounted?: true;
    /** It is heard only of failures that no other detector accounts for. */
    readonly isLastResort?: true;
  };
  readonly detect: (signals: Signals) => readonly Hypothesis[];
}

/** Said against a cause, until a figure of the target speaks (witness/metrics.ts). */
export const MEMORY_UNKNOWN = "The figures of the target's memory are not known here";

/** A sentence about these seconds. */
export function shownIn(sentence: string, from: number, to: number): Evidence {
  return { sentence, seconds: [[from, Math.max(from + 1, to)]] };
}
