/**
 * Goal: a third of 600 clients is cut at once; all of them come back, the rest is not disturbed, and the report says what the
 * service counted, wherever the connections run. Method: fixtures/reconnect-storm.yaml, the bundled target as the oracle. A storm of
 * thousands, against theory: storms.test.ts.
 */
import { describe, expect } from "vitest";
import { itIsCountedEverywhere } from "../support/everywhere.ts";

const CLIENTS = 600;
const HIT = 198;
const SLOWED = 60;

describe("a reconnect storm", () => {
  itIsCountedEverywhere("reconnect-storm.yaml", ({ connections, faults, failures }, stats) => {
    expect(stats.accepted).toBe(CLIENTS + HIT);
    expect(connections.closedByCause).toEqual({ injected: HIT, plan: CLIENTS });
    expect(connections).toMatchObject({ reconnects: HIT, dropped: 0, failed: 0 });
    expect(failures.map(({ kind, count }) => [kind, count])).toEqual([["injected", HIT]]);
    const [cut, slow] = faults;
    expect(cut).toMatchObject({ planned: HIT, affected: HIT, restored: HIT, gaveUp: 0 });
    expect(cut?.attempts).toBe(HIT);
    expect(slow).toMatchObject({ planned: SLOWED, affected: SLOWED, restored: SLOWED });
  });
});
