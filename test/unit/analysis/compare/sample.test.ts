/**
 * Goal: what is compared is what the phases that count measured: not the warm-up, not seconds in which a worker was lost or
 * the generator was at its limit, and the drain only of runs that went to their end. Method: synthetic runs of few frames.
 */
import { describe, expect, test } from "vitest";
import { RunFigures } from "../../../../coordinator/analysis/compare/figures.ts";
import { commonSpan, sampleOf } from "../../../../coordinator/analysis/compare/sample.ts";
import { RunFold } from "../../../../coordinator/merge/run-fold.ts";
import {
  begun,
  ended,
  facts,
  lost,
  merge,
  SyntheticEngine,
  tell,
} from "../../merge/synthetic-run.ts";

/** 2 s of warm-up, 4 s that count, 1 s of drain; second s measures (s + 1) ms. */
function fold(change: { busy?: number; cut?: boolean } = {}): RunFold {
  const made = new RunFold(facts());
  begun(made, 1);
  const engine = new SyntheticEngine();
  const seconds = change.cut === true ? 4 : 7;
  merge(
    made,
    1,
    Array.from({ length: seconds }, (_, second) => {
      const phase = second < 2 ? 0 : 1;
      return engine.frame({
        second,
        phases: { [phase]: { sent: 2, expected: 2, matched: 2, received: 2 } },
        values: [{ metric: "latency", phase, us: [1000 * (second + 1), 1000 * (second + 1)] }],
        health: { loopLagMaxUs: second === change.busy ? 400_000 : 2000 },
        final: second === 6,
      });
    }),
  );
  if (change.cut !== true) ended(made, { 1: seconds - 1 });
  return made;
}

const figuresOf = (run: RunFold) => {
  const sample = sampleOf(run);
  return new RunFigures(sample, commonSpan([sample]), Number.POSITIVE_INFINITY);
};

describe("a whole run", () => {
  test("phases that count and the drain, no warm-up", () => {
    const figures = figuresOf(fold());
    expect(figures.merged("latency").count).toBe(10);
    expect(figures.merged("latency").min).toBeCloseTo(3000, -1);
    expect(figures.count("sent")).toBe(10);
    expect(commonSpan([sampleOf(fold())])).toEqual({ seconds: [2, 3, 4, 5], whole: true });
  });

  test("times leave out seconds in which the generator was at its limit; counts do not", () => {
    const figures = figuresOf(fold({ busy: 3 }));
    expect(figures.merged("latency").count).toBe(8);
    expect(figures.count("sent")).toBe(10);
    expect(figures.maskedSeconds).toBe(1);
  });

  test("seconds in which a worker was lost count in no run", () => {
    const disturbed = fold();
    const shards = { ...lost(1, "gone", [0]), reportedUs: 3_000_000 } as ReturnType<typeof lost>;
    tell(disturbed, shards, { type: "worker-recovered", epoch: 1, untilUs: 5_000_000, opens: 0 });
    const samples = [sampleOf(disturbed), sampleOf(fold())];
    expect(samples[0]?.disturbedSeconds).toBe(2);
    const span = commonSpan(samples);
    expect(span.seconds).toEqual([2, 5]);
    for (const sample of samples) {
      expect(new RunFigures(sample, span, Number.POSITIVE_INFINITY).count("sent")).toBe(6);
    }
  });
});

describe("a run that ended early", () => {
  test("only whole seconds all runs have in common, and no drain", () => {
    const [cut, whole] = [sampleOf(fold({ cut: true })), sampleOf(fold())];
    const span = commonSpan([cut, whole]);
    expect(span).toEqual({ seconds: [2], whole: false });
    expect(new RunFigures(whole, span, Number.POSITIVE_INFINITY).count("sent")).toBe(2);
  });
});
