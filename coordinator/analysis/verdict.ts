/**
 * The verdict: one word and one exit code for a run. Pure. Precedence when several hold is a promise to
 * users: 130, 105, 103, 104, 98, 107, 97, 99, 0. Invariant: word and code never contradict each other.
 */
import { ErrorCode, ExitCode } from "../../shared/errors.ts";
import type { RunFold } from "../merge/run-fold.ts";

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

export interface VerdictInput {
  /** The journal ends before the run does: its process was killed. */
  readonly complete: boolean;
  /** Run time began. */
  readonly began: boolean;
  readonly end: RunFold["end"];
  readonly problem: RunFold["problem"];
  readonly valid: boolean;
  readonly thresholdsPassed: boolean;
}

export function judge(input: VerdictInput): { verdict: Verdict; exitCode: ExitCode } {
  const holding = exitCodesOf(input);
  const exitCode = EXIT_PRECEDENCE.find((code) => holding.has(code)) ?? ExitCode.passed;
  return { verdict: wordFor(exitCode), exitCode };
}

function exitCodesOf(input: VerdictInput): ReadonlySet<ExitCode> {
  const holding = new Set<ExitCode>();
  if (!input.complete) holding.add(ExitCode.aborted);
  if (input.end?.by === "interrupt") {
    holding.add(input.end.mode === "abort" ? ExitCode.aborted : ExitCode.interrupted);
  }
  if (input.end?.by === "api") holding.add(ExitCode.stopped);
  if (input.problem) holding.add(codeOf(input.problem, input.began));
  // There is no result yet that could be trusted or not.
  if (!input.valid && input.began) holding.add(ExitCode.untrusted);
  if (!input.thresholdsPassed) holding.add(ExitCode.thresholdFailed);
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
