/**
 * Goal: what the generator lacked is named with the setting that lifts it, and results that are missing are said to be, and are no load that was
 * never attempted. Method: runs frame by frame.
 */
import { describe, expect, test } from "vitest";
import { judgeRun } from "../../../../coordinator/analysis/judge-run.ts";
import { RunFold } from "../../../../coordinator/merge/run-fold.ts";
import type { FailureKind } from "../../../../shared/stats/failure-kind.ts";
import {
  begun,
  ended,
  facts,
  goodFrames,
  goodRun,
  merge,
  SyntheticEngine,
} from "../../merge/synthetic-run.ts";

const findingsOf = (fold: RunFold) =>
  judgeRun(fold).judgements.flatMap(({ sentence, finding }) =>
    finding === null ? [] : [{ sentence, ...finding }],
  );

function failing(kind: FailureKind, count: number): RunFold {
  const engine = new SyntheticEngine();
  const fold = new RunFold(facts());
  const own = { kind, signature: "", phase: 0, target: 0, count, sample: null };
  const last = engine.frame({ second: 1, failures: [own], final: true });
  begun(fold);
  merge(fold, 1, [engine.frame({ second: 0 }), last]);
  ended(fold, { 1: 1 });
  return fold;
}

test.each<[FailureKind, string, string, RegExp]>([
  ["generator-ports", "generator-ports", "local ports", /ip_local_port_range.*localAddresses/],
  ["generator-fds", "generator-open-files", "open files", /ulimit -n.*--workers/],
  ["generator-memory", "generator-memory", "memory", /more memory/],
])("%s: the finding says what ran out, and what to change", (kind, cause, what, advice) => {
  const [first] = findingsOf(failing(kind, 12));
  expect(first).toMatchObject({ cause, locus: "generator" });
  expect(first?.sentence).toContain(`ran out of ${what}: 12 `);
  expect(first?.nextProbe).toMatch(advice);
});

describe("frames that are missing", () => {
  const bodies = goodFrames();
  const without = (...seqs: readonly number[]) => {
    const fold = new RunFold(facts());
    begun(fold);
    for (const [seq, body] of bodies.entries()) {
      if (!seqs.includes(seq)) fold.apply({ type: "frame", epoch: 1, seq, body, late: false });
    }
    ended(fold, { 1: bodies.length - 1 });
    return fold;
  };

  test("are the first finding, with the worker and how many", () => {
    const [first, ...others] = findingsOf(without(0, 3));
    expect(first).toMatchObject({ cause: "results-missing", locus: "generator" });
    expect(first?.sentence).toContain("2 frames of w1 never reached the journal");
    // Not one of the four connections was counted: they are missing, and were attempted.
    expect(others).toEqual([]);
  });

  test("none are, and nothing is said", () => {
    expect(findingsOf(without())).toEqual([]);
    expect(findingsOf(goodRun())).toEqual([]);
  });
});
