/**
 * Goal: an outage is what the definition says, to a part of a second. Method: seconds of uptime by hand; expected times are what
 * the seconds were made of.
 */
import { describe, expect, it } from "vitest";
import { availabilityOfSeconds } from "../../../../coordinator/analysis/availability/availability.ts";
import {
  outagesOf,
  type ServedSecond,
} from "../../../../coordinator/analysis/availability/outages.ts";

const RULE = { objective: 0.999, below: 0.99, lastsUs: 3_000_000, mergeUs: 5_000_000 };
const USERS = 100;

/** `depth` of the users are down in each of these times. */
function made(length: number, ...downs: [from: number, to: number, depth?: number][]) {
  return Array.from({ length }, (_, second): ServedSecond => {
    let downMs = 0;
    for (const [from, to, depth = 1] of downs) {
      const part = Math.max(0, Math.min(to, second + 1) - Math.max(from, second));
      downMs += part * depth * USERS * 1000;
    }
    return { upMs: USERS * 1000 - downMs, downMs };
  });
}

function times(seconds: readonly ServedSecond[]): number[][] {
  return outagesOf(seconds, RULE).map(({ from, to }) =>
    [from, to].map((at) => Math.round(at * 1000) / 1000),
  );
}

describe("an outage", () => {
  it("begins and ends within a second", () => {
    expect(times(made(60, [10.25, 17.5]))).toEqual([[10.25, 17.5]]);
    expect(times(made(60, [10.25, 17.5, 0.4]))).toEqual([[10.25, 17.5]]);
  });

  it("lasts three seconds at least", () => {
    expect(times(made(60, [10.5, 13.5]))).toEqual([[10.5, 13.5]]);
    expect(times(made(60, [10.5, 13.4]))).toEqual([]);
  });

  it("takes more than one in a hundred", () => {
    expect(times(made(60, [10, 20, 0.009]))).toEqual([]);
    expect(times(made(60, [10, 20, 0.011]))).toEqual([[10, 20]]);
  });

  it("is one with the next when less than five seconds lie between them", () => {
    expect(times(made(60, [10, 14], [18.9, 23]))).toEqual([[10, 23]]);
    expect(times(made(60, [10, 14], [19, 23]))).toEqual([
      [10, 14],
      [19, 23],
    ]);
  });

  it("has how many users it took, and how much of their time", () => {
    expect(outagesOf(made(60, [10, 20, 0.4]), RULE)).toMatchObject([
      { depth: 0.4, users: 40, userSeconds: 400, goesOn: false },
    ]);
  });

  it("that is not over is a failure, and no repair", () => {
    const seen = availabilityOfSeconds(made(60, [20, 30], [50, 60]), RULE);
    expect(seen?.outages).toMatchObject([{ goesOn: false }, { goesOn: true, to: 60 }]);
    expect(seen?.mtbf?.estimate).toBe(20);
    expect(seen?.mttr?.estimate).toBe(10);
  });

  it("is neither begun nor prolonged by seconds that say nothing", () => {
    const seconds = made(60, [10, 20]);
    for (let at = 13; at < 30; at++) seconds[at] = null;
    expect(times(seconds)).toEqual([[10, 13]]);
    expect(availabilityOfSeconds(seconds, RULE)?.seconds).toBe(43);
    expect(availabilityOfSeconds([null, { upMs: 0, downMs: 0 }], RULE)).toBeNull();
  });
});

describe("availability", () => {
  it("is MTBF / (MTBF + MTTR) where outages take everybody", () => {
    const seen = availabilityOfSeconds(made(600, [20, 30], [200, 250], [400, 415.5]), RULE);
    const { mtbf, mttr, userUptime } = seen ?? {};
    const between = mtbf?.estimate ?? 0;
    expect(between / (between + (mttr?.estimate ?? 0))).toBeCloseTo(userUptime ?? 0, 10);
  });

  it("tells one long outage from many short ones by the worst stretches", () => {
    const long = availabilityOfSeconds(made(600, [100, 110]), RULE);
    const many = Array.from({ length: 10 }, (_, at) => [at * 60, at * 60 + 1] as [number, number]);
    const short = availabilityOfSeconds(made(600, ...many), RULE);
    expect(short?.userUptime).toBeCloseTo(long?.userUptime ?? 0, 10);
    expect(long?.worst.map(({ seconds, uptime }) => [seconds, uptime])).toEqual([
      [1, 0],
      [10, 0],
      [60, expect.closeTo(50 / 60, 10)],
      [300, expect.closeTo(290 / 300, 10)],
    ]);
    expect(short?.worst.map(({ uptime }) => uptime)).toEqual([
      0,
      expect.closeTo(0.9, 10),
      expect.closeTo(59 / 60, 10),
      expect.closeTo(295 / 300, 10),
    ]);
    expect(short?.outages).toEqual([]);
  });

  it("burns as much of the budget as downtime is of what the objective allows", () => {
    expect(availabilityOfSeconds(made(1000, [100, 102]), RULE)?.burn).toBeCloseTo(2, 10);
  });
});
