/**
 * Goal: whatever a target does k times, the summary says k: messages lost, repeated, reordered, altered, leaked; events left out,
 * swapped, late, repeated, inserted; also when connections are cut in between, and when a worker dies. Method: the bundled
 * target is dialled while the run is on, half of the times before the cut and half after it; its own count is waited for.
 * `npm run exactness` does each of them alone, up to 1,000 times, in all circumstances.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CIRCUMSTANCES, KILLED, play } from "../support/exactness.ts";
import { CONNECTIONS, type Counts, dialled, told } from "../support/misdeeds.ts";
import type { Result } from "../support/programs.ts";
import { type BrokerServer, missing, startBroker } from "../support/servers.ts";

const WITHIN_MS = 8000;
const [ALONE, CUT, CUT_AND_KILLED] = CIRCUMSTANCES;

/** What is dialled is said, and nothing else. */
function expectTold({ summary, stderr }: Result, counts: Counts): void {
  if (summary === null) throw new Error(stderr);
  expect(told(summary)).toEqual(dialled(counts));
  expect(summary.validity.ledger.balanced).toBe(true);
  const leaks = summary.integrity?.isolation?.breaches ?? [];
  expect(leaks.reduce((sum, { count }) => sum + count, 0)).toBe(counts.leak ?? 0);
}

const EVENTS: Counts = { omit: 37, swap: 37, delay: 37, "tell twice": 37, insert: 37 };

test.each<Counts>([
  { lose: 37 },
  { repeat: 37 },
  { reorder: 37 },
  { corrupt: 37 },
  { leak: 37 },
  EVENTS,
])("%o, all cut in between, is told", async (counts) => {
  const result = await play({ counts, circumstance: CUT, bus: "", withinMs: WITHIN_MS });
  expectTold(result, counts);
  expect(result.summary?.connections.dropped).toBe(CONNECTIONS);
});

test("a target that does nothing wrong is told so, and how much that says", async () => {
  const counts = { lose: 0, repeat: 0, leak: 0 };
  const result = await play({ counts, circumstance: ALONE, bus: "", withinMs: WITHIN_MS });
  expectTold(result, counts);
  const { order, isolation } = result.summary?.integrity ?? {};
  expect(order?.audited).toBeGreaterThan(200);
  const { judged = 0, upperBound } = isolation?.owner ?? {};
  expect(upperBound).toBe(3 / judged);
});

describe("with all cut and a worker killed", () => {
  let broker: BrokerServer;
  const absent = missing("redis");
  beforeAll(async () => {
    if (absent === null) broker = await startBroker("redis");
  });
  afterAll(() => broker?.stop());

  test.skipIf(absent !== null).each<Counts>([{ lose: 37, repeat: 37, leak: 37 }])(
    "%o is told",
    async (counts) => {
      const circumstance = CUT_AND_KILLED;
      const bus = broker.url;
      const result = await play({ counts, circumstance, bus, withinMs: WITHIN_MS });
      expect(result.summary?.lostWorkers).toMatchObject([{ id: KILLED }]);
      expectTold(result, counts);
    },
  );
});
