/**
 * Goal: a third of 3,000 clients is cut at once; all of them come back, the rest is not disturbed, and the report says what the
 * service counted, wherever the connections run. Method: fixtures/reconnect-storm.yaml, the bundled target as the oracle.
 */
import { describe, expect } from "vitest";
import { itIsCountedEverywhere } from "../support/everywhere.ts";

const HIT = 990;

describe("a reconnect storm", () => {
  itIsCountedEverywhere(
    "reconnect-storm.yaml",
    ({ connections, faults, failures }, stats) => {
      expect(stats.accepted).toBe(3000 + HIT);
      expect(connections.closedByCause).toEqual({ injected: HIT, plan: 3000 });
      expect(connections).toMatchObject({ reconnects: HIT, dropped: 0, failed: 0 });
      expect(failures.map(({ kind, count }) => [kind, count])).toEqual([["injected", HIT]]);
      const [cut, slow] = faults;
      expect(cut).toMatchObject({ planned: HIT, affected: HIT, restored: HIT, gaveUp: 0 });
      expect(cut?.attempts).toBe(HIT);
      expect(slow).toMatchObject({ planned: 300, affected: 300, restored: 300 });
    },
    1000,
  );
});
