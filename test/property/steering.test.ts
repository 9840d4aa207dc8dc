/**
 * Goal: load that is decided while it goes on is as exact as load that was planned. Method: random searches,
 * and phases that are held or skipped, between random phases; what a follower of the decisions does, one by one, is what the final plan says.
 */
import fc from "fast-check";
import { expect, it } from "vitest";
import { buildPopulation } from "../../shared/load/arrivals.ts";
import { changesFromUs, levelBefore, type Steering, steer } from "../../shared/load/steering.ts";
import { longestUs, riseUs } from "../../shared/scenario/search.ts";
import type { SearchLevel, StrictPhase, StrictSearch } from "../../shared/scenario/strict.ts";
import { wholeShard } from "../../shared/wire/slice.ts";
import { Agenda } from "../../worker/engine/agenda.ts";
import { phase, SECOND } from "../unit/load/phases.ts";
import { anyPhases, seeds } from "./load-arbitraries.ts";

const HOLD_US = 3 * SECOND;
const SHARDS = 8;

interface Course {
  readonly phases: readonly StrictPhase[];
  /** What was decided after each decision, from nothing to everything. */
  readonly decided: readonly (readonly Steering[])[];
}

/** Phases, a search, phases again; the search goes to random levels and ends. */
const courses: fc.Arbitrary<Course> = fc
  .record({
    before: anyPhases,
    after: anyPhases,
    levels: fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 0, maxLength: 5 }),
    ends: fc.boolean(),
  })
  .map(({ before, after, levels, ends }) => {
    const sizes = { step: 50, to: 300, settleUs: HOLD_US };
    const from = levelBefore(before, before.length);
    const search: StrictSearch = {
      ...{ ...sizes, ramp: "find-limit", precision: 0.05, until: [], levels: [] },
    };
    const longest = longestUs(sizes, Math.min(from, 299));
    const phases = [...before, phase(longest / SECOND, search), ...after];
    return { phases, decided: decisions(before.length, levels, { from, ends }) };
  });

function decisions(
  at: number,
  levels: readonly number[],
  { from, ends }: { readonly from: number; readonly ends: boolean },
): (readonly Steering[])[] {
  const first = Math.max(from, Math.min(from + 50, 300));
  let all: SearchLevel[] = [{ atUs: 0, riseUs: riseUs(from, first), to: first }];
  let atUs = riseUs(from, first) + HOLD_US;
  const decided: (readonly Steering[])[] = [[]];
  let level = first;
  for (const to of levels) {
    all = [...all, { atUs, riseUs: riseUs(level, to), to }];
    decided.push([{ phase: at, levels: all, durationUs: null }]);
    atUs += riseUs(level, to) + HOLD_US;
    level = to;
  }
  if (ends) decided.push([{ phase: at, levels: all, durationUs: atUs }]);
  return decided;
}

/** Phases, one that keeps its number of connections, phases again; it is held for longer, ends before its time, or both. */
const stretches: fc.Arbitrary<Course> = fc
  .record({
    before: anyPhases,
    after: fc.oneof(fc.constant([]), anyPhases),
    level: fc.option(fc.integer({ min: 0, max: 300 })),
    seconds: fc.integer({ min: 2, max: 20 }),
    held: fc.integer({ min: 0, max: 20 }),
    ends: fc.option(fc.double({ min: 0, max: 0.99, noNaN: true })),
  })
  .map(({ before, after, level, seconds, held, ends }) => {
    const ramp =
      level === null ? ({ ramp: "hold" } as const) : ({ ramp: "burst", to: level } as const);
    const of = (durationSec: number) => [
      { phase: before.length, levels: [], durationUs: durationSec * SECOND },
    ];
    const decided: (readonly Steering[])[] = [[]];
    if (held > 0) decided.push(of(seconds + held));
    // What is over by then cannot be ended any more.
    const least = held > 0 ? seconds : 1;
    if (ends !== null) decided.push(of(least + Math.floor(ends * (seconds + held - least))));
    return { phases: [...before, phase(seconds, ramp), ...after], decided };
  });

const anyCourse = fc.oneof(courses, stretches);

const populationOf = ({ phases }: Course, steering: readonly Steering[], seed: number) =>
  buildPopulation({ seed, phases: steer(phases, steering) });

it("a decision changes nothing before its moment, nor how many connections there are", () => {
  fc.assert(
    fc.property(anyCourse, seeds, (course, seed) => {
      const [first, ...later] = course.decided.map((one) => populationOf(course, one, seed));
      if (first === undefined) throw new Error("a course begins somewhere");
      let before = first;
      for (const after of later) {
        const fromUs = changesFromUs(before.profile, after.profile);
        expect(after.connections).toBe(before.connections);
        expect(after.closed).toBe(before.closed);
        expect(after.peakPlanned).toBeLessThanOrEqual(after.connections);
        for (const share of [0, 0.3, 0.7, 0.999]) {
          if (!Number.isFinite(fromUs)) continue;
          expect(after.plannedOpenAt(share * fromUs)).toBe(before.plannedOpenAt(share * fromUs));
        }
        before = after;
      }
    }),
    { numRuns: 150 },
  );
});

it("who follows the decisions one by one opens exactly what the final plan says", () => {
  fc.assert(
    fc.property(anyCourse, seeds, (course, seed) => {
      const slices = Array.from({ length: SHARDS }, (_, shard) => wholeShard(shard));
      const times = { shardCount: SHARDS, recoverWithinUs: SECOND };
      const agenda = new Agenda();
      let population = populationOf(course, [], seed);
      agenda.add(population, slices, { ...times, nowUs: Number.NEGATIVE_INFINITY });
      const opened: string[] = [];
      const openUntil = (us: number) => {
        while (agenda.nextUs < us) {
          opened.push(`${agenda.nextIndex} at ${agenda.nextUs}`);
          agenda.take();
        }
      };
      for (const steering of course.decided.slice(1)) {
        const next = populationOf(course, steering, seed);
        const fromUs = changesFromUs(population.profile, next.profile);
        if (!Number.isFinite(fromUs)) continue;
        const nowUs = fromUs - SECOND / 2;
        openUntil(nowUs);
        population = next;
        agenda.replan(population, slices, { ...times, fromUs, nowUs });
      }
      openUntil(Number.POSITIVE_INFINITY);
      const planned: string[] = [];
      for (let index = 0; index < population.connections; index++) {
        for (const { openUs } of population.sessionsOf(index))
          planned.push(`${index} at ${openUs}`);
      }
      expect(opened.toSorted()).toEqual(planned.toSorted());
    }),
    { numRuns: 150 },
  );
});

it("without a decision it goes to its first level and stays there", () => {
  const search: StrictSearch = {
    ...{ ramp: "find-limit", step: 50, to: 300, settleUs: HOLD_US, precision: 0.05 },
    ...{ until: [], levels: [] },
  };
  const phases = [phase(10, { ramp: "burst", to: 20 }), phase(600, search)];
  const { plannedOpenAt, peakPlanned, connections } = buildPopulation({
    seed: 1,
    phases: steer(phases, []),
  });
  expect([plannedOpenAt(12 * SECOND), plannedOpenAt(599 * SECOND)]).toEqual([70, 70]);
  expect([peakPlanned, connections]).toEqual([300, 300]);
});
