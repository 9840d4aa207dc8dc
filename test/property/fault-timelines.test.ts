/**
 * Goal: whatever goes wrong on purpose, and however faults overlap, the books balance: nothing is lost from the ledger, and every
 * connection that a fault hit is as before, given up, or closed. Method: random timelines of all registered kinds, written as authors
 * write them, played by a real engine against a real server, with either driver.
 */
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { parseScenario } from "../../shared/scenario/parse.ts";
import { FAULT_KINDS } from "../../shared/scenario/sections/faults/registry.ts";
import type { StrictFault } from "../../shared/scenario/strict-fault.ts";
import {
  CONNECTIONS,
  closeServers,
  countsOf,
  phaseSums,
  play,
  SECOND,
} from "../support/fault-run.ts";

afterAll(closeServers);

const RUNS = 4;
/** Played at one time: most of a run is waiting. */
const SIDE_BY_SIDE = 4;
const STEADY_MS = 3000;

const one = fc
  .record({
    kind: fc.constantFrom(...FAULT_KINDS),
    atMs: fc.integer({ min: 100, max: 2000 }),
    forMs: fc.integer({ min: 100, max: 900 }),
    percent: fc.integer({ min: 5, max: 100 }),
    isRepeated: fc.boolean(),
  })
  .map(({ kind: { example }, atMs, forMs, percent, isRepeated }) => ({
    ...example,
    ...{ at: `steady+${atMs}ms`, who: `${percent}%` },
    ...(Object.hasOwn(example, "for") && { for: `${forMs}ms` }),
    ...(isRepeated && atMs < 1000 && { every: "950ms", times: 2 }),
  }));

const timeline = fc.record({
  faults: fc.array(one, { minLength: 1, maxLength: 5 }),
  driver: fc.constantFrom("lean" as const, "ws" as const),
  attempts: fc.integer({ min: 1, max: 5 }),
});

/** As a scenario has them; without those that cannot act beside others. */
function strict(faults: readonly object[]): readonly StrictFault[] {
  const read = (some: readonly object[]) =>
    parseScenario(
      JSON.stringify({
        ...{ version: 1, target: "ws://127.0.0.1:1/", faults: some },
        load: [
          { phase: "open", ramp: "burst", to: CONNECTIONS, hold: "1s" },
          { phase: "steady", hold: `${STEADY_MS}ms` },
        ],
      }),
      { ...{ fileName: "timeline.json", env: {} }, readFile: () => Buffer.alloc(0) },
    );
  const kept: object[] = [];
  for (const fault of faults) if (read([...kept, fault]).ok) kept.push(fault);
  const result = read(kept);
  if (!result.ok) throw new Error(result.issues.map(({ what }) => what).join("; "));
  return result.scenario.faults;
}

type Timeline = typeof timeline extends fc.Arbitrary<infer T> ? T : never;

async function expectBalanced({ faults, driver, attempts }: Timeline): Promise<void> {
  const known = strict(faults);
  const done = await play(known, {
    connect: {
      ...{ driver, timeoutUs: SECOND / 2 },
      reconnect: { policy: "full-jitter", minUs: 50_000, maxUs: 400_000, attempts },
    },
  });
  const { counters: sums, closes } = done.run;
  expect(sums.attempted).toBe(sums.established + sums.failed);
  expect(sums.established).toBe(sums.closed);
  expect(sums.established).toBe(Object.values(closes).reduce((sum, count) => sum + count, 0));
  expect(sums.planned).toBe(
    sums.sent + sums.skippedNotOpen + sums.skippedBehind + sums.skippedBackpressure,
  );
  expect(sums.expected).toBe(sums.matched + sums.timedOut + sums.unanswered);
  expect(phaseSums(done, false)).toMatchObject({ failed: 0, dropped: 0, corrupt: 0 });
  const { started = 0, completed = 0, failed = 0, abandoned = 0 } = countsOf(done);
  expect(started).toBe(completed + failed + abandoned);
  // By the server: those, and what was given up here or opened by a fault beside the plan.
  expect(done.seen.length).toBeGreaterThanOrEqual(sums.established);
}

test("random timelines of all kinds leave the books balanced", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(timeline, { minLength: SIDE_BY_SIDE, maxLength: SIDE_BY_SIDE }),
      async (timelines) => {
        await Promise.all(timelines.map(expectBalanced));
      },
    ),
    { numRuns: RUNS, endOnFailure: true },
  );
});
