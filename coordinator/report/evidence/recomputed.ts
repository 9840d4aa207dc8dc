/**
 * Evidence computed again: judgements of a run from its journal, each with the seconds it rests on, the rows of timeline.csv of these
 * seconds, and their failures by kind and code. Called by `onrush evidence`. Invariant: nothing is read from the results that the run
 * wrote but to compare with them. Bound: MAX_ROWS rows of one piece of evidence.
 */
import { OnrushError } from "../../../shared/errors.ts";
import type { Outcome } from "../../analysis/judgement.ts";
import { secondsIn } from "../../analysis/stretches.ts";
import type { RunFold } from "../../merge/run-fold.ts";
import { timelineTable } from "../formats/timeline-csv.ts";
import type { RebuiltRun } from "../rebuild.ts";
import type { SummaryJudgement } from "../summary-judged-schema.ts";
import { type StoredJudgement, storedJudgements } from "./stored-sentences.ts";

/** Seconds before and after, so that what changed shows. */
const MARGIN_SECONDS = 3;
const MAX_ROWS = 3600;

export type EvidenceCell = string | number;

export interface RecomputedEvidence {
  readonly sentence: string;
  /** Stretches of run time, `to` not included; empty: it is about the whole run. */
  readonly seconds: SummaryJudgement["evidence"][number]["seconds"];
  /** Of `columns`, a row a second: these seconds, and MARGIN_SECONDS before and after each stretch. */
  readonly rows: readonly (readonly EvidenceCell[])[];
  /** Rows beyond MAX_ROWS. */
  readonly moreRows: number;
  /** Failures in these seconds, without those that faults of the scenario caused; of the whole run where `seconds` is empty. The most frequent first. */
  readonly failures: readonly FailureCount[];
}

export interface FailureCount {
  readonly kind: string;
  /** HTTP status or close code; 4000: any code of applications; null: there is none. */
  readonly code: number | null;
  readonly count: number;
}

export interface RecomputedJudgement {
  readonly id: string;
  /** Of a finding: the cause; null: it is no finding, or names none. */
  readonly cause: string | null;
  readonly question: string;
  readonly outcome: Outcome;
  readonly sentence: string;
  /**
   * same: summary.json of the directory has these sentences, each to the letter. different: it has others. absent: it does not have this
   * judgement, or cannot be read.
   */
  readonly inSummary: "same" | "different" | "absent";
  readonly evidence: readonly RecomputedEvidence[];
}

export interface RecomputedRun {
  readonly run: string;
  /** Of timeline.csv; names from the scenario are foreign. */
  readonly columns: readonly string[];
  readonly judgements: readonly RecomputedJudgement[];
  /** Ids of findings that summary.json has, and the journal does not; of one judgement that was asked for, none. */
  readonly onlyInSummary: readonly string[];
  /** summary.json can be read, has each of these judgements to the letter, and no further finding. */
  readonly agrees: boolean;
  /** As RebuiltRun has them. */
  readonly notes: readonly string[];
}

/**
 * @param rebuilt from the journal of the directory
 * @param wanted id of a judgement (`threshold/0`) or of a cause (`crash-and-restart`); null: every finding
 * @throws OnrushError ONRUSH_USAGE when the run has no such judgement
 */
export async function recomputeEvidence(
  directory: string,
  { fold, summary, notes }: RebuiltRun,
  wanted: string | null,
): Promise<RecomputedRun> {
  const all = judgementsOf(summary.judgements ?? [], summary.findings);
  const chosen = all.filter(({ judgement, cause }) =>
    wanted === null
      ? judgement.kind === "finding" && judgement.outcome === "fail"
      : judgement.id === wanted || cause === wanted,
  );
  if (chosen.length === 0 && wanted !== null) throw unknown(wanted, all);
  const stored = await storedJudgements(directory);
  const table = timelineTable(fold);
  const rows = [...table.rows];
  const judgements = chosen.map((one) => recomputed(one, stored, { fold, rows }));
  const found = new Set(chosen.map(({ judgement }) => judgement.id));
  const onlyInSummary =
    wanted === null ? findingsOf(stored).filter((id) => !found.has(id)) : ([] as const);
  const areSame = judgements.every(({ inSummary }) => inSummary === "same");
  const agrees = stored !== null && areSame && onlyInSummary.length === 0;
  return { run: summary.run, columns: table.columns, judgements, onlyInSummary, agrees, notes };
}

function findingsOf(stored: ReadonlyMap<string, StoredJudgement> | null): readonly string[] {
  return [...(stored ?? [])].flatMap(([id, { isFinding }]) => (isFinding ? [id] : []));
}

interface Named {
  readonly judgement: SummaryJudgement;
  readonly cause: string | null;
}

/** Findings of the summary are its judgements of that kind which fail, in their order. */
function judgementsOf(
  judgements: readonly SummaryJudgement[],
  findings: readonly { readonly id?: string | undefined }[],
): readonly Named[] {
  let at = 0;
  return judgements.map((judgement) => {
    const isFinding = judgement.kind === "finding" && judgement.outcome === "fail";
    return { judgement, cause: isFinding ? (findings[at++]?.id ?? null) : null };
  });
}

function recomputed(
  { judgement, cause }: Named,
  stored: ReadonlyMap<string, StoredJudgement> | null,
  run: { readonly fold: RunFold; readonly rows: readonly (readonly EvidenceCell[])[] },
): RecomputedJudgement {
  const { id, question, outcome, sentence, evidence } = judgement;
  const before = stored?.get(id)?.sentences;
  const now = [sentence, ...evidence.map((one) => one.sentence)];
  const isSame = before?.length === now.length && now.every((text, at) => text === before[at]);
  return {
    ...{ id, cause, question, outcome, sentence },
    inSummary: before === undefined ? "absent" : isSame ? "same" : "different",
    evidence: evidence.map((one) => {
      const rows = one.seconds.length === 0 ? [] : rowsNear(run.rows, one.seconds);
      return {
        ...one,
        rows: rows.slice(0, MAX_ROWS),
        moreRows: Math.max(0, rows.length - MAX_ROWS),
        failures: failuresIn(run.fold, one.seconds),
      };
    }),
  };
}

function rowsNear(
  rows: readonly (readonly EvidenceCell[])[],
  stretches: RecomputedEvidence["seconds"],
) {
  const near = secondsIn(stretches, MARGIN_SECONDS);
  return rows.filter(([second]) => near.has(Number(second)));
}

function failuresIn({ merge }: RunFold, stretches: RecomputedEvidence["seconds"]): FailureCount[] {
  const wanted = secondsIn(stretches);
  const isIn = (second: number) => stretches.length === 0 || wanted.has(second);
  return merge.failureSeries.all
    .map(({ kind, code, seconds }) => {
      let count = 0;
      for (const [second, failed] of seconds) if (isIn(second)) count += failed;
      return { kind, code, count };
    })
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count);
}

function unknown(wanted: string, all: readonly Named[]): OnrushError {
  const found = all.flatMap(({ cause }) => cause ?? []);
  return new OnrushError({
    code: "ONRUSH_USAGE",
    message: `the run has no cause and no judgement "${wanted}"`,
    remedy: `give ${found.length === 0 ? "" : `${found.join(", ")}, or `}the id of one of the judgements in summary.json, such as threshold/0`,
  });
}
