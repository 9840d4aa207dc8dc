/**
 * How the run ended: by its own plan and rules, or by somebody's wish, a problem, or the loss of its process. Pure; listed in
 * registry.ts. Invariant: judged also of a run that never began; of several ends the one with the strongest exit code comes
 * first.
 */
import { ErrorCode, ExitCode } from "../../../shared/errors.ts";
import type { RunFold } from "../../merge/run-fold.ts";
import { type Answer, type Check, evidence } from "../check.ts";
import { EXIT_PRECEDENCE } from "../verdict.ts";

export const ending: Check = {
  meta: {
    id: "ending",
    kind: "ending",
    question: "Did the run go to its own end?",
    doc: [
      "the run went to its own end",
      "its process was killed, somebody interrupted or stopped it, or a problem kept it from being done",
      "",
    ],
    precedence: 0,
  },
  judge: ({ fold }) => judgeEnding(fold),
};

type Ending = Pick<RunFold, "complete" | "began" | "state" | "end" | "problem">;
type End = readonly [code: ExitCode, by: string, sentence: string];

export function judgeEnding(ending: Ending): Answer {
  const ends = endsOf(ending).sort(
    ([a], [b]) => EXIT_PRECEDENCE.indexOf(a) - EXIT_PRECEDENCE.indexOf(b),
  );
  const [first] = ends;
  const by = first?.[1] ?? (ending.end === null ? "its plan" : `a ${ending.end.by}`);
  const observed = { measure: "what ended it", unit: "word", value: by } as const;
  if (first === undefined) return { observed, outcome: "pass" };
  const said = evidence(...ends.map(([, , sentence]) => sentence));
  return { observed, outcome: "fail", evidence: said, exitCode: first[0] };
}

function endsOf({ complete, began, state, end, problem }: Ending): End[] {
  const ends: End[] = [];
  if (!complete)
    ends.push([ExitCode.aborted, "its process", `Its process ended in state "${state}".`]);
  if (end?.by === "interrupt" || end?.by === "api") {
    const { aborted, interrupted, stopped } = ExitCode;
    const byHand = end.mode === "abort" ? aborted : interrupted;
    const code = end.by === "api" ? stopped : byHand;
    ends.push([code, `${end.mode} by ${end.by}`, `It was asked to ${end.mode}: ${end.reason}.`]);
  }
  if (problem) ends.push([codeOf(problem, began), problem.code, problem.message]);
  return ends;
}

/** Whatever keeps a run from beginning is found before it: there is no result yet. */
function codeOf({ code }: NonNullable<Ending["problem"]>, began: boolean): ExitCode {
  const exitCode = ErrorCode[code];
  return exitCode === ExitCode.untrusted && !began ? ExitCode.preflight : exitCode;
}
