import { describe, expect, test } from "vitest";
import { judgeRun } from "../../../coordinator/analysis/judge-run.ts";
import { balance } from "../../../coordinator/merge/ledger.ts";
import { RunFold } from "../../../coordinator/merge/run-fold.ts";
import { TARGET_COUNTERS, type TargetCounter } from "../../../shared/stats/counters.ts";
import { decodeFrame, encodeFrame } from "../../../shared/wire/frame/frame-codec.ts";
import {
  begun,
  ended,
  type FrameContent,
  facts,
  merge,
  ordered,
  SyntheticEngine,
} from "./synthetic-run.ts";

const TWO_TARGETS = [
  { url: "ws://127.0.0.1:1/", weight: 1, label: "a" },
  { url: "ws://127.0.0.1:2/", weight: 1, label: "b" },
];

function row(phase: number, target: number, counters: Partial<Record<TargetCounter, number>>) {
  return { phase, target, counters: ordered(TARGET_COUNTERS, counters) };
}

function ran(content: FrameContent, targets = TWO_TARGETS.slice(0, 1)): RunFold {
  const fold = new RunFold(facts({ targets }));
  begun(fold);
  merge(fold, 1, [new SyntheticEngine().frame({ ...content, final: true })]);
  ended(fold, { 1: 0 });
  return fold;
}

const differences = (fold: RunFold) => balance(fold.merge).differences;

/** Two connections, one of which was dropped with a message unanswered. */
const sound = {
  phases: {
    0: {
      attempted: 2,
      established: 2,
      closed: 2,
      planned: 2,
      sent: 2,
      expected: 2,
      matched: 1,
      received: 2,
    },
    1: { late: 1, ambiguous: 1, dropped: 1 },
  },
  names: [
    { phase: 0, name: 0, counters: { sent: 2, expected: 2, matched: 1, unanswered: 1 } },
    { phase: 1, name: 0, counters: { late: 1 } },
  ],
  shards: { 0: { attempted: 2, established: 2, closed: 2 } },
  closes: [
    { cause: "plan", count: 1 },
    { cause: "peer", count: 1 },
  ],
} satisfies FrameContent;
const phases = { ...sound.phases, 0: { ...sound.phases[0], unanswered: 1 } };

describe("the ledger", () => {
  test("holds counts by name to those by phase", () => {
    expect(differences(ran({ ...sound, phases }))).toEqual({});
    const [first] = sound.names;
    expect(differences(ran({ ...sound, phases, names: first ? [first] : [] }))).toEqual({
      "late = sum over message names": 1,
    });
    expect(differences(ran({ ...sound, phases: sound.phases }))).toMatchObject({
      "unanswered = sum over message names": -1,
    });
  });

  test("holds drops to the causes of closes, and ambiguous replies to late ones", () => {
    const many = { ...phases, 1: { ...phases[1], dropped: 3, ambiguous: 2 } };
    expect(differences(ran({ ...sound, phases: many }))).toEqual({
      "dropped <= closed by their causes": 2,
      "ambiguous <= late": 1,
    });
  });

  test("holds counts by target to those by phase, in runs of several", () => {
    const counts = { attempted: 1, established: 1, sent: 1, expected: 1 };
    const targets = [
      row(0, 0, { ...counts, matched: 1 }),
      row(0, 1, { ...counts, unanswered: 1 }),
      row(1, 1, { dropped: 1 }),
    ];
    expect(differences(ran({ ...sound, phases, targets }, TWO_TARGETS))).toEqual({});
    const short = targets.slice(0, 2);
    expect(differences(ran({ ...sound, phases, targets: short }, TWO_TARGETS))).toEqual({
      "dropped = sum over targets": 1,
    });
    // With one target the phases say it all.
    expect(differences(ran({ ...sound, phases }))).toEqual({});
  });

  test("asks nothing of frames that were written before drops were counted", () => {
    const fold = new RunFold(facts({ targets: TWO_TARGETS }));
    begun(fold);
    const frame = decodeFrame(new SyntheticEngine().frame({ ...sound, phases, final: true }));
    const old = encodeFrame({
      ...frame,
      phases: frame.phases.map(({ phase, counters }) => ({
        phase,
        counters: counters.slice(0, 27),
      })),
      names: frame.names.map((named) => ({ ...named, counters: named.counters.slice(0, 3) })),
      cumulative: null,
    });
    merge(fold, 1, [old]);
    ended(fold, { 1: 0 });
    expect(differences(fold)).toEqual({});
    expect(fold.merge.phases.has("dropped")).toBe(false);
  });
});

test("replies that could not be told apart are said to be so, with what would tell them", () => {
  const said = (fold: RunFold) =>
    judgeRun(fold).judgements.find(({ id }) => id === "note/ambiguous-replies");
  expect(said(ran({ ...sound, phases }))).toMatchObject({
    outcome: "warn",
    sentence:
      "Late replies that could also have answered a newer message: 1 of 1. They do not say which message they answer, so no " +
      "time was recorded for them, and a newer message that got no other reply timed out. A reply.where that compares with " +
      "a field of sent, or an echo with a stamp, tells them apart.",
  });
  const without = ran({ ...sound, phases: { 0: phases[0] }, names: [] });
  expect(said(without)?.outcome).toBe("pass");
});
