/**
 * Goal: whom a fault hits is exact, and the same for whoever asks. Method: random phases and windows; the victims are compared with
 * what the sessions of the plan say, one connection at a time.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { buildPopulation } from "../../shared/load/arrivals.ts";
import { RoleAssignment } from "../../shared/load/roles.ts";
import { TargetChoice } from "../../shared/load/target-choice.ts";
import { type Victims, victimsOf } from "../../shared/load/victims.ts";
import { type FaultWindow, faultWindows } from "../../shared/scenario/fault-windows.ts";
import type { StrictPhase } from "../../shared/scenario/strict.ts";
import type { StrictRole } from "../../shared/scenario/strict-conversation.ts";
import type { StrictFault, StrictVictims } from "../../shared/scenario/strict-fault.ts";
import { scenario } from "../support/scenario.ts";
import { anyPhases, seeds } from "./load-arbitraries.ts";

const EVERYBODY = { share: 1, count: null, role: null, target: null, worker: null } as const;

function fault(over: Partial<StrictFault> & { victims?: StrictVictims } = {}): StrictFault {
  return {
    ...{ name: "x", phase: 0, offsetUs: 0, forUs: 0, everyUs: 0, times: 1, endedUs: null },
    ...{ victims: EVERYBODY, recovered: null },
    act: { kind: "disconnect", how: "reset", code: 1000 },
    ...over,
  };
}

function parts(seed: number, phases: StrictPhase[], faults: StrictFault[], hasRoles = false) {
  const role = (name: string, share: number): StrictRole => {
    const { connect, messages, flow, listen, answers } = scenario("ws://a/");
    return { name, share, connect, messages, flow, listen, answers };
  };
  const whole = scenario("ws://a/", {
    ...{ seed, phases, faults },
    targets: [
      { url: "ws://a/", weight: 1, label: "a" },
      { url: "ws://b/", weight: 3, label: "" },
    ],
    roles: hasRoles ? [role("few", 0.1), role("many", 0.9)] : [],
  });
  return { whole, population: buildPopulation(whole), windows: faultWindows(whole) };
}

const share = fc.integer({ min: 1, max: 100 }).map((percent) => percent / 100);
const places = fc.record({
  seed: seeds,
  phases: anyPhases,
  atShare: fc.double({ min: 0, max: 1, noNaN: true }),
  forShare: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1, noNaN: true })),
});

function windowIn(phases: readonly StrictPhase[], atShare: number, forShare: number) {
  const totalUs = phases.reduce((sum, { durationUs }) => sum + durationUs, 0);
  const offsetUs = Math.floor(totalUs * atShare);
  return { phase: 0, offsetUs, forUs: Math.floor((totalUs - offsetUs) * forShare) };
}

function members(victims: Victims, connections: number): number[] {
  return [...Array(connections).keys()].filter((index) => victims.has(index));
}

test("victims are the share of the candidates, and candidates those that are open at some time of the window", () => {
  fc.assert(
    fc.property(places, share, ({ seed, phases, atShare, forShare }, wanted) => {
      const one = fault({
        ...windowIn(phases, atShare, forShare),
        victims: { ...EVERYBODY, share: wanted },
      });
      const { whole, population, windows } = parts(seed, phases, [one]);
      const { fromUs, toUs } = windows[0] as FaultWindow;
      const victims = victimsOf(whole, population, windows[0] as FaultWindow);
      const open = [...Array(population.connections).keys()].filter((index) =>
        population
          .sessionsOf(index)
          .some(({ openUs, closeUs }) =>
            fromUs === toUs
              ? openUs <= fromUs && closeUs > fromUs
              : closeUs > fromUs && (openUs < toUs || openUs <= fromUs),
          ),
      );
      expect(victims.candidates).toBe(open.length);
      expect(victims.count).toBe(Math.round(wanted * open.length));
      const hit = members(victims, population.connections);
      expect(hit).toHaveLength(victims.count);
      expect(hit.every((index) => open.includes(index))).toBe(true);
    }),
    { numRuns: 150 },
  );
});

test("a smaller share hits a part of those that a larger one hits", () => {
  fc.assert(
    fc.property(places, share, share, ({ seed, phases, atShare }, a, b) => {
      const of = (wanted: number) => {
        const one = fault({
          ...windowIn(phases, atShare, 0),
          victims: { ...EVERYBODY, share: wanted },
        });
        const { whole, population, windows } = parts(seed, phases, [one]);
        return members(
          victimsOf(whole, population, windows[0] as FaultWindow),
          population.connections,
        );
      };
      const larger = new Set(of(Math.max(a, b)));
      expect(of(Math.min(a, b)).every((index) => larger.has(index))).toBe(true);
    }),
    { numRuns: 60 },
  );
});

test("a share that grows hits at each time as many as its share is then, and nobody it has hit goes", () => {
  const ends = fc.tuple(share, share).map(([a, b]) => ({
    ...{ from: Math.min(a, b), to: Math.max(a, b) },
  }));
  fc.assert(
    fc.property(places, ends, fc.array(fc.double({ min: 0, max: 1, noNaN: true })), (...given) => {
      const [{ seed, phases, atShare, forShare }, wanted, times] = given;
      const window = windowIn(phases, atShare, forShare);
      const one = fault({ ...window, victims: { ...EVERYBODY, share: wanted } });
      const { whole, population, windows } = parts(seed, phases, [one]);
      const { fromUs, toUs } = windows[0] as FaultWindow;
      fc.pre(toUs > fromUs);
      const victims = victimsOf(whole, population, windows[0] as FaultWindow);
      let before: readonly number[] = [];
      for (const at of [0, ...times.sort((a, b) => a - b), 1]) {
        const nowUs = fromUs + at * (toUs - fromUs);
        const hit = members(
          { ...victims, has: (index) => victims.has(index, nowUs) },
          population.connections,
        );
        const now = wanted.from + (wanted.to - wanted.from) * ((nowUs - fromUs) / (toUs - fromUs));
        expect(hit).toHaveLength(Math.round(now * victims.candidates));
        expect(victims.countAt(nowUs)).toBe(hit.length);
        expect(before.every((index) => hit.includes(index))).toBe(true);
        before = hit;
      }
      expect(before).toHaveLength(victims.count);
    }),
    { numRuns: 40 },
  );
});

test("1 process and 64 shards, each asking of its own connections alone, find the same, by role and target, too", () => {
  fc.assert(
    fc.property(
      places,
      share,
      fc.constantFrom(null, "few", "many"),
      fc.constantFrom(null, "a", "ws://b/"),
      ({ seed, phases, atShare, forShare }, wanted, role, target) => {
        const chosen = { ...EVERYBODY, share: wanted, role, target };
        const one = fault({ ...windowIn(phases, atShare, forShare), victims: chosen });
        const { whole, population, windows } = parts(seed, phases, [one], true);
        const { connections } = population;
        const alone = members(victimsOf(whole, population, windows[0] as FaultWindow), connections);
        const sharded: number[] = [];
        for (let shard = 0; shard < 64; shard++) {
          // As an engine that has made everything anew.
          const own = parts(seed, phases, [one], true);
          const victims = victimsOf(own.whole, own.population, own.windows[0] as FaultWindow);
          for (let index = shard; index < connections; index += 64) {
            if (victims.has(index)) sharded.push(index);
          }
        }
        expect(sharded.sort((a, b) => a - b)).toEqual(alone);
        const roles = RoleAssignment.of(whole);
        const targets = new TargetChoice(whole);
        for (const index of alone) {
          if (role !== null) expect(["few", "many"][roles.roleOf(index)]).toBe(role);
          if (target !== null) expect(["a", "ws://b/"][targets.targetFor(index)]).toBe(target);
        }
      },
    ),
    { numRuns: 15 },
  );
});

test("windows that overlap, or lie in one another, choose apart from one another", () => {
  const phases: StrictPhase[] = [
    { phase: "p", exclude: false, messageFactor: 1, durationUs: 60e6, ramp: "burst", to: 4000 },
  ];
  const half = { ...EVERYBODY, share: 0.5 };
  const { whole, population, windows } = parts(7, phases, [
    fault({ forUs: 40e6, victims: half }),
    fault({ offsetUs: 10e6, forUs: 5e6, victims: half }),
    fault({ offsetUs: 20e6, everyUs: 5e6, times: 2, victims: half }),
  ]);
  expect(windows.map(({ fromUs, toUs }) => [fromUs / 1e6, toUs / 1e6])).toEqual([
    [0, 40],
    [10, 15],
    [20, 20],
    [25, 25],
  ]);
  const sets = windows.map((one) => new Set(members(victimsOf(whole, population, one), 4000)));
  for (const [at, set] of sets.entries()) {
    expect(set.size).toBe(2000);
    for (const other of sets.slice(at + 1)) {
      const both = [...set].filter((index) => other.has(index)).length;
      // Independent: 1000 in the mean, with a deviation of 16.
      expect(Math.abs(both - 1000)).toBeLessThan(80);
    }
  }
});

test("victims are spread evenly over shards, whatever the number of shards", () => {
  const phases: StrictPhase[] = [
    { phase: "p", exclude: false, messageFactor: 1, durationUs: 60e6, ramp: "burst", to: 9000 },
  ];
  const third = { ...EVERYBODY, share: 0.3333 };
  const { whole, population, windows } = parts(5, phases, [fault({ victims: third })]);
  const hit = members(victimsOf(whole, population, windows[0] as FaultWindow), 9000);
  expect(hit).toHaveLength(3000);
  for (const shards of [2, 4, 64]) {
    const perShard = Array<number>(shards).fill(0);
    for (const index of hit) perShard[index % shards]!++;
    const mean = 3000 / shards;
    // Five deviations of a binomial count.
    for (const count of perShard) expect(Math.abs(count - mean)).toBeLessThan(5 * Math.sqrt(mean));
  }
});
