/** Goal: each open connection has the same chance to be a sample, wherever its slot. Method: many seconds of slots in clusters, counted. */
import { expect, it } from "vitest";
import type { ConnectionHost } from "../../../worker/connection/connection-host.ts";
import { State } from "../../../worker/connection/connection-state.ts";
import { ConnectionTimes } from "../../../worker/connection/connection-times.ts";
import { ControlSamples } from "../../../worker/engine/control-samples.ts";
import { Activity } from "../../../worker/message/activity.ts";

const SECONDS = 1000;
/** A cluster, one behind a wide gap, and one that a fault acts on. */
const OPEN = [0, 1, 2, 3, 4, 5, 6, 7, 8, 60];
const HIT = 30;

it("a slot behind a gap is chosen no more often than another", () => {
  const connections = Array.from({ length: 64 }, (_, slot) => ({
    ...{ slot, index: slot, attempt: 0, target: 0, role: 0, tries: 0, seq: 0, pendingCount: 0 },
    ...{ state: State.open, socket: null, shift: slot === HIT ? 1 : 0 },
    isOpen: OPEN.includes(slot) || slot === HIT,
  }));
  const host = {
    ...{ lastNowUs: 0, phaseAt: () => 0, times: new ConnectionTimes() },
    recorder: { open: OPEN.length + 1 },
    correlator: { activity: new Activity() },
    routes: { route: () => ({ address: "" }) },
  } as unknown as ConnectionHost;
  const samples = new ControlSamples(connections, host);
  const times = new Map<number, number>();
  const weights = new Set<number>();
  for (let second = 0; second < SECONDS; second++) {
    for (const { connection, weight } of samples.take(7, second)) {
      weights.add(weight);
      times.set(connection, (times.get(connection) ?? 0) + 1);
    }
  }
  // Five each second.
  expect([...weights]).toEqual([(OPEN.length + 1) / 5]);
  expect([...times.keys()].sort((a, b) => a - b)).toEqual(OPEN);
  // Binomial, p = 1/2: within four standard errors.
  for (const count of times.values()) {
    expect(Math.abs(count - SECONDS / 2)).toBeLessThan(4 * Math.sqrt(SECONDS / 4));
  }
});
