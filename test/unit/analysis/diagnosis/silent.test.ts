/**
 * Goal: of a run in which nothing is wrong no cause is named. Method: seeded runs whose latency wanders from second to second
 * (autocorrelation 0, 0.5, 0.8), with ramps, tails and a lost connection now and then, short and long; planned closes; and what
 * faults of the scenario did.
 */
import { describe, expect, test } from "vitest";
import { causesOf, foldOf, type Healthy, healthySeconds } from "./story.ts";

const RUNS = 20;
/** Of 20: none as a rule, one at the very most. */
const MOST = 1;

describe.each([0, 0.5, 0.8])("neighbours correlate by %f", (correlation) => {
  test.each<[string, Partial<Healthy>, number]>([
    ["a short run", { seconds: 25, ramp: 4 }, RUNS],
    ["a long run", { seconds: 420, ramp: 20, connections: 50 }, 3],
    ["a long tail", { seconds: 60, spread: 1 }, RUNS],
    ["a ramp all the way", { seconds: 40, ramp: 40 }, RUNS / 2],
  ])("%s", (_, change, runs) => {
    const alarms: string[] = [];
    for (let seed = 1; seed <= runs; seed++) {
      const of = {
        seed,
        seconds: 25,
        connections: 200,
        ramp: 5,
        rate: 1,
        medianUs: 3000,
        correlation,
        spread: 0.4,
        ...change,
      };
      alarms.push(...causesOf(foldOf(healthySeconds(of), of)).map((cause) => `${seed}: ${cause}`));
    }
    expect(alarms.length, alarms.join(", ")).toBeLessThanOrEqual(runs === RUNS ? MOST : 0);
  });
});

const healthy = (seconds: number) =>
  healthySeconds({
    ...{ seed: 5, seconds, connections: 200, ramp: 4, rate: 2 },
    ...{ medianUs: 3000, correlation: 0.5, spread: 0.4 },
  });

test("connections that the plan closes are no crash", () => {
  const seconds = healthy(20).map((told, at) =>
    at === 10 ? { ...told, dropped: 0, open: 20, lifetimeUs: Array(180).fill(6e6) } : told,
  );
  expect(causesOf(foldOf(seconds, { connections: 200, ramp: 4 }))).toEqual([]);
});

test("a pause of the generator is not the service's", () => {
  const seconds = healthy(30).map((told, at) =>
    [10, 15, 20, 25].includes(at)
      ? {
          ...told,
          sent: [40, 40, 0, 0, 0, 160, 40, 40, 40, 40],
          received: [40, 40, 0, 0, 0, 160, 40, 40, 40, 40],
          health: { loopLagMaxUs: 300_000 },
        }
      : told,
  );
  expect(causesOf(foldOf(seconds, { connections: 200, ramp: 4 }))).toEqual([]);
});
