/**
 * Goal: a starved generator names itself, with numbers; a slow target trips no gate; missing or wrong results
 * make a run invalid.
 */
import { describe, expect, test } from "vitest";
import { GATES } from "../../../coordinator/analysis/gates.ts";
import { judgeRun } from "../../../coordinator/analysis/judge-run.ts";
import { judgedHistogram } from "../../../coordinator/analysis/judged.ts";
import { sentencesOf } from "../../../coordinator/analysis/judgement.ts";
import { RunFold } from "../../../coordinator/merge/run-fold.ts";
import { buildSummary } from "../../../coordinator/report/summary.ts";
import type { StrictScenario } from "../../../shared/scenario/strict.ts";
import {
  begun,
  ended,
  type FrameContent,
  facts,
  goodFrames,
  goodRun,
  lost,
  merge,
  SyntheticEngine,
  tell,
  threshold,
} from "../merge/synthetic-run.ts";

const tenSeconds: Partial<StrictScenario> = {
  phases: [
    {
      phase: "hold",
      ramp: "burst",
      to: 4,
      durationUs: 10_000_000,
      exclude: false,
      messageFactor: 1,
    },
  ],
};

/** Its validity, what of it is the generator's own doing, and the send lag that counts. */
function judgeValidity(fold: RunFold) {
  const { validity, judgements } = judgeRun(fold);
  const own = judgements.filter(({ id }) => id.startsWith("generator/"));
  const phases = new Set([0]);
  const sendLag = judgedHistogram(fold, { metric: "sendLag", phases, names: null });
  return { ...validity, saturation: sentencesOf(own), sendLag };
}

/** A run of ten judged seconds, each with the content for it. */
function run(
  content: (second: number) => FrameContent,
  change: Partial<StrictScenario> = tenSeconds,
  // Most of these frames record no attempts.
  plannedOpens = 0,
) {
  const fold = new RunFold({ ...facts(change), plannedOpens });
  const engine = new SyntheticEngine();
  begun(fold);
  const bodies: Uint8Array[] = [];
  for (let second = 0; second < 10; second++) {
    bodies.push(engine.frame({ second, final: second === 9, ...content(second) }));
  }
  merge(fold, 1, bodies);
  ended(fold, { 1: bodies.length - 1 });
  return judgeValidity(fold);
}

const lags = (us: number, count = 100): NonNullable<FrameContent["values"]> => [
  { metric: "sendLag", phase: 0, us: Array(count).fill(us) },
];

test("a run that went well is valid", () => {
  expect(judgeValidity(goodRun())).toMatchObject({
    valid: true,
    reasons: [],
    deliveredShare: 1,
    maskedSeconds: 0,
    framesMissing: 0,
    ledger: { balanced: true, differences: {} },
  });
});

describe("a starved generator", () => {
  test("that stands still in too many seconds says so and names the worker", () => {
    const validity = run((second) => ({
      health: { loopLagMaxUs: second < 3 ? 812_000 : 1000 },
    }));
    expect(validity.maskedSeconds).toBe(3);
    expect(validity.saturation).toEqual([
      "The load generator was saturated on w1 in 3 of 10 seconds (2 allowed): " +
        "an engine stood still for up to 812 ms (limit 250 ms).",
    ]);
  });

  test("that its CPU quota stopped says so, though no single stop was a standstill", () => {
    const validity = run((second) => ({
      health: { loopLagMaxUs: 80_000, throttled: second < 4 ? 0.37 : 0.05 },
    }));
    expect(validity.valid).toBe(false);
    expect(validity.saturation).toEqual([
      "The load generator was saturated on w1 in 4 of 10 seconds (2 allowed): " +
        "its CPU quota stopped it for up to 37 % of a second (limit 5 %).",
    ]);
  });

  test("may be off in two seconds, or a tenth of a long run", () => {
    const bad = { health: { utilisation: 0.99 } };
    expect(run((second) => (second < 2 ? bad : {}))).toMatchObject({
      valid: true,
      maskedSeconds: 2,
    });
    expect(run((second) => (second < 3 ? bad : {})).reasons.join()).toMatch(/99 % busy/);
  });

  test("that sends late is told by the lag of its sends", () => {
    const validity = run((second) => ({ values: lags(second < 3 ? 60_000 : 100) }));
    expect(validity.maskedSeconds).toBe(3);
    expect(validity.reasons.join("\n")).toMatch(/left up to 60(\.0)? ms late at p99/);
    const always = run(() => ({ values: lags(30_000) }));
    expect(always.maskedSeconds).toBe(0);
    expect(always.reasons).toEqual([
      "The load generator sent messages late: send lag p99 was 30 ms over the run (limit 20 ms).",
    ]);
  });

  test("may have a rough second: what was late in it is told of no other", () => {
    const validity = run((second) => ({ values: lags(second === 9 ? 150_000 : 100, 200) }));
    expect(validity).toMatchObject({ valid: true, maskedSeconds: 1 });
    expect(validity.sendLag?.count).toBe(1800);
    expect(validity.sendLag?.max).toBeLessThan(200);
  });

  test("that was never up to it has measured nothing, however short the run", () => {
    const change = {
      phases: [
        {
          phase: "hold",
          ramp: "burst",
          to: 4,
          durationUs: 2e6,
          exclude: false,
          messageFactor: 1,
        } as const,
      ],
    };
    const bad = { health: { utilisation: 0.99 } };
    expect(run((second) => (second < 2 ? bad : {}), change).reasons).toEqual([
      expect.stringContaining("in 2 of 2 seconds (1 allowed)"),
    ]);
    expect(run((second) => (second < 1 ? bad : {}), change).valid).toBe(true);
  });

  test("that opens late is told by the lag of its attempts, once there are enough", () => {
    const opens = (us: number, count: number) =>
      run(() => ({
        values: [
          { metric: "openLag", phase: 0, us: Array(count).fill(us) },
          { metric: "connect", phase: 0, us: Array(count).fill(100_000) },
        ],
      })).reasons;
    expect(opens(160_000, 100)).toEqual([
      expect.stringMatching(
        /opened connections late: open lag p99 was 160\S* ms over the run \(limit 100 ms\), beside a connect p99 of 100 ms/,
      ),
    ]);
    expect(opens(160_000, 99)).toEqual([]);
    expect(opens(80_000, 100)).toEqual([]);
  });

  test("is to blame when a rule cannot be judged for want of a second that counts", () => {
    const rule = threshold({ metric: "connect", measure: "connect", rule: "p99 < 1s" });
    const burst = (second: number): FrameContent =>
      second > 0
        ? {}
        : {
            values: [{ metric: "connect", phase: 0, us: [1000] }],
            health: { loopLagMaxUs: 400_000 },
          };
    expect(run(burst, { ...tenSeconds, thresholds: [rule] })).toMatchObject({
      valid: false,
      reasons: [
        "The rule connect p99 < 1s cannot be judged: no connect was measured outside the seconds in which the " +
          "generator was saturated, or a lost worker disturbed the load.",
      ],
    });
  });

  test("whose lag is nothing beside the latency it lies in changes no conclusion", () => {
    const late = (latencyUs: number) =>
      run(() => ({
        values: [
          ...lags(30_000),
          { metric: "latency", phase: 0, name: 0, us: Array(100).fill(latencyUs) },
        ],
      })).reasons;
    expect(late(900_000)).toEqual([]);
    expect(late(200_000)).toEqual([
      "The load generator sent messages late: send lag p99 was 30 ms over the run (limit 20 ms), " +
        "beside a latency p99 of 200 ms.",
    ]);
  });

  test("that skips what it is too far behind for", () => {
    const validity = run(() => ({
      phases: { 0: { planned: 100, sent: 99, skippedBehind: 1 } },
      names: [{ phase: 0, name: 0, counters: { sent: 99 } }],
    }));
    expect(validity.deliveredShare).toBe(0.99);
    expect(validity.reasons).toEqual([
      "The load generator was too far behind to send 10 of 1000 planned messages (1 %, limit 0.5 %).",
    ]);
  });

  test("that never attempted what the plan wanted", () => {
    const change = {
      phases: [
        {
          phase: "hold",
          ramp: "burst",
          to: 300,
          durationUs: 10e6,
          exclude: false,
          messageFactor: 1,
        } as const,
      ],
    };
    const few = { attempted: 290, reconnects: 90, established: 290, closed: 290 };
    const validity = run(
      (second) =>
        second > 0
          ? {}
          : {
              phases: { 0: few },
              shards: Object.fromEntries([0, 1, 2, 3, 4, 5, 6, 7].map((s) => [s, s ? {} : few])),
              closes: [{ cause: "plan", count: 290 }],
            },
      change,
      300,
    );
    expect(validity.reasons).toEqual([
      "The load generator never attempted 100 of 300 planned connections (33.3 %, limit 0.5 %).",
    ]);
  });

  test("that had no ports, descriptors or memory", () => {
    const failed = (kind: "generator-ports" | "generator-stopped") =>
      run((second) =>
        second > 0
          ? {}
          : {
              phases: { 0: { attempted: 1, failed: 1 } },
              shards: { 0: { attempted: 1, failed: 1 } },
              failures: [
                { kind, signature: "EADDRNOTAVAIL", phase: 0, target: 0, count: 1, sample: null },
              ],
            },
      ).saturation;
    expect(failed("generator-ports")).toEqual([
      "The load generator itself failed 1 attempts to connect (generator-ports).",
    ]);
    expect(failed("generator-stopped")).toEqual([]);
  });

  test("is the finding of an invalid run", () => {
    const fold = new RunFold(facts(tenSeconds));
    begun(fold);
    const engine = new SyntheticEngine();
    merge(
      fold,
      1,
      [0, 1, 2, 3].map((second) =>
        engine.frame({ second, final: second === 3, health: { loopLagMaxUs: 900_000 } }),
      ),
    );
    ended(fold, { 1: 3 });
    const summary = buildSummary(fold);
    expect(summary).toMatchObject({ verdict: "invalid", exitCode: 97 });
    expect(summary.findings).toEqual([
      expect.objectContaining({ locus: "generator", evidence: summary.validity.reasons }),
    ]);
    expect(summary.workers[0]?.saturatedSeconds).toBe(4);
  });
});

test("a slow, lossy, failing target trips no gate", () => {
  const validity = run((second) => ({
    phases: {
      0: {
        planned: 100,
        sent: 60,
        skippedBackpressure: 30,
        skippedNotOpen: 10,
        expected: 60,
        timedOut: 30,
        unanswered: 30,
        attempted: 50,
        failed: 50,
        lost: 60,
      },
    },
    names: [{ phase: 0, name: 0, counters: { sent: 60, timedOut: 30, unanswered: 30 } }],
    shards: { 0: { attempted: 50, failed: 50 } },
    failures: [
      { kind: "upgrade-status", signature: "503", phase: 0, target: 0, count: 50, sample: null },
    ],
    values: [
      ...lags(200),
      { metric: "latency", phase: 0, name: 0, us: [3_000_000_000] },
      { metric: "connect", phase: 0, us: [60_000_000] },
    ],
    ticks: { failed: [50] },
    health: { utilisation: 0.6, loopLagMaxUs: 20_000 + second },
  }));
  expect(validity.reasons).toEqual([]);
});

describe("what is not judged", () => {
  const bad = { health: { loopLagMaxUs: 900_000 } };
  test("excluded phases and the drain", () => {
    const excluded = tenSeconds.phases?.map((phase) => ({ ...phase, exclude: true })) ?? [];
    expect(run(() => bad, { phases: excluded }).maskedSeconds).toBe(0);
    const short = tenSeconds.phases?.map((phase) => ({ ...phase, durationUs: 1e6 })) ?? [];
    expect(run(() => bad, { phases: short }).maskedSeconds).toBe(1);
  });

  test("a 99th percentile of a handful of values", () => {
    expect(run(() => ({ values: lags(80_000, GATES.secondSendLagMinCount - 1) })).valid).toBe(true);
  });
});

describe("results that are missing or wrong", () => {
  test("a gap in the frames", () => {
    const fold = new RunFold(facts());
    begun(fold);
    goodFrames().forEach((body, seq) => {
      if (seq !== 3) fold.apply({ type: "frame", epoch: 1, seq, body, late: false });
    });
    ended(fold, { 1: 7 });
    const validity = judgeValidity(fold);
    expect(validity.framesMissing).toBe(2);
    expect(validity.reasons).toContain("2 frames of results are missing or could not be read.");
  });

  test("a frame that a lost worker did not come to send is part of its loss", () => {
    const fold = new RunFold(facts());
    begun(fold);
    merge(fold, 1, goodFrames().slice(0, 4));
    tell(fold, { type: "worker-finished", epoch: 1, lastSeq: 4 });
    expect(judgeValidity(fold).framesMissing).toBe(1);
    tell(fold, lost(1, "gone"));
    expect(judgeValidity(fold).framesMissing).toBe(0);
  });

  test("a frame that cannot be read counts as missing", () => {
    const fold = new RunFold(facts());
    begun(fold);
    merge(fold, 1, [...goodFrames(), new Uint8Array([1, 2, 3])]);
    ended(fold, { 1: 7 });
    expect(judgeValidity(fold)).toMatchObject({ valid: false, framesMissing: 1 });
  });

  test("a ledger that does not balance names its laws", () => {
    const fold = new RunFold(facts());
    begun(fold);
    const engine = new SyntheticEngine();
    merge(fold, 1, [
      engine.frame({
        final: true,
        phases: { 0: { attempted: 3, established: 2, closed: 1, received: 4, matched: 3 } },
        shards: { 0: { attempted: 3, established: 2, closed: 1, open: 1 } },
        closes: [{ cause: "plan", count: 1 }],
        names: [{ phase: 0, name: 0, counters: { expected: 0, matched: 3 } }],
      }),
    ]);
    ended(fold, { 1: 0 });
    const validity = judgeValidity(fold);
    expect(validity.ledger.differences).toEqual({
      "attempted = established + failed + lost in flight": 1,
      "open at end = 0": 1,
      "received + parts = matched + rejected + late + (duplicated - repeated) + corrupt + leaked + unsolicited + recognised": 1,
      "expected = matched + rejected + timedOut + corruptReplies + unanswered (w1)": -3,
    });
    expect(validity.reasons[0]).toMatch(/^The ledger does not balance: .*; and 1 more\.$/);
  });

  test("a run whose process was killed says that it is incomplete", () => {
    const fold = new RunFold(facts());
    begun(fold);
    merge(fold, 1, goodFrames().slice(0, 3));
    const summary = buildSummary(fold);
    expect(summary).toMatchObject({ verdict: "interrupted", exitCode: 130 });
    expect(summary.validity.reasons[0]).toMatch(/^The run is incomplete/);
    expect(summary.connections.openAtEnd).toBe(4);
  });

  test("a worker that was lost", () => {
    const fold = goodRun();
    tell(fold, lost(1, "killed", [0]));
    expect(judgeValidity(fold).reasons).toEqual([
      "Worker w1 was lost: killed; nobody took its work over.",
    ]);
  });
});
