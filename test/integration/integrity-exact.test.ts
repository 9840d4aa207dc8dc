/**
 * Goal: whatever a target does to messages k times, the summary says k: lost, repeated, reordered, altered, leaked; also when
 * connections are cut in between, and when a worker dies. Method: the bundled target is dialled while the run is on, half of the
 * times before the cut and half after it; its own count is waited for. Events are in sequences-exact.test.ts;
 * `npm run exactness` does each of them alone, up to 1,000 times, in all circumstances.
 */
import { describe, expect } from "vitest";
import { CIRCUMSTANCES, type Circumstance, KILLED, play } from "../support/exactness.ts";
import { CONNECTIONS, type Counts, due, told } from "../support/misdeeds.ts";
import { missing, startBroker } from "../support/servers.ts";

const [ALONE, CUT, CUT_AND_KILLED] = CIRCUMSTANCES;

/** What is dialled is said, and nothing else. */
async function summaryOf(counts: Counts, circumstance: Circumstance, bus = "") {
  const { result, account } = await play({ counts, circumstance, bus, withinMs: 0 });
  const { summary, stderr } = result;
  if (summary === null) throw new Error(stderr);
  expect(told(summary)).toEqual(due(counts, account));
  expect(summary.validity.ledger.balanced).toBe(true);
  const leaks = summary.integrity?.isolation?.breaches ?? [];
  expect(leaks.reduce((sum, { count }) => sum + count, 0)).toBe(counts.leak ?? 0);
  return summary;
}

describe.concurrent("what a target does to messages is told", (it) => {
  it.each<Counts>([{ lose: 37, repeat: 37, corrupt: 37, leak: 37 }, { reorder: 37 }])(
    "%o, all cut in between",
    async (counts) => {
      const { connections } = await summaryOf(counts, CUT);
      expect(connections.dropped).toBe(CONNECTIONS);
    },
  );

  it("if it is nothing, with how much that says", async () => {
    const { integrity } = await summaryOf({ lose: 0, repeat: 0, leak: 0 }, ALONE);
    expect(integrity?.order?.audited).toBeGreaterThan(200);
    const { judged = 0, upperBound } = integrity?.isolation?.owner ?? {};
    expect(upperBound).toBe(3 / judged);
  });

  it.skipIf(missing("redis") !== null)("with all cut and a worker killed", async () => {
    const broker = await startBroker("redis");
    try {
      const counts = { lose: 37, repeat: 37, leak: 37 };
      const { lostWorkers } = await summaryOf(counts, CUT_AND_KILLED, broker.url);
      expect(lostWorkers).toMatchObject([{ id: KILLED }]);
    } finally {
      await broker.stop();
    }
  });
});
