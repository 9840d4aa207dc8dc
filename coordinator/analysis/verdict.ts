/**
 * The verdict: one word and one exit code for a run, as a fold over what was judged of it. Pure; called by judge-run.ts.
 * Precedence when several hold is a promise to users: 130, 105, 103, 104, 98, 107, 97, 99, 0. Invariant: word and code never
 * contradict each other.
 */
import { ErrorCode, ExitCode } from "../../shared/errors.ts";
import type { RunFold } from "../merge/run-fold.ts";
import type { Judgement, JudgementKind } from "./judgement.ts";

/** What a run comes to, in one word. */
export const VERDICTS = ["pass", "fail", "invalid", "interrupted", "stopped"] as const;
export type Verdict = (typeof VERDICTS)[number];

/** First match wins. */
export const EXIT_PRECEDENCE: readonly ExitCode[] = [
  ExitCode.aborted,
  ExitCode.interrupted,
  ExitCode.stopped,
  ExitCode.invalidScenario,
  ExitCode.preflight,
  ExitCode.hookFailed,
  ExitCode.untrusted,
  ExitCode.thresholdFailed,
];

type Ending = Pick<RunFold, "complete" | "began" | "end" | "problem">;

/** How the run ended, and what was judged of it. */
export function verdictOf(
  ending: Ending,
  judgements: readonly (Pick<Judgement, "kind" | "outcome"> &
    Partial<Pick<Judgement, "exitCode">>)[],
): { readonly verdict: Verdict; readonly exitCode: ExitCode } {
  const holding = exitCodesOf(ending);
  for (const { kind, outcome, exitCode } of judgements) {
    if (outcome !== "fail" && !(kind === "threshold" && outcome === "not-judged")) continue;
    const code = exitCode ?? FAILED[kind];
    if (code !== null) holding.add(code);
  }
  const exitCode = EXIT_PRECEDENCE.find((code) => holding.has(code)) ?? ExitCode.passed;
  return { verdict: wordFor(exitCode), exitCode };
}

/** What a failed judgement makes of a run; null: nothing. */
const FAILED: Readonly<Record<JudgementKind, ExitCode | null>> = {
  validity: ExitCode.untrusted,
  threshold: ExitCode.thresholdFailed,
  implied: ExitCode.thresholdFailed,
  baseline: ExitCode.thresholdFailed,
  note: null,
  finding: null,
};

function exitCodesOf({ complete, began, end, problem }: Ending): Set<ExitCode> {
  const holding = new Set<ExitCode>();
  if (!complete) holding.add(ExitCode.aborted);
  if (end?.by === "interrupt") {
    holding.add(end.mode === "abort" ? ExitCode.aborted : ExitCode.interrupted);
  }
  if (end?.by === "api") holding.add(ExitCode.stopped);
  if (problem) holding.add(codeOf(problem, began));
  return holding;
}

/** Whatever keeps a run from beginning is found before it: there is no result yet. */
function codeOf({ code }: NonNullable<RunFold["problem"]>, began: boolean): ExitCode {
  const exitCode = ErrorCode[code];
  return exitCode === ExitCode.untrusted && !began ? ExitCode.preflight : exitCode;
}

function wordFor(exitCode: ExitCode): Verdict {
  switch (exitCode) {
    case ExitCode.passed:
      return "pass";
    case ExitCode.thresholdFailed:
      return "fail";
    case ExitCode.stopped:
      return "stopped";
    case ExitCode.aborted:
    case ExitCode.interrupted:
      return "interrupted";
    default:
      return "invalid";
  }
}
