/**
 * Goal: a coordinator may die in any state of a run and start again; the bus may be away, or forget everything. The run
 * ends up the same as if nothing had happened: nothing is recorded twice, nothing is lost.
 */
import { describe, expect, test } from "vitest";
import { readFacts } from "../../../coordinator/merge/facts.ts";
import { RunFold } from "../../../coordinator/merge/run-fold.ts";
import type { RunEvent } from "../../../coordinator/store/event.ts";
import type { RunState } from "../../../shared/wire/command.ts";
import type { ScriptedWorker } from "./scripted-worker.ts";
import { type Going, load, type RunSettings, Trial } from "./trial.ts";

const settings: RunSettings = { scenario: load(40, 10, 30), workersExpected: 2 };

async function begin(change: Partial<RunSettings> = {}): Promise<{
  trial: Trial;
  workers: ScriptedWorker[];
  run: Going;
}> {
  const trial = new Trial();
  const workers = ["a", "b"].map((id) => trial.worker({ id }));
  await trial.fleet.start();
  return { trial, workers, run: trial.run({ ...settings, ...change }) };
}

function journalled(trial: Trial, id = "r1"): { fold: RunFold; events: RunEvent[] } {
  const [header, ...records] = trial.runs.runs.get(`runs/${id}`)?.records ?? [];
  const fold = new RunFold(readFacts(header?.type === "header" ? header.header : null));
  for (const record of records) if (record.type !== "header") fold.apply(record);
  return { fold, events: records.flatMap((one) => (one.type === "event" ? [one.event] : [])) };
}

/** What a run comes to that nothing went wrong with. */
async function expectWhole(trial: Trial, run: Going): Promise<void> {
  const { summary, exitCode } = await trial.outcomeOf(run);
  expect(summary.validity.reasons).toEqual([]);
  expect(exitCode).toBe(0);
  expect(summary.connections).toMatchObject({
    attempted: 40,
    closedByCause: { plan: 40 },
    peak: 40,
  });
  expect(summary.lostWorkers).toEqual([]);
  const { events, fold } = journalled(trial);
  const states = events.flatMap((event) => (event.type === "state" ? [event.to] : []));
  expect(states).toEqual([...new Set(states)]);
  for (const type of ["worker-joined", "worker-finished"]) {
    expect(events.filter((event) => event.type === type)).toHaveLength(2);
  }
  expect(fold.state).toBe("done");
  expect(trial.runs.runs.get("runs/r1")?.files.has("summary.json")).toBe(true);
}

describe("the coordinator dies and starts again", () => {
  const states: RunState[] = ["offered", "ready", "running", "draining", "merging", "done"];

  test.each(states)("when the run has just become %s", async (state) => {
    const { trial, run } = await begin();
    await trial.until(() =>
      run.events.some((event) => event.type === "state" && event.to === state),
    );
    await trial.crash();
    await expectWhole(trial, trial.resume(settings));
  });

  test("before anything was on disk", async () => {
    const { trial } = await begin();
    await trial.crash();
    await trial.pass(1);
    await expectWhole(trial, trial.resume(settings));
  });

  test.each([0.2, 3.3, 12.7, 25.1, 39.6, 41])("%f s after the start", async (seconds) => {
    const { trial, run } = await begin();
    await trial.until(() => run.events.some(({ type }) => type === "start"));
    await trial.pass(seconds);
    await trial.crash();
    await trial.pass(2);
    await expectWhole(trial, trial.resume(settings));
  });

  test("twice, and was away for longer than any worker's lease", async () => {
    const { trial, run } = await begin();
    await trial.until(() => run.events.some(({ type }) => type === "start"));
    await trial.pass(4);
    await trial.crash();
    await trial.pass(26);
    trial.resume(settings);
    await trial.pass(3);
    await trial.crash();
    await expectWhole(trial, trial.resume(settings));
  });

  test("after its plan was over: the results that wait are taken in", async () => {
    const { trial, run } = await begin();
    await trial.until(() => run.events.some(({ type }) => type === "start"));
    await trial.pass(4);
    await trial.crash();
    await trial.pass(60);
    await expectWhole(trial, trial.resume(settings));
  });

  test("in the middle of a hand-over: a slice is cut once", async () => {
    const trial = new Trial();
    const a = trial.worker({ id: "a" });
    await trial.fleet.start();
    const slow = { scenario: load(80, 40, 10) };
    const run = trial.run(slow);
    await trial.until(() => a.open >= 20);
    trial.worker({ id: "b" });
    await trial.until(() => run.events.some(({ type }) => type === "hand-over-done"));
    await trial.crash();
    const again = trial.resume(slow);
    const { summary } = await trial.outcomeOf(again);
    expect(summary.validity.reasons).toEqual([]);
    expect(summary.connections).toMatchObject({ attempted: 80, closedByCause: { plan: 80 } });
    const { fold } = journalled(trial);
    for (let shard = 0; shard < 8; shard++) {
      const slices = [...fold.slices.slices.values()].filter(({ slice }) => slice.shard === shard);
      const edges = slices
        .map(({ slice }) => [slice.fromUs, slice.toUs])
        .sort((x, y) => Number(x[0]) - Number(y[0]));
      expect(edges.at(0)?.[0]).toBe(0);
      expect(edges.at(-1)?.[1]).toBeNull();
      for (const [at, edge] of edges.slice(1).entries()) expect(edge[0]).toBe(edges[at]?.[1]);
    }
  });

  test("while a worker dies: it is lost once, and made up for", async () => {
    const { trial, workers, run } = await begin({ scenario: load(40, 10, 60) });
    await trial.until(() => run.events.some(({ type }) => type === "start"));
    await trial.pass(15);
    await trial.crash();
    workers[0]?.kill();
    await trial.bus.endSession(workers[0]?.epoch ?? 0);
    await trial.pass(5);
    const again = trial.resume({ ...settings, scenario: load(40, 10, 60) });
    const { summary, exitCode } = await trial.outcomeOf(again);
    expect(summary.validity.reasons).toEqual([]);
    expect(exitCode).toBe(0);
    expect(summary.lostWorkers).toMatchObject([{ id: "a", recovery: "recovered" }]);
  });

  test("with another scenario: refused", async () => {
    const { trial, run } = await begin();
    await trial.until(() => run.events.some(({ type }) => type === "start"));
    await trial.crash();
    const other = trial.resume({ ...settings, scenario: load(41, 10, 30) });
    await expect(trial.outcomeOf(other)).rejects.toMatchObject({ code: "ONRUSH_SCENARIO_INVALID" });
    await expectWhole(trial, trial.resume(settings));
  });
});

describe("the bus", () => {
  test.each([2, 15, 22])(
    "is away for the coordinator for %i s: waited for, and said",
    async (seconds) => {
      const { trial, run } = await begin();
      await trial.until(() => run.events.some(({ type }) => type === "start"));
      await trial.pass(14);
      trial.cut = true;
      await trial.pass(seconds);
      trial.cut = false;
      await expectWhole(trial, run);
      const said = run.events
        .filter((event) => event.type === "note")
        .map(({ message }) => message);
      if (seconds > 10)
        expect(said.join()).toMatch(/does not answer.*The bus answers again after 1?2?\d/);
    },
  );

  test("is away before the start for a while", async () => {
    const { trial, run } = await begin();
    trial.cut = true;
    await trial.pass(10);
    trial.cut = false;
    await expectWhole(trial, run);
  });

  test("never comes back: the run ends soon after its plan, with what there is", async () => {
    const { trial, run } = await begin();
    await trial.until(() => run.events.some(({ type }) => type === "start"));
    await trial.pass(20);
    trial.cut = true;
    const { summary, exitCode } = await trial.outcomeOf(run, 60);
    expect(exitCode).toBe(97);
    expect(summary.connections.established).toBe(40);
    expect(summary.validity.reasons.join()).toMatch(/did not deliver its last results in time/);
  });

  test.each([0.3, 8, 20, 38])("forgets everything %f s after the start", async (seconds) => {
    const { trial, run } = await begin();
    await trial.until(() => run.events.some(({ type }) => type === "start"));
    await trial.pass(seconds);
    trial.store.forgetEverything();
    await expectWhole(trial, run);
  });

  test("forgets everything while slices are offered", async () => {
    const { trial, run } = await begin();
    await trial.until(() =>
      run.events.some((event) => event.type === "state" && event.to === "offered"),
    );
    trial.store.forgetEverything();
    await expectWhole(trial, run);
  });

  test("forgets everything while the coordinator is down", async () => {
    const { trial, run } = await begin();
    await trial.until(() => run.events.some(({ type }) => type === "start"));
    await trial.pass(12);
    trial.coordinator.dead = true;
    await trial.pass(1);
    trial.store.forgetEverything();
    await trial.crash();
    await expectWhole(trial, trial.resume(settings));
  });

  test("forgets everything after a loss: the lost one stays lost", async () => {
    const { trial, workers, run } = await begin({ scenario: load(40, 10, 90) });
    await trial.until(() => run.events.some(({ type }) => type === "start"));
    await trial.pass(15);
    const [zombie] = workers as [ScriptedWorker];
    zombie.late = true;
    zombie.silent = true;
    await trial.until(() => run.events.some(({ type }) => type === "worker-recovered"));
    trial.store.forgetEverything();
    zombie.silent = false;
    const { summary, exitCode } = await trial.outcomeOf(run);
    zombie.kill();
    expect(summary.validity.reasons).toEqual([]);
    expect(exitCode).toBe(0);
    expect(summary.connections.attempted).toBe(60);
    expect(summary.overrun.sent).toBeGreaterThan(0);
  });
});
