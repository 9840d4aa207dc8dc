/**
 * Judges a run: every check of the registry once, and the verdict as a fold over the answers. Pure; called for the summary and
 * the reports, and of those checks that say so once a second while a run goes on. Invariant: live and at the end by the same
 * code, from the same registry; of a run that never began nothing is judged but how it ended.
 */
import type { ExitCode } from "../../shared/errors.ts";
import type { RunFold } from "../merge/run-fold.ts";
import { type Answer, type Check, JudgedRun, notJudged } from "./check.ts";
import { withProbabilities } from "./findings/probability.ts";
import type { Judgement } from "./judgement.ts";
import { REGISTRY } from "./registry.ts";
import { shown } from "./text.ts";
import { type Validity, validityOf } from "./validity.ts";
import { exitCodeFor, type Verdict, verdictOf } from "./verdict.ts";

export interface RunJudgement {
  /** In the order of the registry. */
  readonly judgements: readonly Judgement[];
  readonly validity: Validity;
  readonly verdict: Verdict;
  readonly exitCode: ExitCode;
}

export function judgeRun(fold: RunFold): RunJudgement {
  const judgements: Judgement[] = [];
  const run = new JudgedRun(fold, judgements);
  for (const check of REGISTRY) judgements.push(...judgementsOf(check, run));
  const verdict = verdictOf(judgements);
  return { judgements: withProbabilities(judgements), validity: validityOf(run), ...verdict };
}

/** What is judged while the run goes on: its thresholds in the scenario's order, and then the generator. */
export function judgeLive(fold: RunFold): readonly Judgement[] {
  const run = new JudgedRun(fold);
  return REGISTRY.filter(({ meta }) => meta.isLive).flatMap((check) => judgementsOf(check, run));
}

function judgementsOf(check: Check, run: JudgedRun): Judgement[] {
  const found = check.judge(run);
  if (isOne(found)) return [judgementOf(check, run, found, check.meta.id)];
  return found.map((answer, at) => judgementOf(check, run, answer, `${check.meta.id}/${at}`));
}

function isOne(found: Answer | readonly Answer[]): found is Answer {
  return !Array.isArray(found);
}

/** What would have been judged, and why it is not. */
function didNotStart({ observed, limit = null }: Answer): Answer {
  return notJudged(observed, "the run did not start", limit);
}

const ALL_THAT_COUNTS = { phase: null, name: null, target: null } as const;

function judgementOf({ meta }: Check, { fold }: JudgedRun, answer: Answer, id: string): Judgement {
  const { kind, question, precedence, isAlways = kind === "ending" } = meta;
  const judged = fold.began || isAlways ? answer : didNotStart(answer);
  const { sentence, ...rest } = judged;
  const whole = {
    id,
    kind,
    question,
    precedence,
    scope: ALL_THAT_COUNTS,
    limit: null,
    evidence: [],
    rule: null,
    finding: null,
    ...rest,
    exitCode: exitCodeFor({ kind, outcome: rest.outcome }, rest.exitCode ?? null),
  };
  return { ...whole, sentence: sentence ?? sentenceOf(whole) };
}

/** "send lag p99: 1.2 ms (must be <= 20 ms)." */
function sentenceOf({
  observed,
  limit,
  outcome,
  evidence: [first],
}: Omit<Judgement, "sentence">): string {
  const { measure } = observed;
  if (outcome === "not-judged") return `${measure}: not judged, ${first?.sentence ?? ""}.`;
  if (observed.value === null) return `${measure}: ${first?.sentence ?? "holds"}.`;
  const bound = limit === null ? "" : ` (must be ${limit.operator} ${shown(limit)})`;
  return `${measure}: ${shown(observed)}${bound}.`;
}
