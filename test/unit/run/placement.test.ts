/**
 * Goal: slices follow the workers. Whoever joins gets a share of what is still to be opened and nothing open is closed;
 * whoever leaves or is scaled away hands over everything; what the summary says is what was planned.
 */
import { expect, test } from "vitest";
import { load, Trial } from "./trial.ts";

test("a run that goes well, and its journal gives the same summary", async () => {
  const trial = new Trial();
  const workers = ["a", "b"].map((id) => trial.worker({ id }));
  await trial.fleet.start();
  const run = trial.run({ scenario: load(40, 10, 10), workersExpected: 2 });
  const { summary, exitCode } = await trial.outcomeOf(run);
  expect(summary.validity.reasons).toEqual([]);
  expect(exitCode).toBe(0);
  expect(summary.connections).toMatchObject({ planned: 40, attempted: 40, peak: 40, openAtEnd: 0 });
  expect(summary.workers.map(({ peakConnections }) => peakConnections)).toEqual([20, 20]);
  expect(summary.workers[0]).toMatchObject({
    end: "finished",
    startSkewMs: 1.5,
    clockErrorMs: 0.12,
  });
  expect(workers.map(({ slices }) => slices.length)).toEqual([0, 0]);
});

test("a worker that joins gets what is still to be opened; nothing open is closed", async () => {
  const trial = new Trial();
  const first = trial.worker({ id: "a" });
  await trial.fleet.start();
  const run = trial.run({ scenario: load(80, 40, 10) });
  await trial.until(() => first.open >= 20);
  const second = trial.worker({ id: "b" });
  await trial.until(() => second.open >= 5);
  const { summary, exitCode } = await trial.outcomeOf(run);
  expect(summary.validity).toMatchObject({ reasons: [], notes: [], ledger: { balanced: true } });
  expect(exitCode).toBe(0);
  expect(summary.connections).toMatchObject({
    attempted: 80,
    reconnects: 0,
    closedByCause: { plan: 80 },
    peak: 80,
  });
  const [a, b] = summary.workers.map(({ peakConnections }) => peakConnections);
  expect(a).toBeLessThan(60);
  expect((a ?? 0) + (b ?? 0)).toBe(80);
  expect(run.events.filter(({ type }) => type === "hand-over-asked")).toHaveLength(1);
});

test("joining again and again: slices are cut again, and each session opened once", async () => {
  const trial = new Trial();
  const workers = [trial.worker({ id: "w0" })];
  await trial.fleet.start();
  const run = trial.run({ scenario: load(160, 60, 10) });
  for (let joined = 1; joined <= 5; joined++) {
    await trial.until(() => run.events.some(({ type }) => type === "start"));
    await trial.pass(8);
    workers.push(trial.worker({ id: `w${joined}` }));
  }
  const { summary } = await trial.outcomeOf(run);
  expect(summary.validity.reasons).toEqual([]);
  expect(summary.connections).toMatchObject({
    attempted: 160,
    closedByCause: { plan: 160 },
    peak: 160,
  });
  expect(summary.workers).toHaveLength(6);
});

test("a worker that joins when all is open is given nothing, and is there when somebody is lost", async () => {
  const trial = new Trial();
  const a = trial.worker({ id: "a" });
  await trial.fleet.start();
  const run = trial.run({ scenario: load(40, 5, 60) });
  await trial.until(() => a.open === 40);
  trial.worker({ id: "b" });
  await trial.pass(10);
  expect(run.events.filter(({ type }) => type === "hand-over-asked")).toEqual([]);
  a.kill();
  await trial.bus.endSession(a.epoch);
  const { summary, exitCode } = await trial.outcomeOf(run);
  expect(summary.validity.reasons).toEqual([]);
  expect(exitCode).toBe(0);
  expect(summary.lostWorkers).toMatchObject([{ id: "a", recovery: "recovered" }]);
});

test("a worker that leaves hands over everything, and nothing is lost", async () => {
  const trial = new Trial();
  const [a, b] = ["a", "b"].map((id) => trial.worker({ id })) as [never, never];
  await trial.fleet.start();
  const run = trial.run({ scenario: load(40, 10, 50), workersExpected: 2 });
  await trial.until(() => run.events.some(({ type }) => type === "start"));
  await trial.pass(20);
  (a as ReturnType<Trial["worker"]>).leave();
  const { summary, exitCode } = await trial.outcomeOf(run);
  expect(summary.validity.reasons).toEqual([]);
  expect(exitCode).toBe(0);
  expect(summary.lostWorkers).toEqual([]);
  expect(summary.connections).toMatchObject({
    attempted: 60,
    reconnects: 20,
    closedByCause: { migrated: 20, plan: 40 },
    lostWithWorker: 0,
  });
  expect(summary.workers.map(({ id, end }) => [id, end])).toEqual([
    ["a", "finished"],
    ["b", "finished"],
  ]);
  void b;
});

test("a worker that leaves where nobody has room stays until its end", async () => {
  const trial = new Trial();
  const a = trial.worker({ id: "a", capacity: 24 });
  trial.worker({ id: "b", capacity: 24 });
  await trial.fleet.start();
  const run = trial.run({ scenario: load(40, 5, 30), workersExpected: 2 });
  await trial.until(() => a.open === 20);
  a.leave();
  await trial.pass(5);
  const asked = run.events.flatMap((event) =>
    event.type === "hand-over-asked" ? event.handOvers : [],
  );
  // 24 connections are room for one slice of 5 beyond its four.
  expect(asked.length).toBeLessThanOrEqual(1);
  const { summary } = await trial.outcomeOf(run);
  expect(summary.validity.ledger.balanced).toBe(true);
});

test("scaled down to one worker and up again", async () => {
  const trial = new Trial();
  const workers = ["a", "b", "c"].map((id) => trial.worker({ id }));
  await trial.fleet.start();
  const run = trial.run({ scenario: load(80, 10, 110), workersExpected: 3 });
  await trial.until(() => workers.every(({ open }) => open >= 20));
  run.commands.scale(1);
  await trial.until(() => workers[0]?.open === 80, 40);
  expect(workers.map(({ open }) => open)).toEqual([80, 0, 0]);
  run.commands.scale(null);
  run.commands.rebalance();

  await trial.until(() => workers.every(({ open }) => open >= 20), 60);
  const { summary, exitCode } = await trial.outcomeOf(run);
  expect(summary.validity.reasons).toEqual([]);
  expect(exitCode).toBe(0);
  expect(summary.connections.openAtEnd).toBe(0);
  expect(summary.connections.closedByCause["plan"]).toBe(80);
});

test("a worker of another version gets nothing", async () => {
  const trial = new Trial();
  const old = trial.worker({ id: "old", wire: 0 });
  trial.worker({ id: "a" });
  await trial.fleet.start();
  const run = trial.run({ scenario: load(20, 5, 5) });
  const { exitCode } = await trial.outcomeOf(run);
  expect(exitCode).toBe(0);
  expect(old.appended).toBe(0);
});
