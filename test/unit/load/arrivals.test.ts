/** Goal: arrivals and the population by worked examples, and the bound on its size. */
import { describe, expect, it } from "vitest";
import { buildPopulation, MAX_CONNECTIONS, timesOf } from "../../../shared/load/arrivals.ts";
import { ALL_RAMPS, arrivals, burst, hold, linear, SECOND } from "./phases.ts";

const fixed = (sec: number) => ({ kind: "fixed" as const, meanUs: sec * SECOND });

describe("uniform arrivals", () => {
  const phases = [
    linear(2, 2),
    arrivals(2, 3, { arrival: "uniform", stay: fixed(1.1) }),
    hold(0.5),
  ];
  const population = buildPopulation({ seed: 1, phases });

  it("come at the midpoints of equal gaps and are numbered after the closed model", () => {
    expect(population.closed).toBe(2);
    expect(population.connections).toBe(8);
    expect(population.plannedOpens).toBe(8);
    expect([...population.arrivals.openUs].map((us) => us / SECOND)).toEqual([
      2.25, 2.75, 3.25, 3.75, 4.25, 4.75,
    ]);
  });

  it("stay for their time, at most to the end of the run", () => {
    expect(population.sessionsOf(2)).toEqual([{ openUs: 2.25e6, closeUs: 3.35e6 }]);
    expect(population.sessionsOf(7)).toEqual([{ openUs: 4.75e6, closeUs: 5.5e6 }]);
  });

  it("add to the connections held", () => {
    const open = [0, 1, 2.2, 2.25, 2.8, 3.3, 3.36, 5.4, 5.5].map((sec) =>
      population.plannedOpenAt(sec * SECOND),
    );
    expect(open).toEqual([0, 1, 2, 3, 4, 5, 4, 3, 0]);
    expect(population.peakPlanned).toBe(5);
  });
});

it("the peak may lie between arrivals, inside a ramp", () => {
  const phases = [
    arrivals(1, 1, { arrival: "uniform", stay: fixed(2) }),
    linear(10, 1),
    linear(0, 1),
  ];
  // The one arrival stays from 0.5 s to 2.5 s; the ramp tops out at 2 s.
  expect(buildPopulation({ seed: 1, phases }).peakPlanned).toBe(11);
});

it("connections that go when others come are not counted as a peak", () => {
  const phases = [arrivals(4, 1, { arrival: "uniform", stay: fixed(9) }), burst(3, 1)];
  const cut = [arrivals(4, 1, { arrival: "uniform", stay: fixed(0.125) }), burst(3, 1)];
  expect(buildPopulation({ seed: 1, phases }).peakPlanned).toBe(7);
  // The last one stays from 0.875 s to 1 s exactly, when the burst begins.
  expect(buildPopulation({ seed: 1, phases: cut }).peakPlanned).toBe(3);
});

it("Poisson arrivals differ by seed and by phase, never between calls", () => {
  const phases = [arrivals(100, 4), arrivals(100, 4)];
  const one = buildPopulation({ seed: 7, phases }).arrivals;
  expect(buildPopulation({ seed: 7, phases }).arrivals).toEqual(one);
  expect(buildPopulation({ seed: 8, phases }).arrivals).not.toEqual(one);
  const inFirst = [...one.openUs].filter((us) => us < 4 * SECOND);
  const inSecond = [...one.openUs].filter((us) => us >= 4 * SECOND).map((us) => us - 4 * SECOND);
  expect(inFirst.length).toBeGreaterThan(300);
  expect(inSecond.slice(0, 5)).not.toEqual(inFirst.slice(0, 5));
});

it("a run with every ramp: 1500 held, about 400 arrivals in its sixth phase", () => {
  const population = buildPopulation({ seed: 7, phases: ALL_RAMPS });
  const arrived = population.connections - 1500;
  expect(population.closed).toBe(1500);
  expect(arrived).toBeGreaterThan(320);
  expect(arrived).toBeLessThan(480);
  expect(population.plannedOpens).toBe(1900 + arrived);
  expect(Math.min(...population.arrivals.openUs)).toBeGreaterThanOrEqual(16 * SECOND);
  expect(Math.max(...population.arrivals.openUs)).toBeLessThan(20 * SECOND);
  expect(Math.max(...population.arrivals.closeUs)).toBeLessThanOrEqual(22 * SECOND);
  expect(population.peakPlanned).toBe(1500);
});

describe("arrivals at a rate that changes", () => {
  const at = (from: number, to: number, arrival: "uniform" | "poisson" = "uniform") => {
    const phase = arrivals({ from, to }, 10, { arrival, stay: fixed(1) });
    return [...buildPopulation({ seed: 5, phases: [phase] }).arrivals.openUs];
  };

  it.each([
    [0, 20],
    [20, 0],
    [1, 19],
    [19, 1],
    [10, 10],
  ])(
    "from %d/s to %d/s: as many as the area under the line, each where the area is its number and a half",
    (from, to) => {
      const opens = at(from, to);
      expect(opens).toHaveLength(((from + to) / 2) * 10);
      for (const [arrival, openUs] of opens.entries()) {
        const sec = openUs / SECOND;
        expect(from * sec + ((to - from) * sec * sec) / 20).toBeCloseTo(arrival + 0.5, 6);
      }
    },
  );

  it("backwards they are the mirror image", () => {
    const mirrored = at(2, 30).map((us) => 10 * SECOND - us);
    for (const [index, us] of at(30, 2).entries()) {
      expect(us).toBeCloseTo(mirrored.at(-1 - index) as number, 3);
    }
  });

  it.each([
    [0, 20],
    [20, 0],
    [10, 10],
  ])("from %d/s to %d/s: what comes first of all comes at the start", (from, to) => {
    const timeOf = timesOf({ arrivalsPerSec: { from, to }, durationUs: 10 * SECOND });
    expect(timeOf(0)).toBe(0);
    expect(timeOf(-0)).toBeCloseTo(0);
    expect(timeOf(2 ** -32)).toBeGreaterThan(0);
  });

  it("by chance: three of four come in the second half of a rise from nothing", () => {
    const opens = at(0, 400, "poisson");
    const late = opens.filter((us) => us >= 5 * SECOND).length;
    expect(opens.length).toBeGreaterThan(1800);
    expect(opens.length).toBeLessThan(2200);
    expect(late / opens.length).toBeGreaterThan(0.71);
    expect(late / opens.length).toBeLessThan(0.79);
    expect(opens).toEqual(opens.toSorted((a, b) => a - b));
    expect(opens.at(-1)).toBeLessThan(10 * SECOND);
  });
});

describe("bound", () => {
  const refused = expect.objectContaining({ code: "ONRUSH_SCENARIO_INVALID" });

  it("refuses more connections than it can hold, before making them", () => {
    const tooMany = (phase: ReturnType<typeof burst>) => () =>
      buildPopulation({ seed: 1, phases: [burst(1, 1), phase] });
    expect(tooMany(burst(MAX_CONNECTIONS + 1, 1))).toThrow(refused);
    expect(tooMany(arrivals(1e9, 1e6))).toThrow(refused);
    expect(tooMany(arrivals(1e9, 1e6, { arrival: "uniform" }))).toThrow(refused);
  });

  it("no arrivals at a rate of 0", () => {
    expect(buildPopulation({ seed: 1, phases: [arrivals(0, 10)] }).connections).toBe(0);
  });
});
