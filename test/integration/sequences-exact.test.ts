/**
 * Goal: events that a target leaves out, swaps, delays, repeats and inserts are told as often as it did so, also when all
 * connections are cut in between; and when a worker is killed while they are under way, those that nobody could judge any more are
 * missed in the books, and nothing is told that was not done. Method: the target is dialled while the run is on; its own log
 * of answers, with the times at which each event was really told, is judged by the reference.
 */
import { describe, expect } from "vitest";
import { CIRCUMSTANCES, KILLED, play, playKilled } from "../support/exactness.ts";
import {
  CONNECTIONS,
  type Counts,
  due,
  MISDEEDS,
  type Misdeed,
  told,
} from "../support/misdeeds.ts";
import { missing, startBroker } from "../support/servers.ts";

const EVENTS: Counts = { omit: 37, swap: 37, delay: 37, "tell twice": 37, insert: 37 };
const MANY: Counts = { omit: 1000, swap: 1000, delay: 1000, "tell twice": 1000, insert: 1000 };
const WITHIN_MS = 3000;
const [, CUT] = CIRCUMSTANCES;

describe.concurrent("what a target does to events is told", (it) => {
  it("with all connections cut in between", async () => {
    const { result, account } = await play({
      ...{ counts: EVENTS, circumstance: CUT, bus: "", withinMs: WITHIN_MS },
    });
    const { summary, stderr } = result;
    if (summary === null) throw new Error(stderr);
    const [said, done] = [told(summary), due(EVENTS, account)];
    for (const misdeed of MISDEEDS) {
      const apart = Math.abs(said[misdeed] - done[misdeed]);
      expect(apart, `${misdeed}: ${said[misdeed]}, ${done[misdeed]}`).toBeLessThanOrEqual(
        account.unsure,
      );
      if (account.late === 0) expect(done[misdeed]).toBe(EVENTS[misdeed] ?? 0);
    }
    expect(summary.validity.ledger.balanced).toBe(true);
    expect(summary.connections.dropped).toBe(CONNECTIONS);
  });

  it.skipIf(missing("redis") !== null)("a worker killed with events under way", async () => {
    const broker = await startBroker("redis");
    try {
      const { result, account, certain } = await playKilled({
        ...{ counts: MANY, bus: broker.url, withinMs: WITHIN_MS },
      });
      const { summary, stderr } = result;
      if (summary === null) throw new Error(stderr);
      const [said, all, kept] = [told(summary), due({}, account), due({}, certain)];
      for (const misdeed of MISDEEDS) {
        const what = `${misdeed}: told ${said[misdeed]} of ${kept[misdeed]} to ${all[misdeed]}`;
        expect(said[misdeed], what).toBeGreaterThanOrEqual(kept[misdeed] - account.unsure);
        expect(said[misdeed], what).toBeLessThanOrEqual(all[misdeed] + account.unsure);
      }
      expect(Object.keys(MANY).filter((misdeed) => kept[misdeed as Misdeed] < 20)).toEqual([]);
      const { completed = 0, failed = 0, unjudged = 0 } = summary.sequences["ask"] ?? {};
      const asked = Object.values(account.violations).reduce((sum, count) => sum + count, 0);
      const unsettled = asked - completed - failed - unjudged;
      const { id, messagesAtMost = 0 } = summary.lostWorkers[0] ?? {};
      expect(id).toBe(KILLED);
      expect(unsettled).toBeGreaterThan(0);
      expect(unsettled).toBeLessThanOrEqual(messagesAtMost);
      expect(summary.validity.ledger.balanced).toBe(true);
    } finally {
      await broker.stop();
    }
  });
});
