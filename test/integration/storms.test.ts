/**
 * Goal: a storm on real sockets is as high as the theory of its policy says, and the report's curve of those that are back is the target's
 * log of accepts. Method: connections of three roles, which differ in how they reconnect; a third is cut at a time: 3,000 of 9,100.
 * Only with ONRUSH_TEST_ALL=1, for it wants a machine of its own. Of n that are cut at once and wait `min` = 2 s, the busiest second has
 *
 *   fixed                 n
 *   full-jitter           n / 2: evenly within [0, 2 s)
 *   decorrelated-jitter   n / 4: evenly within [2 s, 6 s)
 *
 * The same on one clock: test/unit/engine/storms.test.ts; for waits alone: test/unit/connection/backoff.test.ts.
 */
import { describe, expect, it } from "vitest";
import { endedWell, runScenario, scratch, startTarget } from "../support/programs.ts";

const N = 3000;
const CONNECTIONS = 3 * N + N / 30;
/** An accept is counted when the target gets to it, the end of the attempt when the engine does. */
const SLACK_MS = 700;
/** Handshakes of one second that a busy machine does in the next; and by chance. */
const SLACK = 0.2;
const DEVIATIONS = 4;

const STORMS = [
  { role: "fixed", policy: "fixed", at: "steady+1s", peak: N },
  { role: "full", policy: "full-jitter", at: "steady+5s", peak: N / 2 },
  { role: "decorrelated", policy: "decorrelated-jitter", at: "steady+9s", peak: N / 4 },
] as const;

interface AcceptTimes {
  readonly firstWallMs: number;
  readonly binMs: number;
  readonly counts: readonly number[];
}

function scenario(target: string) {
  return {
    ...{ target, seed: 9 },
    load: [
      { phase: "open", ramp: "linear", to: CONNECTIONS, over: "8s" },
      { phase: "steady", hold: "17s" },
    ],
    roles: Object.fromEntries(
      STORMS.map(({ role, policy }, at) => [
        role,
        { share: at === 0 ? "34%" : "33%", connect: { reconnect: { policy, min: "2s" } } },
      ]),
    ),
    faults: STORMS.map(({ role, at }) => {
      return { at, kind: "disconnect", who: { role, count: N }, name: role };
    }),
  };
}

describe.runIf(process.env["ONRUSH_TEST_ALL"] === "1")(
  "storms of a third of the connections",
  () => {
    it("are as high as theory says, and over when the target has accepted the last", async () => {
      using folder = scratch();
      await using target = await startTarget();
      const result = await runScenario(scenario(target.url), folder.path);
      expect(endedWell(result), result.stderr).toBe(true);
      const { summary } = result;
      if (summary === null) throw new Error(result.stderr);
      const stats = await target.stats("?acceptTimes=1");
      expect(summary.connections.established).toBe(stats.accepted);
      const { firstWallMs, binMs, counts } = stats["acceptTimes"] as AcceptTimes;
      const startMs = Date.parse(summary.startedAt ?? "");
      for (const [at, { role, peak }] of STORMS.entries()) {
        const fault = summary.faults[at];
        expect(fault, role).toMatchObject({ id: role, restored: N, attempts: N });
        const zero = startMs + (fault?.from ?? 0);
        const untilMs = startMs + (summary.faults[at + 1]?.from ?? Number.POSITIVE_INFINITY);
        // Accepts until the next storm, each at the end of its bin.
        const back = counts.flatMap((count, bin) => {
          const endMs = firstWallMs + (bin + 1) * binMs;
          return endMs > zero && endMs <= untilMs ? Array<number>(count).fill(endMs - zero) : [];
        });
        expect(back, role).toHaveLength(N);
        const { to50Ms, to95Ms, to99Ms } = fault?.recovered ?? {};
        for (const [share, seen] of [
          [0.5, to50Ms],
          [0.95, to95Ms],
          [0.99, to99Ms],
        ] as const) {
          const truth = back[Math.ceil(share * back.length) - 1] ?? 0;
          expect(Math.abs((seen ?? 0) - truth), `${role} ${share}`).toBeLessThan(SLACK_MS);
        }
        const high = fault?.peakHandshakes ?? 0;
        expect(high / peak, role).toBeGreaterThan(1 - SLACK);
        expect(high / peak, role).toBeLessThan(1 + SLACK + DEVIATIONS / Math.sqrt(peak));
      }
    });
  },
);
