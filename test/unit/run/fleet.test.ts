/** Goal: workers go to the run that waits longest, then to the tightest; a run waits until the free ones hold it. */
import { describe, expect, test } from "vitest";
import { assignWorkers, type Claimant, workersWanted } from "../../../coordinator/fleet/assign.ts";
import { Lead } from "../../../coordinator/fleet/lead.ts";
import { Members } from "../../../coordinator/fleet/members.ts";
import { createLog } from "../../../shared/log.ts";
import { systemClock } from "../../../shared/time/clock.ts";
import { Refusals } from "../../../shared/trust/refusals.ts";
import { SimProcess } from "../../sim/sim-time.ts";
import { load, Trial } from "./trial.ts";

const CHALLENGE = "which of you lives";

describe("two runs", () => {
  test("wait in line for the same workers", async () => {
    const trial = new Trial();
    for (const id of ["a", "b"]) trial.worker({ id, capacity: 24 });
    await trial.fleet.start();
    const first = trial.run({ id: "r1", scenario: load(40, 5, 20), workersExpected: 2 });
    await trial.pass(1);
    const second = trial.run({ id: "r2", scenario: load(40, 5, 5), workersExpected: 2 });
    await trial.pass(15);
    expect(trial.fleet.waiting).toEqual(["r2"]);
    expect(second.events).toMatchObject([{ type: "note", message: /^Queued: / }]);
    const [one, two] = [await trial.outcomeOf(first), await trial.outcomeOf(second)];
    expect([one.exitCode, two.exitCode]).toEqual([0, 0]);
    expect(two.summary.connections.attempted).toBe(40);
  });

  test("a worker that comes serves the one that waits", async () => {
    const trial = new Trial();
    const a = trial.worker({ id: "a", capacity: 80 });
    await trial.fleet.start();
    const first = trial.run({ id: "r1", scenario: load(40, 5, 60) });
    await trial.until(() => a.open === 40);
    const second = trial.run({ id: "r2", scenario: load(16, 2, 5) });
    await trial.pass(35);
    expect(trial.fleet.waiting).toEqual(["r2"]);
    const b = trial.worker({ id: "b" });
    await trial.until(() => b.open === 16, 20);
    expect(trial.fleet.runOf(b.epoch)).toBe("r2");
    expect((await trial.outcomeOf(second)).exitCode).toBe(0);
    expect((await trial.outcomeOf(first)).exitCode).toBe(0);
  });

  test("two at once, each with workers of its own", async () => {
    const trial = new Trial();
    for (const id of ["a", "b", "c", "d"]) trial.worker({ id, capacity: 40 });
    await trial.fleet.start();
    const runs = ["r1", "r2"].map((id) =>
      trial.run({ id, scenario: load(64, 5, 5), workersExpected: 2 }),
    );
    for (const run of runs) {
      const { summary, exitCode } = await trial.outcomeOf(run, 60);
      expect(summary.validity.reasons).toEqual([]);
      expect(exitCode).toBe(0);
    }
  });
});

describe("a run that cannot begin", () => {
  test("too little room, nobody else at work: says so after its patience", async () => {
    const trial = new Trial();
    trial.worker({ id: "a", capacity: 20 });
    await trial.fleet.start();
    const { problem, exitCode } = await trial.outcomeOf(
      trial.run({ scenario: load(40, 5, 5) }),
      40,
    );
    expect(exitCode).toBe(98);
    expect(problem?.message).toMatch(/its 8 shards of up to 5 connections/);
    expect(problem?.remedy).toMatch(/They can hold 20 connections/);
  });

  test.each([
    ["30 s unless told", {}, 25, 40],
    ["as long as it is told", { workersWithinSeconds: 300 }, 290, 310],
  ])("no worker at all: waits for one, %s", async (_, policies, stillWaits, gaveUp) => {
    const trial = new Trial();
    await trial.fleet.start();
    const patient = trial.run({ id: "r1", scenario: load(20, 2, 3), policies });
    await trial.pass(stillWaits);
    expect(patient.done()).toBeNull();
    const { problem, exitCode } = await trial.outcomeOf(patient, gaveUp - stillWaits);
    expect(exitCode).toBe(98);
    expect(problem?.message).toBe(
      `No worker appeared within ${"workersWithinSeconds" in policies ? 300 : 30} s.`,
    );
    const served = trial.run({ id: "r2", scenario: load(20, 2, 3), policies });
    await trial.pass(stillWaits);
    trial.worker({ id: "late" });
    expect((await trial.outcomeOf(served, 60)).exitCode).toBe(0);
  });

  test("fewer workers than expected, but they hold it: goes on with them", async () => {
    const trial = new Trial();
    trial.worker({ id: "a" });
    await trial.fleet.start();
    const run = trial.run({ scenario: load(20, 2, 3), workersExpected: 3 });
    const { exitCode, summary } = await trial.outcomeOf(run, 90);
    expect(exitCode).toBe(0);
    expect(summary.validity.notes).toContain(
      "1 of 3 expected workers are there; the run goes on with them.",
    );
  });

  test("a worker is lost before the start: its slices go to the other", async () => {
    const trial = new Trial();
    const a = trial.worker({ id: "a" });
    trial.worker({ id: "b" });
    await trial.fleet.start();
    const run = trial.run({ scenario: load(20, 2, 5), workersExpected: 2 });
    await trial.until(() => run.events.some(({ type }) => type === "slices-held"));
    a.kill();
    await trial.bus.endSession(a.epoch);
    const { summary, exitCode } = await trial.outcomeOf(run, 60);
    expect(summary.validity.reasons).toEqual([]);
    expect(exitCode).toBe(0);
  });
});

describe("assignment", () => {
  const claimant = (run: string, change: Partial<Claimant> = {}): Claimant => ({
    run,
    workers: 1,
    sizes: { shards: 8, peak: 80 },
    most: null,
    stage: "waiting",
    held: [],
    ...change,
  });
  const free = [1, 2, 3, 4].map((epoch) => ({ epoch, capacity: 40 }));
  const of = (assigned: ReadonlyMap<number, string>) => Object.fromEntries(assigned);

  test("a run alone takes all, at most one for each shard and as many as are wished", () => {
    expect(of(assignWorkers([claimant("a")], free))).toEqual({ 1: "a", 2: "a", 3: "a", 4: "a" });
    expect(of(assignWorkers([claimant("a", { most: 2 })], free))).toEqual({ 1: "a", 2: "a" });
    const small = claimant("a", {
      sizes: { shards: 3, peak: 30 },
      stage: "running",
      held: [{ epoch: 9, capacity: 40 }],
    });
    expect(of(assignWorkers([small], free))).toEqual({ 1: "a", 2: "a" });
  });

  test("those that wait come first, in order, each with what it needs or nothing", () => {
    const claimants = [claimant("a", { stage: "running" }), claimant("b"), claimant("c")];
    expect(of(assignWorkers(claimants, free))).toEqual({ 1: "b", 2: "b", 3: "c", 4: "c" });
    // b does not fit yet: nobody after it may take what it waits for.
    expect(
      of(assignWorkers([claimant("b", { sizes: { shards: 99, peak: 990 } }), claimant("c")], free)),
    ).toEqual({});
  });

  test("then the tightest gets what is left", () => {
    const roomy = claimant("a", { stage: "running", held: [{ epoch: 8, capacity: 400 }] });
    const tight = claimant("b", { stage: "running", held: [{ epoch: 9, capacity: 80 }] });
    const over = claimant("c", { stage: "over" });
    expect(of(assignWorkers([roomy, tight, over], free.slice(0, 2)))).toEqual({ 1: "b", 2: "b" });
  });

  test.each<[what: string, runs: readonly Claimant[], capacity: number | null, wanted: number]>([
    ["no run", [], 40, 0],
    ["what holds its slices", [claimant("a")], 40, 2],
    ["what it asks for, when that is more", [claimant("a", { workers: 5 })], 40, 5],
    ["no more than may serve it", [claimant("a", { workers: 5, most: 3 })], 40, 3],
    ["all runs, each with workers of its own", [claimant("a"), claimant("b")], 40, 4],
    ["none for a run that takes no more", [claimant("a", { stage: "over" })], 40, 0],
    ["what is asked for, while no worker says what it holds", [claimant("a")], null, 1],
    ["what is asked for, when no worker holds a slice", [claimant("a")], 9, 1],
  ])("workers wanted: %s", (_, runs, capacity, wanted) => {
    expect(workersWanted(runs, capacity)).toBe(wanted);
  });

  test("the fleet wants what its runs need, by the smallest worker that is there", async () => {
    const trial = new Trial();
    for (const capacity of [10, 25]) trial.worker({ id: `w${capacity}`, capacity });
    await trial.fleet.start();
    trial.run({ id: "r1", scenario: load(40, 5, 5), workersExpected: 2 });
    // 8 shards of 5 connections: they hold 2 and 5 of them; of those that hold 2 it takes four.
    await trial.until(() => trial.fleet.wanted === 4);
    expect(trial.fleet.waiting).toEqual(["r1"]);
  });
});

describe("members", () => {
  const us = (seconds: number) => seconds * 1e6;
  /** What a listing says of a session; `id`: of its worker, another one for each session unless told. */
  const session = (
    epoch: number,
    renewals: number,
    more: { silentMs?: number; id?: string } = {},
  ) => {
    const { silentMs = 0, id = `w${epoch}` } = more;
    const info = { id, host: "h", fenceAfterMs: 20_000, capacity: 1, wire: 1 } as never;
    return { epoch, info, status: { answers: CHALLENGE } as never, silentMs, renewals };
  };

  test("a jump of the bus clock judges nobody; silence by the own clock does", () => {
    const members = new Members(new Refusals(systemClock, null), CHALLENGE);
    for (let at = 0; at < 10; at++) members.list([session(1, at), session(2, at)], "g", us(at));
    const jumped = { silentMs: 40_000 };
    members.list([session(1, 9, jumped), session(2, 10, jumped)], "g", us(10));
    expect(members.all.some(({ overdue }) => overdue)).toBe(false);
    for (let at = 11; at < 36; at++) {
      members.list([session(1, 9, { silentMs: (at - 9) * 1000 }), session(2, at)], "g", us(at));
    }
    expect(members.get(1)?.overdue).toBe(true);
    expect(members.get(2)?.overdue).toBe(false);
  });

  test("a bus clock that is set back hides no silence", () => {
    const members = new Members(new Refusals(systemClock, null), CHALLENGE);
    for (let at = 0; at < 30; at++) members.list([session(1, 5), session(2, at)], "g", us(at));
    expect(members.get(1)?.overdue).toBe(true);
    expect(members.get(2)?.overdue).toBe(false);
  });

  test("most of them silent at once: nobody is judged, but for sessions their worker has replaced", () => {
    const silentFor = (ids: readonly string[]) => {
      const members = new Members(new Refusals(systemClock, null), CHALLENGE);
      for (let at = 0; at < 40; at++) {
        const sessions = ids.map((id, index) => session(index, index === 2 ? at : 0, { id }));
        members.list(sessions, "g", us(at));
      }
      return members.all.flatMap(({ epoch, overdue }) => (overdue ? [epoch] : []));
    };
    expect(silentFor(["a", "b", "c"])).toEqual([]);
    expect(silentFor(["a", "a", "a"])).toEqual([0, 1]);
    expect(silentFor(["a", "b", "a", "c"])).toEqual([0]);
  });

  test("missing is gone; missing from a store that has forgotten is not", () => {
    const members = new Members(new Refusals(systemClock, null), CHALLENGE);
    members.list([session(1, 0), session(2, 0)], "g", 0);
    members.list([session(2, 1)], "g", us(1));
    expect(members.get(1)).toBeUndefined();
    members.list([], "h", us(2));
    members.list([], "h", us(3));
    expect(members.get(2)).toMatchObject({ attached: false, overdue: false });
    members.list([session(2, 0)], "h", us(4));
    members.list([], "h", us(5));
    expect(members.get(2)).toBeUndefined();
  });
});

describe("the lead", () => {
  test("one has it; another waits, takes it when it is not renewed, and the first one writes no more", async () => {
    const trial = new Trial();
    const log = createLog("c", "error", () => {});
    const [one, two] = ["one", "two"].map((name) => {
      const process = new SimProcess(name, trial.time);
      const lead = new Lead({ bus: trial.bus, id: name, clock: process, timers: process, log });
      return { process, lead, bus: lead.guard(trial.bus) };
    }) as [never, never] as readonly { process: SimProcess; lead: Lead; bus: typeof trial.bus }[];
    if (!one || !two) throw new Error("two of them");
    await one.lead.take(0);
    const revision = await one.bus.putDocument("k", 1, 0);
    if (revision === "conflict") throw new Error("it is new");
    await expect(two.lead.take(0)).rejects.toMatchObject({ code: "ONRUSH_COORDINATOR_TAKEN" });
    await trial.pass(30);
    expect(one.lead.held).toBe(true);
    let taken = false;
    void two.lead.take(60_000).then(() => {
      taken = true;
    });
    one.process.pause(20_000);
    await trial.until(() => taken, 10);
    await trial.pass(20);
    expect(one.lead.lost.aborted).toBe(true);
    await expect(one.bus.putDocument("k", 2, revision)).rejects.toMatchObject({
      code: "ONRUSH_COORDINATOR_TAKEN",
    });
    expect(await one.bus.getDocument("k")).toMatchObject({ value: 1 });
    await two.lead.close();
    expect(two.lead.held).toBe(false);
  });

  test("a later one has a higher epoch, whatever the clocks say, and can be raised above one it meets", async () => {
    const trial = new Trial();
    const log = createLog("c", "error", () => {});
    const epochs: number[] = [];
    for (const [name, wallMs] of [
      ["one", 5_000_000],
      ["two", 1000],
    ] as const) {
      const process = new SimProcess(name, trial.time);
      const clock = { monotonicUs: () => process.monotonicUs(), wallMs: () => wallMs };
      const lead = new Lead({ bus: trial.bus, id: name, clock, timers: process, log });
      expect(lead.epoch).toBe(0);
      await lead.take(0);
      epochs.push(lead.epoch);
      await lead.raise(3);
      expect(lead.epoch).toBe(epochs.at(-1));
      await lead.raise(9_000_000);
      epochs.push(lead.epoch);
      // What nobody can have counted up to is no epoch.
      await lead.raise(Number.MAX_SAFE_INTEGER);
      expect(lead.epoch).toBe(epochs.at(-1));
      await lead.close();
    }
    expect(epochs).toEqual([5_000_000, 9_000_001, 9_000_002, 9_000_002]);
  });

  test("is asked for anew by who was paused past it, before anything is answered", async () => {
    const trial = new Trial();
    const log = createLog("c", "error", () => {});
    const leadOf = (name: string) => {
      const process = new SimProcess(name, trial.time);
      const lead = new Lead({ bus: trial.bus, id: name, clock: process, timers: process, log });
      return { process, lead };
    };
    const one = leadOf("one");
    await one.lead.take(0);
    expect(await one.lead.standing()).toBe("leads");
    // Nobody took it meanwhile.
    one.process.pause(20_000);
    await trial.pass(19);
    expect(one.lead.held).toBe(false);
    expect(await one.lead.standing()).toBe("leads");
    const two = leadOf("two");
    one.process.pause(30_000);
    void two.lead.take(60_000);
    await trial.until(() => two.lead.held, 20);
    expect(one.lead.lost.aborted).toBe(false);
    expect(await one.lead.standing()).toBe("lost");
  });
});
