/** Goal: total rates by worked examples: times, owners, arrivals among them, and skipping ahead. */
import { describe, expect, it } from "vitest";
import { buildPopulation } from "../../../shared/load/arrivals.ts";
import { OpenArrivals } from "../../../shared/load/open-arrivals.ts";
import { drawPoisson } from "../../../shared/load/poisson.ts";
import { TotalSchedule } from "../../../shared/load/total-schedule.ts";
import type { StrictPhase } from "../../../shared/scenario/strict.ts";
import { Stream } from "../../../shared/time/random.ts";
import { arrivals, burst, hold, linear, messages, SECOND } from "./phases.ts";

function scheduleOf(
  phases: StrictPhase[],
  perSec: number,
  arrival: "uniform" | "poisson" = "uniform",
) {
  const seed = 11;
  const population = buildPopulation({ seed, phases });
  return new TotalSchedule({ seed, messages: messages("total", perSec, arrival) }, population);
}

function slotsOf(schedule: TotalSchedule) {
  const slots: { atUs: number; slot: number; connection: number }[] = [];
  while (schedule.next().atUs !== Infinity) {
    slots.push({ atUs: schedule.atUs, slot: schedule.slot, connection: schedule.connection });
  }
  return slots;
}

it("uniform: midpoints of equal gaps, dealt round robin over the open connections", () => {
  const schedule = scheduleOf([burst(3, 1), burst(2, 1)], 4);
  expect(schedule.total).toBe(8);
  expect(slotsOf(schedule)).toEqual(
    [
      [0.125, 0],
      [0.375, 1],
      [0.625, 2],
      [0.875, 0],
      [1.125, 0],
      [1.375, 1],
      [1.625, 0],
      [1.875, 1],
    ].map(([sec = 0, connection], slot) => ({
      atUs: expect.closeTo(sec * SECOND, 3),
      slot,
      connection,
    })),
  );
  expect(schedule.next()).toMatchObject({ atUs: Infinity, slot: 8, connection: -1 });
});

it("factors stretch and stop the sequence", () => {
  const schedule = scheduleOf([burst(1, 1), hold(5, 0), hold(1, 2)], 2);
  expect(slotsOf(schedule).map(({ atUs }) => atUs / SECOND)).toEqual(
    [0.25, 0.75, 6.125, 6.375, 6.625, 6.875].map((sec) => expect.closeTo(sec, 9)),
  );
});

it("nobody owns a slot while the plan has nobody open", () => {
  const slots = slotsOf(scheduleOf([hold(1), burst(2, 1)], 2));
  expect(slots.map(({ connection }) => connection)).toEqual([-1, -1, 0, 1]);
});

it("arrivals own slots after the held connections, in the order of the open list", () => {
  const stay = { kind: "fixed" as const, meanUs: 1.5 * SECOND };
  const phases = [burst(1, 0), arrivals(1, 3, { arrival: "uniform", stay })];
  // Held: 0. Arrivals 1, 2, 3 are open for 0.5-2, 1.5-3 and 2.5-3 s.
  const slots = slotsOf(scheduleOf(phases, 4));
  const owners = slots.map(({ slot, connection }) => `${slot}:${connection}`);
  expect(owners).toEqual([
    "0:0",
    "1:0",
    "2:0",
    "3:1",
    "4:0",
    "5:1",
    "6:0",
    "7:1",
    "8:0",
    "9:2",
    "10:2",
    "11:3",
  ]);
});

describe("skipping ahead", () => {
  it.each(["uniform", "poisson"] as const)(
    "%s: lands on the slot that walking finds",
    (arrival) => {
      const phases = [linear(50, 20), hold(10, 0), arrivals(20, 20), linear(0, 10)];
      const all = slotsOf(scheduleOf(phases, 37, arrival));
      for (const sec of [0, 0.01, 13.37, 25, 30, 31.5, 59.5]) {
        const first = all.findIndex(({ atUs }) => atUs >= sec * SECOND);
        const schedule = scheduleOf(phases, 37, arrival);
        schedule.seek(sec * SECOND);
        expect({ ...all[first] }).toEqual({
          atUs: schedule.atUs,
          slot: schedule.slot,
          connection: schedule.connection,
        });
        expect(slotsOf(schedule)).toEqual(all.slice(first + 1));
      }
      expect(scheduleOf(phases, 37, arrival).seek(60 * SECOND).atUs).toBe(Infinity);
    },
  );
});

it("no slots for other rates", () => {
  const population = buildPopulation({ seed: 1, phases: [burst(5, 5)] });
  const none = new TotalSchedule({ seed: 1, messages: null }, population);
  expect(none.next().atUs).toBe(Infinity);
  const perConnection = { seed: 1, messages: messages("perConnection", 5) };
  expect(new TotalSchedule(perConnection, population).total).toBe(0);
});

it("open arrivals: those whose stay covers the moment, whatever the order of leaving", () => {
  const list = new OpenArrivals({
    openUs: Float64Array.of(1, 2, 3, 4, 4),
    closeUs: Float64Array.of(9, 3, 8, 4, 6),
  });
  const openAt = (us: number) => {
    list.advance(us);
    return Array.from({ length: list.count }, (_, rank) => list.at(rank));
  };
  expect(openAt(0)).toEqual([]);
  expect(openAt(2)).toEqual([0, 1]);
  expect(openAt(3)).toEqual([0, 2]);
  expect(openAt(4)).toEqual([0, 2, 4]);
  expect(openAt(8)).toEqual([0]);
  expect(openAt(9)).toEqual([]);
});

describe("Poisson counts", () => {
  // Mean and variance of n counts; the bounds are about five standard errors.
  it.each([0.5, 3, 9.99, 10, 40, 1000, 250_000])("mean %d: mean and variance agree", (mean) => {
    const n = 4000;
    const counts = Array.from({ length: n }, (_, index) =>
      drawPoisson(mean, { seed: 5, stream: Stream.slot, index }),
    );
    const average = counts.reduce((sum, count) => sum + count, 0) / n;
    const variance = counts.reduce((sum, count) => sum + (count - average) ** 2, 0) / (n - 1);
    expect(Math.abs(average - mean)).toBeLessThan(5 * Math.sqrt(mean / n));
    expect(Math.abs(variance / mean - 1)).toBeLessThan(5 * Math.sqrt((2 + 1 / mean) / n));
    expect(counts.every((count) => Number.isInteger(count) && count >= 0)).toBe(true);
  });

  it("has the exact law near the mean, where it changes method", () => {
    const n = 20_000;
    let seven = 0;
    let twelve = 0;
    for (let index = 0; index < n; index++) {
      if (drawPoisson(10, { seed: 6, stream: Stream.slot, index }) === 7) seven++;
      if (drawPoisson(10, { seed: 6, stream: Stream.slot, index }) === 12) twelve++;
    }
    // P(7) = 0.0901, P(12) = 0.0948 for a mean of 10; a standard deviation is 0.0020.
    expect(Math.abs(seven / n - 0.0901)).toBeLessThan(0.01);
    expect(Math.abs(twelve / n - 0.0948)).toBeLessThan(0.01);
  });

  it("mean 0 is always 0", () => {
    expect(drawPoisson(0, { seed: 5, stream: Stream.slot, index: 1 })).toBe(0);
  });
});
