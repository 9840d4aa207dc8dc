/**
 * Goal: the curve, the ends by age and the comparison of targets are what the run was made of, in every format; a run without unplanned ends has
 * none of it. Method: runs made frame by frame, of connections with known lifetimes; a seeded simulation of targets that do not differ.
 */
import { expect, test } from "vitest";
import { MIN_BLOCK_SECONDS } from "../../../../coordinator/analysis/stats/dependence.ts";
import { survivalOf } from "../../../../coordinator/analysis/survival/survival.ts";
import { RunFold } from "../../../../coordinator/merge/run-fold.ts";
import { buildReportModel } from "../../../../coordinator/report/model/model.ts";
import { renderText } from "../../../../coordinator/report/outputs.ts";
import { summarySchema } from "../../../../coordinator/report/summary-schema.ts";
import type { StrictScenario } from "../../../../shared/scenario/strict.ts";
import { drawUnit, Stream } from "../../../../shared/time/random.ts";
import type { ConnectionMoment } from "../../../../shared/wire/frame/failure-event.ts";
import { begun, ended, facts, goodRun, merge, SyntheticEngine } from "../../merge/synthetic-run.ts";

const SECONDS = 120;

interface Told {
  readonly openedAt: number;
  readonly endedAt: number;
  readonly target: number;
  readonly isDrop: boolean;
}

/** Connections by when they opened and ended, seconds of run time. */
function runOf(all: readonly Told[], targets = 1): RunFold {
  const change: Partial<StrictScenario> = {
    targets: Array.from({ length: targets }, (_, at) => ({
      ...{ url: `ws://127.0.0.1:${9 + at}/`, weight: 1, label: `t${at}` },
    })),
    phases: [
      {
        ...{ phase: "hold", ramp: "linear", to: all.length, durationUs: SECONDS * 1e6 },
        ...{ exclude: false, messageFactor: 1 },
      },
    ],
  };
  const fold = new RunFold(facts(change));
  const engine = new SyntheticEngine();
  begun(fold);
  merge(
    fold,
    1,
    Array.from({ length: SECONDS }, (_, second) => engine.frame(frameOf(all, second))),
  );
  ended(fold, { 1: SECONDS - 1 });
  return fold;
}

function frameOf(all: readonly Told[], second: number) {
  const opened = all.filter(({ openedAt }) => Math.floor(openedAt) === second).length;
  const gone = all.filter(({ endedAt }) => Math.floor(endedAt) === second);
  const drops = gone.filter(({ isDrop }) => isDrop);
  const open = all.filter(({ openedAt, endedAt }) => openedAt < second && endedAt >= second + 1);
  const lifetimes = gone.map(({ openedAt, endedAt }) => Math.round((endedAt - openedAt) * 1e6));
  const moment = ({ openedAt, target }: Told, at: number): ConnectionMoment => ({
    ...{ atUs: Math.round(at * 1e6), connection: Math.round(openedAt * 1000), attempt: 0, target },
    ...{
      role: 0,
      phase: 0,
      address: "",
      source: "",
      servedBy: "",
      ageMs: Math.floor((at - openedAt) * 1000),
    },
    ...{ idleRxMs: null, idleTxMs: null, tokenAgeMs: null, sent: 0, received: 0, bytesSent: 0 },
    ...{ open: open.length, inFlight: 0, bufferedBytes: 0, lastName: -1, lastBytes: 0 },
    recent: new Uint8Array(),
  });
  const picked = open.filter(
    (_, at) => at % Math.max(1, Math.ceil(open.length / 5)) === second % 3,
  );
  const sample = { connection: 0, attempt: 0, atUs: second * 1e6, ageUs: 0, detail: "" };
  return {
    second,
    phases: {
      0: {
        ...{ attempted: opened, established: opened, closed: gone.length, dropped: drops.length },
      },
    },
    values:
      lifetimes.length === 0 ? [] : [{ metric: "lifetime" as const, phase: 0, us: lifetimes }],
    ticks: { open: Array<number>(10).fill(open.length), opened: [opened], closed: [gone.length] },
    failures:
      drops.length === 0
        ? []
        : [
            {
              ...{ kind: "abnormal-close" as const, signature: "end", phase: 0, target: 0 },
              ...{ count: drops.length, sample },
            },
          ],
    events: drops.slice(0, 80).map((one) => ({
      ...moment(one, one.endedAt),
      ...{ kind: "abnormal-close" as const, signature: "end" },
      weight: drops.length / Math.min(80, drops.length),
    })),
    controls: picked.slice(0, 5).map((one) => {
      return { ...moment(one, second + 0.99), weight: open.length / Math.min(5, picked.length) };
    }),
  };
}

/** Each lives for an exponential time, until the plan closes it at the end of the run. */
function connectionsOf(seed: number, count: number, meanSeconds: readonly number[]): Told[] {
  return Array.from({ length: count }, (_, at) => {
    const draw = (counter: number) => drawUnit(seed, Stream.arrival, at, counter);
    const target = at % meanSeconds.length;
    const openedAt = draw(0) * 60;
    const life = -Math.log(1 - draw(1)) * (meanSeconds[target] as number);
    const endedAt = Math.min(openedAt + life, SECONDS - 1);
    return { openedAt, endedAt, target, isDrop: openedAt + life < SECONDS - 1 };
  });
}

test("an exponential life of 100 s is found, with its intervals", () => {
  const survival = survivalOf(runOf(connectionsOf(1, 600, [100])));
  expect(survival?.connections).toBe(600);
  expect(survival?.known).toBe(survival?.ended);
  expect(survival?.hasIntervals).toBe(true);
  for (const { age, share, low, high } of survival?.steps ?? []) {
    expect(Math.abs(share - Math.exp(-age / 100e6))).toBeLessThan(0.1);
    expect(low <= share && share <= high).toBe(true);
  }
  const rates = survival?.hazard.filter(({ openSeconds }) => openSeconds > 4000) ?? [];
  expect(rates.length).toBeGreaterThan(2);
  for (const { perHour, interval } of rates) {
    expect(Math.abs(perHour - 36)).toBeLessThan(18);
    expect(interval?.low).toBeLessThan(36);
    expect(interval?.high).toBeGreaterThan(36);
  }
});

test("intervals cover at an age", () => {
  let covered = 0;
  for (let seed = 50; seed < 56; seed++) {
    const steps = survivalOf(runOf(connectionsOf(seed, 200, [100])))?.steps ?? [];
    const { low, high } = steps.findLast(({ age }) => age <= 30e6) ?? { low: 1, high: 0 };
    expect(high - low).toBeLessThan(0.3);
    if (low < Math.exp(-0.3) && high > Math.exp(-0.3)) covered++;
  }
  // Fewer than four of six come once in 500 tries.
  expect(covered).toBeGreaterThanOrEqual(4);
});

test("ends at one age are found there, and one incident has no interval", () => {
  const old = Array.from({ length: 300 }, (_, at) => {
    const openedAt = at / 6;
    return { openedAt, endedAt: openedAt + 30, target: 0, isDrop: true };
  });
  const aged = survivalOf(runOf(old));
  expect(aged?.steps.find(({ share }) => share < 0.5)?.age).toBeCloseTo(30e6, -5);
  const crash = old.map((one) => ({ ...one, endedAt: Math.max(one.openedAt, 61.5) }));
  const single = survivalOf(runOf(crash));
  expect(single?.moments).toBeLessThan(1.5);
  expect(single?.hasIntervals).toBe(false);
});

test("ends within 20 s may have one cause, for the curve as for the targets", () => {
  const survival = survivalOf(runOf(connectionsOf(1, 600, [100])));
  expect(survival?.moments).toBeGreaterThan(4);
  expect(survival?.moments).toBeLessThanOrEqual(SECONDS / MIN_BLOCK_SECONDS);
});

test("a target whose connections end three times as often is told from the others, and equal ones are not", () => {
  const apart = survivalOf(runOf(connectionsOf(2, 600, [30, 90]), 2));
  expect(apart?.targets).toHaveLength(2);
  expect(apart?.targets[0]?.p).toBeLessThan(0.01);
  expect(apart?.targets[0]?.ended).toBeGreaterThan(apart?.targets[0]?.expected ?? Infinity);
  let alarms = 0;
  const runs = 8;
  for (let seed = 10; seed < 10 + runs; seed++) {
    const [same] = survivalOf(runOf(connectionsOf(seed, 150, [60, 60]), 2))?.targets ?? [];
    if ((same?.p ?? 1) < 0.05) alarms++;
  }
  // More than two of eight come in less than one of 150 tries.
  expect(alarms).toBeLessThanOrEqual(2);
});

test("is in every format, and only where connections ended unplanned", () => {
  const fold = runOf(connectionsOf(3, 200, [100, 100]), 2);
  const model = buildReportModel(fold, { scenarioText: null, notes: [] });
  expect(summarySchema.safeParse(model.summary).error).toBeUndefined();
  const { survival } = model.summary;
  expect(survival?.left.length).toBeGreaterThan(5);
  expect(survival?.left.length).toBeLessThanOrEqual(24);
  for (const format of ["html", "md"] as const) {
    const shown = renderText(format, model);
    expect(shown).toContain("How long connections lasted");
    expect(shown).toContain("per connection-hour");
  }
  expect(renderText("html", model)).toContain('id="survival-curve"');
  expect(renderText("csv", model)).toContain("survival_left");
  const good = buildReportModel(goodRun(), { scenarioText: null, notes: [] });
  expect(good.summary).not.toHaveProperty("survival");
  expect(renderText("html", good)).not.toContain("How long connections lasted");
});
