/**
 * Goal: a run that got nothing does not pass, whatever the reason, and one that got little says so. Method: runs of one
 * engine whose target answers in each of the ways in which nothing comes back.
 */

import { describe, expect, test } from "vitest";
import { RunFold } from "../../../coordinator/merge/run-fold.ts";
import { buildSummary } from "../../../coordinator/report/summary.ts";
import { NO_AUDIT } from "../../../shared/scenario/defaults.ts";
import type { StrictScenario } from "../../../shared/scenario/strict.ts";
import type { NameCounter, PhaseCounter } from "../../../shared/stats/counters.ts";
import {
  begun,
  ended,
  type FrameContent,
  facts,
  merge,
  SyntheticEngine,
  scenario,
  tell,
} from "../merge/synthetic-run.ts";

type Traffic = Partial<Record<PhaseCounter, number>>;

const SHARDS = [0, 1, 2, 3, 4, 5, 6, 7];

/** Four connections come in the excluded phase; `steady` is what is counted in the phase that counts. */
function run(
  content: {
    readonly warmup?: Traffic;
    readonly steady?: Traffic;
    readonly names?: readonly Partial<Record<NameCounter, number>>[];
    readonly dropped?: boolean;
    readonly targets?: FrameContent["targets"];
  },
  change: Partial<StrictScenario> = {},
) {
  const fold = new RunFold(facts(change));
  const engine = new SyntheticEngine();
  const shard = (fields: Record<string, number>) =>
    Object.fromEntries(SHARDS.map((at) => [at, at < 4 ? fields : {}]));
  const { warmup = {}, steady = {}, names = [], dropped = false, targets } = content;
  const bodies = [0, 1, 2, 3, 4, 5].map((second) =>
    engine.frame({
      second,
      final: second === 5,
      ticks: { open: Array(10).fill(dropped && second > 2 ? 0 : 4) },
      ...(second === 0 && {
        phases: { 0: { attempted: 4, established: 4, ...warmup } },
        names: warmup.sent === undefined ? [] : [{ phase: 0, name: 0, counters: oneName(warmup) }],
        shards: shard({ attempted: 1, established: 1, open: 1 }),
      }),
      ...(second === 3 && {
        phases: { 1: steady },
        ...(targets && { targets }),
        names: names.map((counters, name) => ({ phase: 1, name, counters })),
      }),
      ...(second === 5 && {
        phases: { 0: { closed: 4 }, ...(dropped && { 1: { dropped: 4 } }) },
        shards: shard({ closed: 1, open: 0 }),
        closes: [{ cause: dropped ? ("peer" as const) : ("plan" as const), count: 4 }],
      }),
    }),
  );
  begun(fold);
  merge(fold, 1, bodies);
  ended(fold, { 1: 5 });
  return buildSummary(fold);
}

const answered = { planned: 100, sent: 100, expected: 100, matched: 100, received: 100 };
const oneName = (counters: Traffic): Partial<Record<NameCounter, number>> => {
  const { sent = 0, expected = 0, matched = 0, timedOut = 0, unanswered = 0 } = counters;
  const { corruptReplies = 0, late = 0 } = counters;
  return { sent, expected, matched, timedOut, unanswered, corruptReplies, late };
};

test("replies that came make a pass", () => {
  const summary = run({ steady: answered, names: [oneName(answered)] });
  expect(summary).toMatchObject({ verdict: "pass", reason: null, warnings: [] });
});

describe("no reply in the phases that count fails, and says why", () => {
  const all = { planned: 100, sent: 100, expected: 100 };
  test.each<[string, Traffic, Traffic, string]>([
    [
      "cut by a close",
      { planned: 100, sent: 50, skippedNotOpen: 50, expected: 50, unanswered: 50 },
      {},
      "no reply came to any of 50 messages that want one: 50 whose connection ended before the reply, 50 of 100 messages were never sent",
    ],
    [
      "timed out",
      { ...all, timedOut: 100 },
      {},
      "no reply came to any of 100 messages that want one: 100 without a reply in time",
    ],
    [
      "all late",
      { ...all, timedOut: 100, late: 100, received: 100 },
      {},
      "no reply came to any of 100 messages that want one: 100 without a reply in time, 100 replies came too late",
    ],
    [
      "corrupt",
      { ...all, corruptReplies: 100, corrupt: 100, received: 100 },
      {},
      "no reply came to any of 100 messages that want one: 100 whose reply came back altered",
    ],
    [
      "never sent",
      { planned: 100, skippedNotOpen: 100 },
      {},
      "no message that wants a reply was sent: 100 of 100 messages were never sent",
    ],
    [
      "only the warm-up was answered",
      { ...all, unanswered: 100 },
      { ...answered },
      "no reply came to any of 100 messages that want one: 100 whose connection ended before the reply, " +
        "100 replies came in excluded phases, which do not count",
    ],
  ])("%s", (_, steady, warmup, why) => {
    const summary = run({ steady, warmup, names: [oneName(steady)] });
    const rule = { metric: "messages", rule: "matched > 0 (every run)" };
    expect(summary.thresholds).toEqual([
      { ...rule, observed: 0, limit: 0, passed: false, reason: why },
    ]);
    expect(summary.reason).toContain(why);
  });

  test("with an exit code that says so", () => {
    const steady = { ...all, unanswered: 100 };
    const summary = run({ steady, names: [oneName(steady)] });
    expect(summary).toMatchObject({ verdict: "fail", exitCode: 99 });
  });
});

describe("what nobody asked for is not missed", () => {
  const { messages } = scenario();
  const mix = (messages?.mix ?? []).map((one) => ({ ...one, reply: { match: "none" } as const }));
  const sent = { planned: 100, sent: 100 };

  test("no message wants a reply", () => {
    const change = {
      messages: messages && { ...messages, mix },
      integrity: { ...NO_AUDIT, stamp: false },
    };
    const summary = run({ steady: sent, names: [{ sent: 100 }] }, change);
    expect(summary).toMatchObject({ verdict: "pass", warnings: [] });
    expect(summary.messages.byName["say"]).toMatchObject({ sent: 100, matched: null, late: null });
  });

  test("those that were sent want none, by chance", () => {
    const some = mix.map((one, at) => (at === 0 ? one : (messages?.mix[at] ?? one)));
    const change = {
      messages: messages && { ...messages, mix: some },
      integrity: { ...NO_AUDIT, stamp: false },
    };
    expect(run({ steady: sent, names: [{ sent: 100 }] }, change).verdict).toBe("pass");
  });

  test("a run that only holds its connections", () => {
    const change = { messages: null, integrity: { ...NO_AUDIT, stamp: false } };
    expect(run({}, change)).toMatchObject({ verdict: "pass", warnings: [] });
  });
});

describe("connections", () => {
  const idle = { messages: null, integrity: { ...NO_AUDIT, stamp: false } };

  test("all dropped, and nothing heard: fails", () => {
    expect(run({ dropped: true }, idle)).toMatchObject({
      verdict: "fail",
      thresholds: [{ metric: "connections", rule: "dropped < 100% (every run)", passed: false }],
      connections: { dropped: 4 },
    });
  });

  test("all dropped after they heard something: a warning", () => {
    const summary = run({ dropped: true, steady: { received: 4, unsolicited: 4 } }, idle);
    expect(summary).toMatchObject({ verdict: "pass" });
    expect(summary.warnings).toEqual([
      "4 connections were dropped: ended by the target or the network, not by the plan; 4 were established.",
    ]);
    expect(summary.validity.notes.slice(0, 1)).toEqual(summary.warnings);
  });

  test("none open when it counted: fails", () => {
    const fold = new RunFold(facts(idle));
    begun(fold);
    const engine = new SyntheticEngine();
    const all = (fields: Record<string, number>) =>
      Object.fromEntries(SHARDS.map((at) => [at, at < 4 ? fields : {}]));
    merge(fold, 1, [
      engine.frame({
        second: 0,
        phases: {
          0: { attempted: 4, established: 4, closed: 4, dropped: 4, received: 4, unsolicited: 4 },
        },
        shards: all({ attempted: 1, established: 1, closed: 1, open: 0 }),
        closes: [{ cause: "peer", count: 4 }],
      }),
      ...[1, 2, 3, 4, 5].map((second) => engine.frame({ second, final: second === 5 })),
    ]);
    ended(fold, { 1: 5 });
    const summary = buildSummary(fold);
    expect(summary.thresholds).toMatchObject([
      {
        rule: "established > 0 (every run)",
        reason:
          "4 connections were established in excluded phases, and none was open in the phases that count",
      },
    ]);
  });
});

describe("less than half", () => {
  test("of the replies: a warning, not a failure", () => {
    const steady = {
      planned: 100,
      sent: 100,
      expected: 100,
      matched: 40,
      timedOut: 60,
      received: 40,
    };
    const summary = run({ steady, names: [oneName(steady)] });
    expect(summary.verdict).toBe("pass");
    expect(summary.warnings).toEqual([
      "Only 40 of 100 (40 %) messages that want a reply got one in time.",
    ]);
  });

  test("of the attempts to connect", () => {
    const warningsOf = (established: number, failed: number) => {
      const attempted = established + failed;
      return run({ steady: { ...answered, attempted, established, failed } }).warnings;
    };
    const few = "Only 5 of 12 (41.7 %) attempts to connect succeeded.";
    expect(warningsOf(1, 7)).toContain(few);
    expect(warningsOf(2, 6).join()).not.toContain("attempts to connect");
  });

  test("of the messages sent", () => {
    const steady = {
      planned: 100,
      sent: 10,
      skippedNotOpen: 90,
      expected: 10,
      matched: 10,
      received: 10,
    };
    expect(run({ steady, names: [oneName(steady)] }).warnings).toEqual([
      "Only 10 of 100 (10 %) planned messages were sent.",
    ]);
  });

  test("nothing fell due", () => {
    expect(run({}).warnings).toEqual(["No message fell due in the phases that count."]);
  });

  test("one message of several is never answered: it is named", () => {
    const steady = {
      planned: 100,
      sent: 100,
      expected: 100,
      matched: 60,
      timedOut: 40,
      received: 60,
    };
    const names = [
      { sent: 60, expected: 60, matched: 60 },
      { sent: 40, expected: 40, timedOut: 40 },
    ];
    expect(run({ steady, names }).warnings).toEqual(['No reply came to message "ask" (40 sent).']);
  });

  test("one target of several is never there: it is named", () => {
    const target = (label: string) => ({ url: `ws://127.0.0.1:9/${label}`, weight: 1, label });
    const row = (index: number, counters: number[]) => ({ phase: 1, target: index, counters });
    const summary = run(
      {
        steady: answered,
        names: [oneName(answered)],
        // attempted, established, failed, dropped, reconnects, sent, expected, matched
        targets: [
          row(0, [2, 2, 0, 0, 0, 50, 50, 50, 0, 0]),
          row(1, [2, 0, 2, 0, 0, 0, 0, 0, 0, 0]),
          row(2, [2, 2, 0, 0, 0, 50, 50, 0, 50, 0]),
        ],
      },
      { targets: ["a", "b", "c"].map(target) },
    );
    expect(summary.warnings).toEqual([
      "Target b let none of 2 connections in.",
      "Target c answered none of 50 messages that want a reply.",
    ]);
  });
});

test("a run that never began is judged by no rule, and says what kept it", () => {
  const fold = new RunFold(facts({ thresholds: [] }));
  tell(
    fold,
    {
      type: "problem",
      code: "ONRUSH_TARGET_UNREACHABLE",
      message: "nobody listens",
      remedy: "look",
    },
    { type: "state", from: "created", to: "merging" },
    { type: "state", from: "merging", to: "failed" },
  );
  expect(buildSummary(fold)).toMatchObject({
    ...{ verdict: "invalid", exitCode: 98, started: false, thresholds: [], warnings: [] },
    reason: "The run did not start: nobody listens",
    validity: { valid: false, reasons: ["nobody listens"] },
  });
});
