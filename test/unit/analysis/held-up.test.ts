/**
 * Goal: a generator that others keep from running is told from one that stood still. Method: figures as workers report them beside other
 * processes that take their processor, and while they are stopped, second by second.
 */
import { describe, expect, test } from "vitest";
import { judgeRun } from "../../../coordinator/analysis/judge-run.ts";
import { RunFold } from "../../../coordinator/merge/run-fold.ts";
import type { StrictScenario } from "../../../shared/scenario/strict.ts";
import type { EngineHealth } from "../../../shared/wire/frame/frame.ts";
import { begun, ended, facts, merge, SyntheticEngine } from "../merge/synthetic-run.ts";

interface Late {
  readonly health: Partial<EngineHealth>;
  /** Of a tenth of the messages of the second, and of the others. */
  readonly lateUs: number;
  readonly elseUs: number;
}

/** What is said of the generator in a run of twelve seconds, in some of which it was late. */
function saidOf(isLate: (second: number) => boolean, { health, lateUs, elseUs }: Late) {
  const phases: StrictScenario["phases"] = [
    {
      phase: "hold",
      ramp: "burst",
      to: 4,
      durationUs: 12_000_000,
      exclude: false,
      messageFactor: 1,
    },
  ];
  const fold = new RunFold({ ...facts({ phases }), plannedOpens: 0 });
  const engine = new SyntheticEngine();
  begun(fold);
  const frames = Array.from({ length: 12 }, (_, second) => {
    const us = Array.from({ length: 200 }, (_none, at) =>
      !isLate(second) ? 300 : at % 10 === 0 ? lateUs : elseUs,
    );
    return engine.frame({
      ...{ second, final: second === 11 },
      ...(isLate(second) && { health }),
      values: [{ metric: "sendLag", phase: 0, us }],
    });
  });
  merge(fold, 1, frames);
  ended(fold, { 1: 11 });
  return judgeRun(fold).judgements.flatMap(({ id, finding }) =>
    finding?.locus === "generator" ? [`${finding.cause} by ${id}`] : [],
  );
}

const everySecond = (second: number) => second % 2 === 0;

/** As measured: workers stopped for so long every two seconds, alone on the machine, and beside others. */
test.each<[string, Late]>([
  ["for 150 ms", still(150_000, 0.01, 300)],
  ["for 350 ms", still(350_000, 0.01, 300)],
  ["on a machine that others use, too", still(148_000, 0.35, 1200)],
])("it stood still %s", (_, late) => {
  expect(saidOf(everySecond, late)).toEqual(["generator-pauses by finding/generator-saturated"]);
});

function still(loopLagMaxUs: number, processorWait: number, elseUs: number): Late {
  return { health: { loopLagMaxUs, processorWait }, lateUs: 0.9 * loopLagMaxUs, elseUs };
}

/** As measured beside four and eight processes that want all of two processors. */
test.each<[string, Late["health"]]>([
  ["others", { loopLagMaxUs: 120_000, processorWait: 0.94 }],
  ["others, and the system does not tell", { loopLagMaxUs: 180_000 }],
  ["others, for long", { loopLagMaxUs: 398_000, processorWait: 0.87 }],
  ["its quota", { loopLagMaxUs: 80_000, throttled: 0.4 }],
  ["itself", { loopLagMaxUs: 90_000, utilisation: 0.99 }],
])("%s took its processor", (_, health) => {
  expect(saidOf(() => true, { health, lateUs: 98_000, elseUs: 23_000 })).toEqual([
    "generator-cpu by finding/generator-saturated",
  ]);
});

test("late in a few messages of every second, which no second alone is masked for", () => {
  const late = { health: { loopLagMaxUs: 60_000, processorWait: 0.3 } };
  expect(saidOf(() => true, { ...late, lateUs: 40_000, elseUs: 5000 })).toEqual([
    "generator-cpu by finding/generator-saturated",
  ]);
});

describe("standing still now and then, and late by less than any gate", () => {
  const health = { loopLagMaxUs: 42_000, processorWait: 0.02 };
  const pause = { health, lateUs: 18_000, elseUs: 300 };
  const seldom = (second: number) => [2, 6, 10].includes(second);

  test.each([0.02, 0.3])("is said, whoever else uses the machine", (processorWait) => {
    expect(saidOf(seldom, { ...pause, health: { ...health, processorWait } })).toEqual([
      "generator-pauses by finding/generator-stood-still",
    ]);
  });

  test.each<[string, (second: number) => boolean, Late]>([
    ["too seldom", (second) => second === 3, pause],
    ["in one stretch, as beside others", (second) => second > 3 && second < 8, pause],
    ["for less", seldom, { ...pause, health: { ...health, loopLagMaxUs: 35_000 } }],
    ["and hardly late", seldom, { ...pause, lateUs: 9000 }],
  ])("is not said where it stood still %s", (_, isLate, late) => {
    expect(saidOf(isLate, late)).toEqual([]);
  });
});

describe("waiting for a processor all the while, and late by less than any gate", () => {
  const health = { loopLagMaxUs: 60_000, processorWait: 0.3 };

  test("is said where it is much of the latency", () => {
    expect(saidOf(() => true, { health, lateUs: 15_000, elseUs: 5000 })).toEqual([
      "generator-cpu by finding/generator-waited",
    ]);
  });

  test.each<[string, (second: number) => boolean, Late]>([
    ["little", () => true, { health, lateUs: 9000, elseUs: 300 }],
    ["in few seconds", (second) => second < 5, { health, lateUs: 15_000, elseUs: 5000 }],
  ])("is not said where it is %s", (_, isLate, late) => {
    expect(saidOf(isLate, late)).toEqual([]);
  });
});

test("on time, nothing is said of it", () => {
  expect(saidOf(() => false, { health: {}, lateUs: 0, elseUs: 0 })).toEqual([]);
});
