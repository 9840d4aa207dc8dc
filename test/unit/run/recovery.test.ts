/**
 * Goal: a lost worker is noticed when it must have stopped, its slices run elsewhere, its disturbance is marked, and no
 * frame counts twice or not at all, whatever way it comes.
 */
import { describe, expect, test } from "vitest";
import { readFacts } from "../../../coordinator/merge/facts.ts";
import { RunFold } from "../../../coordinator/merge/run-fold.ts";
import { buildSummary } from "../../../coordinator/report/summary.ts";
import { threshold } from "../merge/synthetic-run.ts";
import type { ScriptedWorker } from "./scripted-worker.ts";
import { type Going, load, type RunSettings, Trial } from "./trial.ts";

interface Scene {
  readonly trial: Trial;
  readonly workers: readonly ScriptedWorker[];
  readonly run: Going;
}

/** So many workers, all open. */
async function hold(count: number, settings: Partial<RunSettings> = {}): Promise<Scene> {
  const trial = new Trial();
  const workers = Array.from({ length: count }, (_, at) => trial.worker({ id: `w${at}` }));
  await trial.fleet.start();
  const scenario = load(40, 5, 100);
  const run = trial.run({ scenario, workersExpected: count, ...settings });
  await trial.until(() => workers.reduce((sum, { open }) => sum + open, 0) === 40);
  await trial.pass(5);
  return { trial, workers, run };
}

/** What anybody makes of the journal afterwards. */
function offline(trial: Trial, id = "r1") {
  return buildSummary(foldOf(trial, id));
}

function foldOf(trial: Trial, id = "r1"): RunFold {
  const [header, ...records] = trial.runs.runs.get(`runs/${id}`)?.records ?? [];
  const fold = new RunFold(readFacts(header?.type === "header" ? header.header : null));
  for (const record of records) if (record.type !== "header") fold.apply(record);
  return fold;
}

describe("one of three workers", () => {
  test("dies for certain: others have its slices at once, and the run is valid but says so", async () => {
    const { trial, workers, run } = await hold(3, {
      scenario: { ...load(40, 5, 100), thresholds: [threshold({})] },
    });
    const [victim] = workers as [ScriptedWorker];
    const held = victim.open;
    const others = workers.slice(1);
    victim.kill();
    await trial.bus.endSession(victim.epoch);
    await trial.until(() => others.reduce((sum, { open }) => sum + open, 0) === 40, 10);
    const { summary, exitCode } = await trial.outcomeOf(run);
    expect(summary.validity.reasons).toEqual([]);
    expect(exitCode).toBe(0);
    expect(summary.validity.notes.join()).toMatch(
      /Worker w0 was lost: .* Others took its work over/,
    );
    expect(summary.connections).toMatchObject({ attempted: 40 + held, lostWithWorker: held });
    const [lost] = summary.lostWorkers;
    expect(lost).toMatchObject({ id: "w0", recovery: "recovered", connectionsOpen: held });
    expect(lost?.messagesAtMost).toBeGreaterThan(0);
    const { from, to } = lost?.disturbed ?? { from: 0, to: 0 };
    expect(from).toBe(((lost?.lastSecond ?? 0) + 1) * 1000);
    expect((to ?? 0) - from).toBeLessThan(8000);
    expect(summary.validity.disturbedSeconds).toBeGreaterThan(1);
    expect(summary.validity.maskedSeconds).toBe(summary.validity.disturbedSeconds);
    expect(offline(trial)).toEqual(summary);
  });

  test("falls silent: judged 1.5 s after it must have fenced itself, not before", async () => {
    const { trial, workers, run } = await hold(3);
    const [victim] = workers as [ScriptedWorker];
    victim.silent = true;
    await trial.pass(21);
    expect(run.events.filter(({ type }) => type === "worker-lost")).toEqual([]);
    await trial.pass(4);
    expect(run.events.filter(({ type }) => type === "worker-lost")).toHaveLength(1);
    victim.kill();
    const { summary, exitCode } = await trial.outcomeOf(run);
    expect(exitCode).toBe(0);
    expect(summary.lostWorkers[0]?.reason).toMatch(/nothing was heard of it for 2\d s/);
  });

  test("falls silent, but the bus may be lost: nobody is judged by silence", async () => {
    const { trial, workers, run } = await hold(3, { policies: { onBusLoss: "continue" } });
    const [victim] = workers as [ScriptedWorker];
    victim.silent = true;
    await trial.pass(60);
    victim.silent = false;
    const { summary, exitCode } = await trial.outcomeOf(run);
    expect(exitCode).toBe(0);
    expect(summary.lostWorkers).toEqual([]);
    expect(summary.connections.attempted).toBe(40);
  });

  test("comes back late: what it did before its loss counts, what it did after is shown apart", async () => {
    const { trial, workers, run } = await hold(3);
    const [victim] = workers as [ScriptedWorker];
    const sent = victim.open;
    victim.late = true;
    victim.silent = true;
    await trial.until(() => run.events.some(({ type }) => type === "worker-lost"));
    await trial.pass(6);
    victim.silent = false;
    await trial.pass(10);
    victim.kill();
    const { summary, exitCode } = await trial.outcomeOf(run);
    expect(summary.validity.reasons).toEqual([]);
    expect(exitCode).toBe(0);
    expect(summary.validity.ledger).toEqual({ balanced: true, differences: {} });
    expect(summary.workers[0]?.lateFrames).toBeGreaterThan(20);
    expect(summary.overrun.frames).toBeGreaterThan(3);
    expect(summary.overrun.sent).toBe(summary.overrun.frames * sent);
    expect(summary.connections.attempted).toBe(40 + sent);
    expect(summary.validity.notes.join()).toMatch(
      /Lost workers went on after others had their work/,
    );
    expect(offline(trial)).toEqual(summary);
  });

  test("fails: its slices go at once, with what it says", async () => {
    const trial = new Trial();
    const workers = ["a", "b"].map((id) => trial.worker({ id }));
    await trial.fleet.start();
    const run = trial.run({ scenario: load(40, 5, 40), workersExpected: 2 });
    await trial.until(() => workers.every(({ open }) => open === 20));
    workers[0]?.fail("engine 0 died: out of memory");
    const { summary, exitCode } = await trial.outcomeOf(run);
    expect(exitCode).toBe(0);
    expect(summary.lostWorkers).toMatchObject([
      { id: "a", reason: "engine 0 died: out of memory", recovery: "recovered" },
    ]);
  });
});

describe("policies", () => {
  test("shrink: the run goes on without its slices", async () => {
    const { trial, workers, run } = await hold(3, { policies: { onWorkerLoss: "shrink" } });
    const [victim] = workers as [ScriptedWorker];
    const held = victim.open;
    victim.kill();
    await trial.bus.endSession(victim.epoch);
    const { summary, exitCode } = await trial.outcomeOf(run);
    expect(exitCode).toBe(0);
    expect(summary.connections).toMatchObject({ attempted: 40, lostWithWorker: held });
    expect(summary.validity.notes.join()).toMatch(/went on without its \d of 8 slices/);
    expect(offline(trial)).toEqual(summary);
  });

  test("fail: the run ends", async () => {
    const { trial, workers, run } = await hold(3, { policies: { onWorkerLoss: "fail" } });
    const [victim] = workers as [ScriptedWorker];
    victim.kill();
    await trial.bus.endSession(victim.epoch);
    const { summary, exitCode, problem } = await trial.outcomeOf(run, 20);
    expect(exitCode).toBe(97);
    expect(problem?.code).toBe("ONRUSH_WORKER_FAILED");
    expect(summary.verdict).toBe("invalid");
  });
});

describe("more than one", () => {
  test("two of three silent at once: nobody is judged for a minute, and they may come back", async () => {
    const { trial, workers, run } = await hold(3);
    for (const worker of workers.slice(1)) worker.silent = true;
    await trial.pass(50);
    expect(run.events.filter(({ type }) => type === "worker-lost")).toEqual([]);
    for (const worker of workers.slice(1)) worker.silent = false;
    const { summary, exitCode } = await trial.outcomeOf(run);
    expect(exitCode).toBe(0);
    expect(summary.lostWorkers).toEqual([]);
  });

  test("and are judged when they do not", async () => {
    const { trial, workers, run } = await hold(3, { scenario: load(40, 5, 200) });
    for (const worker of workers.slice(1)) worker.silent = true;
    await trial.until(() => run.events.filter(({ type }) => type === "worker-lost").length === 2);
    for (const worker of workers.slice(1)) worker.kill();
    const { summary, exitCode } = await trial.outcomeOf(run);
    expect(exitCode).toBe(0);
    expect(summary.lostWorkers.map(({ recovery }) => recovery)).toEqual(["recovered", "recovered"]);
    for (const { atMs, lastSecond } of summary.lostWorkers) {
      expect((atMs ?? 0) / 1000 - (lastSecond ?? 0)).toBeGreaterThan(75);
    }
  });

  test("the last one, and a new one comes: recovered", async () => {
    const { trial, workers, run } = await hold(1);
    workers[0]?.kill();
    await trial.bus.endSession(workers[0]?.epoch ?? 0);
    await trial.pass(5);
    const fresh = trial.worker({ id: "fresh" });
    await trial.until(() => fresh.open === 40, 20);
    const { exitCode } = await trial.outcomeOf(run);
    expect(exitCode).toBe(0);
  });

  test("the last one, and nobody comes: the run ends and is not trusted", async () => {
    const { trial, workers, run } = await hold(1);
    workers[0]?.kill();
    await trial.bus.endSession(workers[0]?.epoch ?? 0);
    const { exitCode, summary, problem } = await trial.outcomeOf(run, 30);
    expect(exitCode).toBe(97);
    expect(problem?.message).toMatch(/All workers of the run are gone/);
    expect(summary.validity.reasons.join()).toMatch(/nobody took its work over/);
    expect(summary.validity.ledger.balanced).toBe(true);
  });
});

test("a threshold is judged without the disturbed seconds", async () => {
  // While one worker is missing the others are slow; that is nobody's latency.
  const slow = { on: false };
  const trial = new Trial();
  const workers = ["a", "b"].map((id) =>
    trial.worker({
      id,
      alter: (content) => ({
        ...content,
        values: (content.values ?? []).map((value) =>
          slow.on && value.metric === "latency"
            ? { ...value, us: value.us.map(() => 900_000) }
            : value,
        ),
      }),
    }),
  );
  await trial.fleet.start();
  const run = trial.run({
    scenario: {
      ...load(40, 5, 80),
      thresholds: [threshold({ statistic: "max", rule: "max < 200ms" })],
    },
    workersExpected: 2,
  });
  await trial.until(() => workers.every(({ open }) => open === 20));
  await trial.pass(5);
  workers[0]?.kill();
  slow.on = true;
  await trial.bus.endSession(workers[0]?.epoch ?? 0);
  await trial.pass(1.5);
  slow.on = false;
  const { summary, exitCode } = await trial.outcomeOf(run);
  const whole = { metric: "latency", phases: null, names: null } as const;
  expect(foldOf(trial).merge.series.total(whole)?.max).toBeGreaterThan(800_000);
  // What the thresholds leave out, the figures beside them leave out, too.
  expect(summary.messages.latencyMs?.max).toBeLessThan(2);
  expect(summary.thresholds[0]?.observed).toBeLessThan(2);
  expect(exitCode).toBe(0);
});
