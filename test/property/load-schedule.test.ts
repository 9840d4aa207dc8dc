/**
 * Goal: what is sent when is the same whoever sends it, and random arrivals have the law they claim.
 * Method: random phases for the exact laws; for the statistical ones fixed seeds and bounds of about five
 * standard errors, so they hold or fail for ever.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { arrivalTimes, buildPopulation } from "../../shared/load/arrivals.ts";
import { OperationalTime } from "../../shared/load/operational-time.ts";
import { MessageSchedule } from "../../shared/load/schedule.ts";
import { connectionsOf, indicesOf, quotas, shardsThatFit } from "../../shared/load/split.ts";
import { TotalSchedule } from "../../shared/load/total-schedule.ts";
import { arrivals, burst, messages, SECOND } from "../unit/load/phases.ts";
import { anyPhases, messagesOf, seeds } from "./load-arbitraries.ts";

const MAX_SLOTS = 2000;

it("the same seed gives the same behaviour, whatever the shards", () => {
  fc.assert(
    fc.property(
      anyPhases,
      seeds,
      messagesOf("perConnection"),
      fc.integer({ min: 1, max: 40 }),
      (phases, seed, what, shards) => {
        // Each shard builds its own copies of everything, as engines do.
        const behaviour = (shardCount: number) => {
          const lines: string[] = [];
          for (let shard = 0; shard < shardCount; shard++) {
            const population = buildPopulation({ seed, phases });
            const schedule = new MessageSchedule({ seed, messages: what }, population.profile);
            const some = Math.min(population.connections, 60);
            for (const index of indicesOf(shard, shardCount, some)) {
              let counter = 0;
              for (const [number, session] of population.sessionsOf(index).entries()) {
                let us = schedule.firstSlot(index, number, session.openUs);
                for (; us < session.closeUs && counter < 30; counter++) {
                  lines.push(`${index} ${number} ${session.openUs} ${us}`);
                  us = schedule.nextSlot(index, counter, us);
                }
              }
            }
          }
          return lines.sort();
        };
        expect(behaviour(shards)).toEqual(behaviour(1));
      },
    ),
    { numRuns: 25 },
  );
});

it("slots of a connection never go back, and keep to the rate where they are uniform", () => {
  fc.assert(
    fc.property(anyPhases, seeds, messagesOf("perConnection"), (phases, seed, what) => {
      const { profile } = buildPopulation({ seed, phases });
      const schedule = new MessageSchedule({ seed, messages: what }, profile);
      const time = new OperationalTime(profile.phases, what.rate.perSec);
      let us = schedule.firstSlot(0, 0, 0);
      let slots = 0;
      for (let lastUs = 0; us !== Infinity && slots < MAX_SLOTS; slots++) {
        expect(us).toBeGreaterThanOrEqual(lastUs);
        expect(us).toBeLessThanOrEqual(profile.durationUs);
        lastUs = us;
        us = schedule.nextSlot(0, slots, us);
      }
      if (what.arrival === "uniform" && slots < MAX_SLOTS) {
        expect(Math.abs(slots - time.total)).toBeLessThanOrEqual(1);
      }
    }),
  );
});

it("a total rate: every slot has one owner, who is open; shards sum to the whole", () => {
  fc.assert(
    fc.property(
      anyPhases,
      seeds,
      messagesOf("total"),
      fc.integer({ min: 1, max: 16 }),
      (phases, seed, what, shards) => {
        const scenario = { seed, messages: what };
        const population = buildPopulation({ seed, phases });
        const { durationUs } = population.profile;
        // Two engines walk by themselves.
        const one = new TotalSchedule(scenario, population);
        const two = new TotalSchedule(scenario, buildPopulation({ seed, phases }));
        const perShard = new Array<number>(shards).fill(0);
        let lastUs = 0;
        let nobody = 0;
        let slots = 0;
        for (; one.next().atUs !== Infinity && slots < MAX_SLOTS; slots++) {
          const { atUs, slot, connection } = one;
          expect({ ...two.next() }).toEqual({ ...one });
          expect(slot).toBe(slots);
          expect(atUs).toBeGreaterThanOrEqual(lastUs);
          expect(atUs).toBeLessThanOrEqual(durationUs);
          lastUs = atUs;
          if (connection === -1) {
            nobody++;
            expect(population.plannedOpenAt(atUs)).toBe(0);
          } else {
            const shard = connection % shards;
            perShard[shard] = (perShard[shard] ?? 0) + 1;
            const sessions = population.sessionsOf(connection);
            expect(sessions.some((s) => s.openUs <= atUs + 1e-3 && atUs - 1e-3 <= s.closeUs)).toBe(
              true,
            );
          }
        }
        expect(perShard.reduce((sum, owned) => sum + owned, 0)).toBe(slots - nobody);
        if (slots < MAX_SLOTS) expect(slots).toBe(one.total);
        if (what.arrival === "uniform") {
          const expected = new OperationalTime(population.profile.phases, what.rate.perSec).total;
          expect(Math.abs(one.total - expected)).toBeLessThanOrEqual(0.5 + 1e-6);
        }
      },
    ),
    { numRuns: 60 },
  );
});

it("quotas sum to the shards, respect room where there is enough, and grow with capacity", () => {
  const capacity = fc.integer({ min: 0, max: 20_000 });
  fc.assert(
    fc.property(
      fc.array(capacity, { minLength: 1, maxLength: 30 }),
      fc.integer({ min: 1, max: 4096 }),
      fc.integer({ min: 0, max: 2_000_000 }),
      (capacities, shards, peak) => {
        const sizes = { shards, peak };
        const given = quotas(capacities, shards, sizes);
        expect(given.reduce((sum, quota) => sum + quota, 0)).toBe(shards);
        expect(given.every((quota) => Number.isInteger(quota) && quota >= 0)).toBe(true);
        const limits = capacities.map((capacity) => {
          const most = shardsThatFit(sizes, capacity);
          expect(connectionsOf(sizes, most)).toBeLessThanOrEqual(capacity);
          expect(connectionsOf(sizes, most + 1)).toBeGreaterThan(capacity);
          return most;
        });
        if (limits.reduce((sum, limit) => sum + limit, 0) >= shards) {
          given.forEach((quota, worker) => {
            expect(quota).toBeLessThanOrEqual(limits[worker] ?? 0);
          });
        }
        // Who can hold as much as another gets no less, but for the one shard of a tie.
        given.forEach((quota, worker) => {
          const more = capacities.findIndex((c) => c >= (capacities[worker] ?? 0));
          expect(given[more]).toBeGreaterThanOrEqual(quota - 1);
        });
      },
    ),
  );
});

/** Mean, and variance over mean, of counts in equal windows. */
function dispersion(timesUs: readonly number[], windows: number, windowUs: number) {
  const counts = new Array<number>(windows).fill(0);
  for (const us of timesUs) {
    const window = Math.floor(us / windowUs);
    if (window < windows) counts[window] = (counts[window] ?? 0) + 1;
  }
  const mean = counts.reduce((sum, count) => sum + count, 0) / windows;
  const variance = counts.reduce((sum, count) => sum + (count - mean) ** 2, 0) / (windows - 1);
  return { mean, index: variance / mean };
}

describe("Poisson processes have the mean they should and an index of dispersion near 1", () => {
  const windows = 2000;
  // Standard error of the mean of 2000 counts of mean 5 is 0.05; of the index, 0.032.
  const close = (timesUs: readonly number[]) => {
    const { mean, index } = dispersion(timesUs, windows, 0.5 * SECOND);
    expect(Math.abs(mean - 5)).toBeLessThan(0.25);
    expect(Math.abs(index - 1)).toBeLessThan(0.16);
  };

  it.each([1, 2, 3])("arrivals, seed %d", (seed) => {
    const phase = arrivals(10, 1000);
    if (phase.ramp !== "arrivals") throw new Error("not an arrivals phase");
    close([...arrivalTimes(phase, { seed, phase: 0, room: 1e6 })]);
  });

  it.each([1, 2, 3])("messages of one connection, seed %d", (seed) => {
    const { profile } = buildPopulation({ seed, phases: [burst(1, 1000)] });
    const what = messages("perConnection", 10, "poisson");
    const schedule = new MessageSchedule({ seed, messages: what }, profile);
    const slots: number[] = [];
    let us = schedule.firstSlot(9, 0, 0);
    for (let counter = 0; us !== Infinity; counter++) {
      slots.push(us);
      us = schedule.nextSlot(9, counter, us);
    }
    close(slots);
  });

  it.each([1, 2, 3])("first messages of many connections that open together, seed %d", (seed) => {
    const { profile } = buildPopulation({ seed, phases: [burst(20_000, 100_000)] });
    const what = messages("perConnection", 0.0005, "poisson");
    const schedule = new MessageSchedule({ seed, messages: what }, profile);
    const slots = Array.from({ length: 20_000 }, (_, index) => schedule.firstSlot(index, 0, 0));
    // Exponential with mean 2000 s: P(first 100 s) = 0.0488.
    const early = slots.filter((slotUs) => slotUs < 100 * SECOND).length / 20_000;
    expect(Math.abs(early - 0.0488)).toBeLessThan(0.008);
  });

  it.each([1, 2, 3])("a total rate, seed %d", (seed) => {
    const population = buildPopulation({ seed, phases: [burst(3, 1000)] });
    const what = messages("total", 10, "poisson");
    const schedule = new TotalSchedule({ seed, messages: what }, population);
    const slots: number[] = [];
    while (schedule.next().atUs !== Infinity) slots.push(schedule.atUs);
    close(slots);
  });
});

describe("uniform processes are even", () => {
  it("connections that open together spread their first messages over one gap", () => {
    const { profile } = buildPopulation({ seed: 4, phases: [burst(8000, 10)] });
    const schedule = new MessageSchedule(
      { seed: 4, messages: messages("perConnection", 1) },
      profile,
    );
    const counts = new Array<number>(10).fill(0);
    for (let index = 0; index < 8000; index++) {
      const tenth = Math.floor(schedule.firstSlot(index, 0, 0) / (SECOND / 10));
      counts[tenth] = (counts[tenth] ?? 0) + 1;
    }
    // Binomial(8000, 0.1): standard deviation 27.
    for (const count of counts) expect(Math.abs(count - 800)).toBeLessThan(140);
  });
});
