/**
 * The verdict: one word and one exit code for a run, as a fold over what was judged of it. Pure; called by judge-run.ts.
 * Precedence when several hold is a promise to users: 130, 105, 103, 104, 98, 107, 97, 99, 0. Invariant: word and code never
 * contradict each other.
 */
import { ExitCode } from "../../shared/errors.ts";
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

/** A fold over what was judged of a run, and nothing else. */
export function verdictOf(judgements: readonly Pick<Judgement, "exitCode">[]): {
  readonly verdict: Verdict;
  readonly exitCode: ExitCode;
} {
  const holding = new Set(judgements.map(({ exitCode }) => exitCode));
  const exitCode = EXIT_PRECEDENCE.find((code) => holding.has(code)) ?? ExitCode.passed;
  return { verdict: wordFor(exitCode), exitCode };
}

/** What a failed judgement makes of a run; null: nothing. */
const FAILED: Readonly<Record<JudgementKind, ExitCode | null>> = {
  ending: ExitCode.aborted,
  validity: ExitCode.untrusted,
  threshold: ExitCode.thresholdFailed,
  implied: ExitCode.thresholdFailed,
  baseline: ExitCode.thresholdFailed,
  note: null,
  finding: null,
};

/** What a run exits with because of a judgement. A threshold that was not judged does not hold. @param own of the check */
export function exitCodeFor(
  { kind, outcome }: Pick<Judgement, "kind" | "outcome">,
  own: ExitCode | null,
): ExitCode | null {
  const broken = outcome === "fail" || (kind === "threshold" && outcome === "not-judged");
  return broken ? (own ?? FAILED[kind]) : null;
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
