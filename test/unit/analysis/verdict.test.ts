/**
 * Goal: exit codes follow from what was judged and nothing else, by the precedence users were promised; the word never
 * contradicts the code.
 */
import { describe, expect, test } from "vitest";
import type { Judgement } from "../../../coordinator/analysis/judgement.ts";
import { judgeEnding } from "../../../coordinator/analysis/rules/ending.ts";
import { exitCodeFor, verdictOf } from "../../../coordinator/analysis/verdict.ts";

type Case = Parameters<typeof judgeEnding>[0] & {
  readonly validity: Judgement["outcome"];
  readonly threshold: Judgement["outcome"];
};

const fine: Case = {
  complete: true,
  began: true,
  state: "done",
  end: null,
  problem: null,
  validity: "pass",
  threshold: "pass",
};

function judge({ validity, threshold, ...ending }: Case) {
  const ended = judgeEnding(ending);
  const judgements = [
    { kind: "ending", ...ended },
    { kind: "threshold", outcome: threshold },
    { kind: "validity", outcome: validity },
    { kind: "implied", outcome: "warn" },
    { kind: "baseline", outcome: "not-judged" },
    { kind: "note", outcome: "fail" },
    { kind: "finding", outcome: "fail" },
  ] as const;
  return verdictOf(
    judgements.map((one) => ({
      exitCode: exitCodeFor(one, "exitCode" in one ? (one.exitCode ?? null) : null),
    })),
  );
}
const end = (mode: "stop" | "abort", by: "interrupt" | "api" | "threshold" | "failure") => ({
  end: { type: "end-requested", mode, by, reason: "", wallMs: 0, elapsedUs: 0 } as const,
});
const problem = (code: "ONRUSH_TARGET_UNREACHABLE" | "ONRUSH_WORKER_FAILED") => ({
  problem: { type: "problem", code, message: "", remedy: "", wallMs: 0, elapsedUs: 0 } as const,
});

/** In order of precedence. */
const conditions: [number, string, Partial<Case>][] = [
  [130, "interrupted", end("abort", "interrupt")],
  [105, "interrupted", end("stop", "interrupt")],
  [103, "stopped", end("stop", "api")],
  [98, "invalid", problem("ONRUSH_TARGET_UNREACHABLE")],
  [97, "invalid", { validity: "fail" }],
  [99, "fail", { threshold: "fail" }],
];

describe("one condition", () => {
  test("none: pass", () => expect(judge(fine)).toEqual({ verdict: "pass", exitCode: 0 }));
  test.each([
    ...conditions,
    [97, "invalid", problem("ONRUSH_WORKER_FAILED")],
    [103, "stopped", end("abort", "api")],
    [130, "interrupted", { complete: false }],
    [0, "pass", end("stop", "threshold")],
    [99, "fail", { threshold: "not-judged" }],
    [0, "pass", { validity: "not-judged" }],
  ] as typeof conditions)("%i %s", (exitCode, verdict, condition) => {
    expect(judge({ ...fine, ...condition })).toEqual({ verdict, exitCode });
  });
});

describe("several conditions: the first of the promised order counts", () => {
  for (const [first, [exitCode, verdict, condition]] of conditions.entries()) {
    test(`${exitCode} before all that follow`, () => {
      const later = Object.assign({}, ...conditions.slice(first + 1).map(([, , other]) => other));
      expect(judge({ ...fine, ...later, ...condition })).toEqual({ verdict, exitCode });
    });
  }
});

test("a run that never began has no result to mistrust: what kept it from beginning is a matter of pre-flight", () => {
  const kept = { ...fine, began: false, validity: "not-judged" as const };
  expect(judge({ ...kept, ...problem("ONRUSH_WORKER_FAILED") })).toEqual({
    verdict: "invalid",
    exitCode: 98,
  });
  expect(judge({ ...kept, ...problem("ONRUSH_TARGET_UNREACHABLE") }).exitCode).toBe(98);
  expect(judge({ ...kept, ...end("stop", "interrupt") }).exitCode).toBe(105);
});

test("of several ends all are told, the one that counts first", () => {
  const ended = judgeEnding({
    ...fine,
    complete: false,
    ...end("stop", "api"),
    ...problem("ONRUSH_WORKER_FAILED"),
  });
  expect(ended).toMatchObject({
    outcome: "fail",
    exitCode: 130,
    observed: { value: "its process" },
  });
  expect(ended.evidence).toHaveLength(3);
});
