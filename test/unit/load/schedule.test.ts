/** Goal: intended times of messages by worked examples: offsets, gaps, phase factors, choices. */
import { describe, expect, it } from "vitest";
import { midpointsBelow, OperationalTime } from "../../../shared/load/operational-time.ts";
import { buildProfile } from "../../../shared/load/profile.ts";
import { MessageSchedule, messageIndexFor, sizeIndexFor } from "../../../shared/load/schedule.ts";
import { drawUnit, Stream } from "../../../shared/time/random.ts";
import { burst, hold, messages, SECOND } from "./phases.ts";

const seed = 42;

function slotsOf(schedule: MessageSchedule, connection: number, openUs: number, session = 0) {
  const slots: number[] = [];
  let us = schedule.firstSlot(connection, session, openUs);
  for (let counter = 0; us !== Infinity; counter++) {
    slots.push(us);
    us = schedule.nextSlot(connection, counter, us);
  }
  return slots;
}

describe("uniform", () => {
  it("the first slot comes after a part of a gap, the others a gap apart", () => {
    const profile = buildProfile([burst(10, 3)]);
    const schedule = new MessageSchedule({ seed, messages: messages("perConnection", 2) }, profile);
    const offset = drawUnit(seed, Stream.messageOffset, 3, 0);
    const slots = slotsOf(schedule, 3, 0.25 * SECOND);
    const first = 0.25 * SECOND + offset * 0.5 * SECOND;
    const expected = [0, 1, 2, 3, 4, 5].map((k) => first + k * 0.5 * SECOND);
    expect(slots).toEqual(
      expected.filter((us) => us < 3 * SECOND).map((us) => expect.closeTo(us, 3)),
    );
  });

  it("each session has its own offset", () => {
    const profile = buildProfile([burst(10, 3)]);
    const schedule = new MessageSchedule({ seed, messages: messages("perConnection", 2) }, profile);
    expect(schedule.firstSlot(3, 0, 0)).not.toBe(schedule.firstSlot(3, 1, 0));
  });

  it("the rate follows the phases' factors, and a phase of factor 0 has none", () => {
    const profile = buildProfile([burst(1, 2), hold(3, 0), hold(2, 0.5), hold(1, 2)]);
    const schedule = new MessageSchedule({ seed, messages: messages("perConnection", 1) }, profile);
    const offset = drawUnit(seed, Stream.messageOffset, 0, 0);
    // Operational time: 0..2, nothing, 2..3 at half speed, 3..5 at double speed.
    const expected = [offset, 1 + offset, 5 + 2 * offset, 7 + offset / 2, 7.5 + offset / 2];
    expect(slotsOf(schedule, 0, 0)).toEqual(expected.map((sec) => expect.closeTo(sec * SECOND, 3)));
  });

  it("a connection that opens while nothing is sent waits for the next phase", () => {
    const profile = buildProfile([burst(1, 2), hold(3, 0), hold(2)]);
    const schedule = new MessageSchedule({ seed, messages: messages("perConnection", 1) }, profile);
    const offset = drawUnit(seed, Stream.messageOffset, 0, 0);
    expect(schedule.firstSlot(0, 0, 3 * SECOND)).toBeCloseTo((5 + offset) * SECOND, 3);
  });
});

it("no slots without messages, or when the rate is a total", () => {
  const profile = buildProfile([burst(1, 10)]);
  expect(new MessageSchedule({ seed, messages: null }, profile).firstSlot(0, 0, 0)).toBe(Infinity);
  const total = { seed, messages: messages("total", 100) };
  expect(new MessageSchedule(total, profile).firstSlot(0, 0, 0)).toBe(Infinity);
});

it("Poisson gaps depend on the counter, so sessions of one connection do not repeat each other", () => {
  const profile = buildProfile([burst(1, 1000)]);
  const scenario = { seed, messages: messages("perConnection", 1, "poisson") };
  const schedule = new MessageSchedule(scenario, profile);
  const gap = (counter: number) => schedule.nextSlot(0, counter, 0);
  expect(new Set([0, 1, 2, 3, 4].map(gap)).size).toBe(5);
});

describe("choices", () => {
  it("weights: shares of a mix, and never an entry of weight 0", () => {
    // Weights 0, 3, 0, 1, 0.
    const weights = [0, 3, 3, 4, 4];
    const counts = [0, 0, 0, 0, 0];
    for (let counter = 0; counter < 20_000; counter++) {
      const index = messageIndexFor(seed, counter % 7, counter, weights);
      counts[index] = (counts[index] ?? 0) + 1;
    }
    expect([counts[0], counts[2], counts[4]]).toEqual([0, 0, 0]);
    // Binomial(20000, 3/4) has a standard deviation of 61.
    expect(Math.abs((counts[1] ?? 0) - 15_000)).toBeLessThan(400);
  });

  it("sizes are equally likely and independent of the message's kind", () => {
    const counts = [0, 0, 0];
    for (let counter = 0; counter < 9000; counter++) {
      const index = sizeIndexFor(seed, 5, counter, 3);
      counts[index] = (counts[index] ?? 0) + 1;
    }
    for (const count of counts) expect(Math.abs(count - 3000)).toBeLessThan(300);
    const both = Array.from({ length: 200 }, (_, counter) => [
      messageIndexFor(seed, 5, counter, [1, 2, 3]),
      sizeIndexFor(seed, 5, counter, 3),
    ]);
    expect(both.some(([kind, size]) => kind !== size)).toBe(true);
  });
});

describe("operational time", () => {
  const time = new OperationalTime(
    buildProfile([hold(2), hold(3, 0), hold(2, 0.5), hold(1, 0)]).phases,
    10,
  );

  it("integrates the rate", () => {
    expect(time.total).toBe(30);
    expect([0, 1, 2, 4, 5, 6, 7, 8].map((sec) => time.at(sec * SECOND))).toEqual([
      0, 10, 20, 20, 20, 25, 30, 30,
    ]);
  });

  it("a value reached where nothing is sent belongs to the next phase that sends", () => {
    const seconds = [0, 5, 20, 25].map((value) => time.timeOf(value) / SECOND);
    expect(seconds).toEqual([0, 0.5, 5, 6].map((sec) => expect.closeTo(sec, 9)));
    expect(time.timeOf(30)).toBe(Infinity);
    expect(time.advance(1.5 * SECOND, 5)).toBe(5 * SECOND);
  });

  it("counts midpoints, but not one that only rounding puts below the end", () => {
    expect([0, 0.5, 0.51, 1.5, 1.5 * (1 + 2e-16), 2, 2.6].map(midpointsBelow)).toEqual([
      0, 0, 1, 1, 1, 2, 3,
    ]);
  });
});
