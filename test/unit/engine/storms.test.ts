/**
 * Goal: a storm is as high as the theory of its policy says, and the curve of those that are back is the server's log of accepts.
 * Method: a third of 240 connections is cut at once; engine and server go by one clock that a busy machine slows and does not bend. Of n
 * that wait `min` = 2 s, the busiest second has
 *
 *   none                  0
 *   fixed                 n
 *   full-jitter           n / 2: evenly within [0, 2 s)
 *   decorrelated-jitter   n / 4: evenly within [2 s, 6 s)
 *
 * and, by chance, at most four standard deviations more.
 */
import { afterAll, describe, expect, it } from "vitest";
import type { StrictReconnect } from "../../../shared/scenario/strict.ts";
import { closeServers, fault, phasesOf, play, SECOND } from "../../support/fault-run.ts";

afterAll(closeServers);

const CONNECTIONS = 240;
const N = CONNECTIONS / 3;
const CUT_US = SECOND;
/** The server takes one connection a turn. */
const LATE_US = 400_000;
/** Turns, and the way from the end of a handshake at the server to its end here. */
const CURVE_US = 60_000;

/** Times from the cut until the server had each of them back, in order. */
async function storm(policy: StrictReconnect["policy"]) {
  const minUs = 2 * SECOND;
  const attempts = policy === "none" ? 0 : 10;
  const victims = { share: 1, count: N, role: null, target: null, worker: null };
  const { run, seen, at } = await play([fault({ offsetUs: CUT_US, victims })], {
    messages: null,
    phases: phasesOf(CONNECTIONS, 8 * SECOND),
    connect: { reconnect: { policy, minUs, maxUs: 15 * minUs, attempts } },
  });
  const back = seen
    .map(({ openedUs }) => at(openedUs) - CUT_US)
    .filter((us) => us > 0)
    .sort((a, b) => a - b);
  return { back, restore: run.histogram("restore"), counters: run.counters };
}

function busiest(back: readonly number[]): number {
  const seconds = new Map<number, number>();
  for (const us of back) {
    const second = Math.floor(us / SECOND);
    seconds.set(second, (seconds.get(second) ?? 0) + 1);
  }
  return Math.max(0, ...seconds.values());
}

describe.concurrent("a storm", () => {
  it("does not come without a policy", async () => {
    const { back, counters } = await storm("none");
    expect(back).toEqual([]);
    expect(counters).toMatchObject({ attempted: CONNECTIONS, established: CONNECTIONS });
  });

  it.each([
    ["fixed", 1, 2, 3],
    ["full-jitter", 2, 0, 2],
    ["decorrelated-jitter", 4, 2, 6],
  ] as const)(
    "of %s has n / %d in its busiest second, and its curve",
    async (policy, seconds, from, to) => {
      const { back, restore, counters } = await storm(policy);
      expect(back).toHaveLength(N);
      expect(counters.established).toBe(CONNECTIONS + N);
      expect(back[0]).toBeGreaterThanOrEqual(from * SECOND);
      expect(back.at(-1)).toBeLessThanOrEqual(to * SECOND + LATE_US);
      const mean = N / seconds;
      const deviation = Math.sqrt(mean * (1 - 1 / seconds));
      expect(busiest(back)).toBeGreaterThanOrEqual(Math.floor(mean));
      expect(busiest(back)).toBeLessThanOrEqual(mean + 4 * deviation);
      for (const share of [0.1, 0.5, 0.95, 0.99]) {
        const truthUs = back[Math.ceil(share * N) - 1] ?? 0;
        expect(Math.abs(restore.quantile(share) - truthUs), `${share}`).toBeLessThan(CURVE_US);
      }
    },
  );
});
