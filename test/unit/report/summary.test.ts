/**
 * Goal: the summary says what the frames held, obeys its schema, and shows what was not measured as null.
 * Method: folds of synthetic frames with known contents.
 */

import { describe, expect, test } from "vitest";
import { RunFold } from "../../../coordinator/merge/run-fold.ts";
import { buildSummary } from "../../../coordinator/report/summary.ts";
import { summaryJsonSchema, summarySchema } from "../../../coordinator/report/summary-schema.ts";
import { NO_AUDIT } from "../../../shared/scenario/defaults.ts";
import {
  begun,
  ended,
  facts,
  goodFrames,
  goodRun,
  lost,
  merge,
  SyntheticEngine,
  scenario,
  tell,
  threshold,
} from "../merge/synthetic-run.ts";

describe("a run in which all went well", () => {
  const summary = buildSummary(
    goodRun({
      thresholds: [
        threshold({ metric: "latency", rule: "p99 < 200ms" }),
        threshold({
          metric: "connect",
          rule: "failed == 0",
          measure: "connect",
          statistic: "failed",
          operator: "==",
          limit: 0,
          unit: "count",
        }),
      ],
    }),
  );

  test("passes and obeys the schema", () => {
    expect(summary.validity.reasons).toEqual([]);
    expect(summary).toMatchObject({ verdict: "pass", exitCode: 0, durationSeconds: 6.1 });
    expect(summarySchema.parse(JSON.parse(JSON.stringify(summary)))).toEqual(summary);
  });

  test("counts the whole run, and measures what is not excluded", () => {
    expect(summary.connections).toMatchObject({
      planned: 4,
      attempted: 4,
      established: 4,
      failed: 0,
      failedByKind: {},
      closedByCause: { plan: 4 },
      lostWithWorker: 0,
      openAtEnd: 0,
      peak: 4,
      reconnects: 0,
      connectMs: null,
    });
    expect(summary.messages).toMatchObject({ planned: 40, sent: 40, matched: 40, lost: 0 });
    // Second 1 is in the excluded phase: 4 of 5 seconds with 8 values are measured.
    expect(summary.messages.latencyMs?.count).toBe(32);
    expect(summary.messages.byName["ask"]).toMatchObject({ sent: 20, matched: 20, timedOut: 0 });
    expect(summary.messages.latencyMs?.max).toBeCloseTo(20, 1);
  });

  test("tells phases apart", () => {
    expect(
      summary.phases.map(({ phase, excluded, from, to }) => [phase, excluded, from, to]),
    ).toEqual([
      ["warmup", true, 0, 2000],
      ["steady", false, 2000, 6000],
    ]);
    expect(summary.phases[0]?.connections).toMatchObject({ attempted: 4, closed: 4 });
    expect(summary.phases[0]?.messages.latencyMs?.count).toBe(8);
    expect(summary.phases[1]?.messages).toMatchObject({ sent: 32, sendLagMs: { count: 16 } });
  });

  test("shows thresholds in the unit of their rule", () => {
    expect(summary.thresholds).toEqual([
      {
        metric: "latency",
        rule: "p99 < 200ms",
        observed: expect.closeTo(20, 1),
        limit: 200,
        passed: true,
        reason: null,
      },
      { metric: "connect", rule: "failed == 0", observed: 0, limit: 0, passed: true, reason: null },
    ]);
  });

  test("shows each worker", () => {
    expect(summary.workers).toEqual([
      {
        id: "w1",
        epoch: 1,
        end: "finished",
        startSkewMs: null,
        clockErrorMs: null,
        lateFrames: 0,
        host: "h",
        engines: 1,
        peakConnections: 4,
        cpu: 0.25,
        loopLagMs: expect.objectContaining({ count: 15, max: 0.03 }),
        saturatedSeconds: 0,
      },
    ]);
  });
});

describe("what was not measured is null, never 0", () => {
  test("without integrity.stamp and replies", () => {
    const { messages } = scenario();
    const fold = goodRun({
      integrity: { ...NO_AUDIT, stamp: false },
      messages: messages && {
        ...messages,
        mix: messages.mix.map((message) => ({ ...message, reply: { match: "none" } as const })),
      },
    });
    expect(buildSummary(fold).messages).toMatchObject({
      matched: null,
      timedOut: null,
      late: null,
      lost: null,
      duplicated: null,
      reordered: null,
      corrupt: null,
      leaked: null,
      unsolicited: 0,
    });
  });

  test("without frames", () => {
    const fold = new RunFold(facts());
    tell(fold, { type: "problem", code: "ONRUSH_TARGET_UNREACHABLE", message: "no", remedy: "" });
    tell(fold, { type: "state", from: "created", to: "merging" });
    tell(fold, { type: "state", from: "merging", to: "failed" });
    const summary = buildSummary(fold);
    expect(summarySchema.safeParse(summary).success).toBe(true);
    expect(summary).toMatchObject({
      verdict: "invalid",
      exitCode: 98,
      startedAt: null,
      connections: { peak: null, connectMs: null },
      messages: { latencyMs: null },
      validity: { valid: false, reasons: ["no"], sendLagMs: null, deliveredShare: null },
      availability: null,
      capacity: null,
      baseline: null,
    });
  });
});

test("what a lost worker held is accounted for, and makes the run invalid", () => {
  const fold = new RunFold(facts());
  begun(fold, 1, 2);
  merge(fold, 1, goodFrames());
  const victim = new SyntheticEngine();
  merge(fold, 2, [
    victim.frame({
      phases: { 1: { attempted: 5, established: 3, failed: 1, planned: 2 } },
      shards: { 4: { attempted: 5, established: 3, failed: 1, open: 3 } },
      failures: [failure("tcp-refused", "ECONNREFUSED", 1)],
      ticks: { open: [0, 0, 0, 3] },
    }),
  ]);
  tell(fold, lost(2, "killed", [4]));
  ended(fold, { 1: 6 });
  const summary = buildSummary(fold);
  expect(summary.validity.ledger).toEqual({ balanced: true, differences: {} });
  expect(summary.connections).toMatchObject({
    attempted: 9,
    established: 7,
    failed: 1,
    failedByKind: { "tcp-refused": 1 },
    lostWithWorker: 3,
    openAtEnd: 0,
  });
  expect(summary).toMatchObject({ verdict: "invalid", exitCode: 97 });
  expect(summary.validity.reasons).toContain(
    "Worker w2 was lost: killed; nobody took its work over.",
  );
});

test("failures keep exact counts, times and their samples", () => {
  const fold = new RunFold(facts());
  begun(fold);
  const engine = new SyntheticEngine();
  const sample = { connection: 3, attempt: 0, atUs: 1_500_000, ageUs: 250, detail: "503" };
  merge(fold, 1, [
    engine.frame({ second: 1, failures: [{ ...failure("upgrade-status", "503", 7), sample }] }),
    engine.frame({ second: 4, final: true, failures: [failure("upgrade-status", "503", 2)] }),
  ]);
  ended(fold, { 1: 1 });
  expect(buildSummary(fold).failures).toEqual([
    {
      kind: "upgrade-status",
      signature: "503",
      count: 9,
      firstSeen: 1500,
      lastSeen: 4000,
      stage: "upgrade",
      cause: "target",
      samples: [{ connection: 3, attempt: 0, atMs: 1500, ageMs: 0.25, detail: "503" }],
    },
  ]);
});

test("the published schema names every section", () => {
  const schema = summaryJsonSchema() as { properties: object; required: string[] };
  expect(Object.keys(schema.properties)).toEqual(Object.keys(summarySchema.shape));
  // Those are left out of runs that have nothing of them.
  const optional = [
    "integrity",
    "roles",
    "hooks",
    "judgements",
    "decision",
    "checkpoints",
    "environment",
    "cleanup",
    "onsets",
    "survival",
    "forecasts",
  ];
  const always = Object.keys(summarySchema.shape).filter((key) => !optional.includes(key));
  expect(schema.required).toEqual(always);
});

function failure(kind: "upgrade-status" | "tcp-refused", signature: string, count: number) {
  return { kind, signature, phase: 1, target: 0, count, sample: null };
}
