import { describe, expect, it } from "vitest";
import { NO_AUDIT } from "../../../shared/scenario/defaults.ts";
import { namesOf } from "../../../shared/scenario/names.ts";
import { NAME_COUNTERS, type NameCounter } from "../../../shared/stats/counters.ts";
import { EVENTS, startAgentServer } from "../../support/agent-server.ts";
import { type EngineRun, runEngine } from "../../support/engine-run.ts";
import { echoMessage, messages, scenario } from "../../support/scenario.ts";
import { TurnClock } from "../../support/turn-clock.ts";

const WITHIN_US = 2_000_000;
/** Later than the time of a sequence, and earlier than it is given up. */
const LATE_MS = 2600;

function asking(url: string) {
  const phase = { exclude: false, messageFactor: 0 } as const;
  return scenario(url, {
    phases: [
      { ...phase, phase: "open", durationUs: 200_000, ramp: "linear", to: 40 },
      { ...phase, phase: "ask", durationUs: 2_500_000, ramp: "hold", messageFactor: 1 },
      { ...phase, phase: "wait", durationUs: 4_200_000, ramp: "hold" },
    ],
    connect: { reconnect: { policy: "fixed", minUs: 20_000, maxUs: 20_000, attempts: 100 } },
    integrity: NO_AUDIT,
    messages: messages({
      mix: [
        echoMessage({
          name: "ask",
          send: { kind: "json", value: { id: "{{uuid}}", user: "{{conn.index}}" } },
          reply: { match: "none" },
          sequence: {
            ...{ name: "ask", key: "m.id == sent.id", event: "m.type", withinUs: WITHIN_US },
            gapUs: null,
            steps: EVENTS.map((event) => ({ kind: "event", event, least: 1, most: 1 })),
          },
        }),
      ],
    }),
  });
}

function named(run: EngineRun, position: number) {
  const sum = (counter: NameCounter) =>
    run.frames
      .flatMap(({ names }) => names.filter(({ name }) => name === position))
      .reduce((total, { counters }) => total + (counters[NAME_COUNTERS.indexOf(counter)] ?? 0), 0);
  return Object.fromEntries(NAME_COUNTERS.map((one) => [one, sum(one)])) as Record<
    NameCounter,
    number
  >;
}

describe("sequences over real sockets", () => {
  it.each([0, 1, 37])(
    "finds each kind of violation %i times, while connections are cut",
    async (k) => {
      const clock = new TurnClock();
      await using server = await startAgentServer(k, { cuts: k, lateMs: LATE_MS, clock });
      const played = asking(server.url);
      const run = await runEngine(played, { clock });
      const parts = namesOf(played);
      const counts = named(
        run,
        parts.findIndex(({ kind }) => kind === "sequence"),
      );
      const { done, asks } = server;
      // Those that the target never read, because it had closed the connection.
      const unread = counts.started - asks;
      expect(unread).toBeGreaterThanOrEqual(0);
      expect(counts).toMatchObject({
        ...{ missing: k, outOfOrder: k, tooLate: k, repeated: k, unexpected: k, neverStarted: k },
        ...{ afterEnd: k, orphan: k, cut: done.cut + unread, abandoned: 0, unfollowed: 0 },
        failed: 6 * k + done.cut + unread,
        completed: asks - 6 * k - done.cut,
      });
      expect(done.cut).toBeGreaterThanOrEqual(k);
      const events = parts.flatMap(({ kind }, at) =>
        kind === "event" ? [named(run, at).arrived] : [],
      );
      const arrived = events.reduce((sum, count) => sum + count, 0);
      // A stranger among events and a key of nobody are no event of the sequence.
      expect(arrived).toBe(server.sent - 2 * k);
      expect(run.counters.received).toBe(server.sent);
      expect(run.counters.recognised).toBe(server.sent - k);
      const told = run.failures.filter(({ kind }) => kind === "sequence");
      const total = told.reduce((sum, { count }) => sum + count, 0);
      expect(total).toBe(counts.failed + counts.afterEnd + counts.orphan);
    },
  );
});
