/**
 * Goal: what faults make connections send, and not send, is what the target sees, to the frame; with both drivers, with and without
 * TLS. Method: one run with a fault of each such kind against the real target, whose own counts are compared with the report.
 */
import { describe, expect, it } from "vitest";
import { endedWell, type Result, runScenario, scratch, startTarget } from "../support/programs.ts";
import { closedStats, selfSigned } from "../support/secure-target.ts";

const EACH = 4;
const quiet = { role: "quiet", count: EACH };
const talker = { role: "talker", count: EACH };

const breaches = ["bad-opcode", "reserved-bits", "unmasked", "bad-utf8", "bad-close-code"];
const RULES = {
  "unknown opcode": EACH,
  "reserved bit set": EACH,
  "frame not masked": EACH,
  "text is not UTF-8": EACH,
  "close code not allowed": EACH,
};

function scenario(target: string, driver: string) {
  return {
    ...{ target, seed: 7 },
    connect: {
      ...{ driver, tls: { verify: false } },
      reconnect: { policy: "fixed", min: "100ms", attempts: 20 },
    },
    load: [
      { phase: "open", ramp: "linear", to: 80, over: "1s", exclude: true },
      { phase: "steady", hold: "13s" },
    ],
    messages: {
      rate: "5/s",
      mix: [
        { name: "say", send: { binary: { size: 64 } }, reply: { match: "echo", within: "10s" } },
      ],
    },
    // Those that are cut have nothing under way that could get lost.
    roles: { talker: { share: "50%" }, quiet: { share: "50%", messages: { rate: "0/s" } } },
    faults: [
      ...breaches.map((how, at) => {
        return { at: `steady+${1000 + at * 800}ms`, kind: "protocol", how, who: quiet, name: how };
      }),
      {
        ...{ at: "steady+3s", kind: "protocol", how: "corrupt-payload", who: talker },
        name: "corrupt",
      },
      { at: "steady+5s", kind: "oversize", size: "2mb", who: quiet, name: "oversize" },
      {
        ...{ at: "steady+6s", for: "1s", kind: "endless-fragments", rate: "200/s", size: "8kb" },
        ...{ who: quiet, name: "fragments" },
      },
      { at: "steady+7500ms", for: "1s", kind: "flood", rate: "100/s", who: talker, name: "flood" },
      { at: "steady+9s", kind: "burst", messages: 30, who: talker, name: "burst" },
      { at: "steady+9500ms", for: "1s", kind: "idle", who: talker, name: "idle" },
      { at: "steady+9500ms", for: "1s", kind: "slow-reader", who: talker, name: "slow" },
      { at: "steady+9500ms", for: "1s", kind: "slow-writer", who: talker, name: "dribble" },
      { at: "steady+11s", kind: "reconnect-storm", spread: "200ms", who: quiet, name: "storm" },
    ],
    thresholds: { connections: ["dropped == 0"], messages: ["unanswered == 0"] },
  };
}

type Counts = Record<string, number> & Record<string, Record<string, number>>;

function check(result: Result, stats: Counts): void {
  expect(
    endedWell(result),
    `${result.exitCode} ${JSON.stringify([result.summary?.validity, result.summary?.thresholds, result.summary?.failures])}`,
  ).toBe(true);
  const { summary } = result as Result & { summary: NonNullable<Result["summary"]> };
  expect(summary.validity.ledger).toEqual({ balanced: true, differences: {} });
  const faults = new Map(summary.faults.map((fault) => [fault.id, fault]));
  const outcomes = Object.fromEntries(
    [...faults].flatMap(([id, { outcomes: counted }]) => (counted ? [[id, counted]] : [])),
  );
  const fragmented = outcomes["fragments"]?.["closed1009"] ?? 0;
  // A megabyte takes two thirds of a second: some come back soon enough to be closed once more.
  expect(fragmented).toBeGreaterThanOrEqual(EACH);
  expect(outcomes).toMatchObject({
    ...{ "bad-opcode": { closed1002: EACH }, "reserved-bits": { closed1002: EACH } },
    ...{ unmasked: { closed1002: EACH }, "bad-utf8": { closed1007: EACH } },
    ...{ "bad-close-code": { closed1002: EACH }, corrupt: { answered: EACH } },
    oversize: { closed1009: EACH },
  });
  for (const { id, planned, affected, restored } of summary.faults) {
    expect([id, planned, affected, restored]).toEqual([id, EACH, EACH, EACH]);
  }
  expect(stats["violations"]).toEqual({ 1002: 4 * EACH, 1007: EACH, 1009: EACH + fragmented });
  expect(stats["violationsByRule"]).toEqual({ ...RULES, "message too big": EACH + fragmented });
  // Every message that arrived was planned, or a fault's.
  const ofFragments = faults.get("fragments")?.messages.extra ?? 0;
  const extra = ["flood", "burst", "corrupt"].map((id) => faults.get(id)?.messages.extra ?? 0);
  expect(extra.slice(1)).toEqual([30 * EACH, EACH]);
  expect(Math.abs((extra[0] ?? 0) - 100 * EACH)).toBeLessThanOrEqual(3 * EACH);
  const sum = extra.reduce((total, one) => total + one, 0);
  expect(stats["messagesIn"]).toBe(summary.messages.sent + sum + ofFragments);
  expect(stats["accepted"]).toBe(summary.connections.established);
  const { messages } = faults.get("idle") as NonNullable<ReturnType<typeof faults.get>>;
  expect(Math.abs(messages.notSent - 5 * EACH)).toBeLessThanOrEqual(EACH);
  expect(summary.connections.dropped).toBe(6 * EACH + fragmented);
  expect(summary.failures.filter(({ cause }) => cause !== "injected")).toEqual([]);
  expect(summary.messages.duplicated ?? 0).toBe(0);
  expect(summary.thresholds.filter(({ passed }) => !passed)).toEqual([]);
}

describe.concurrent("what faults send", () => {
  it("is what the target sees: lean driver, ws", async () => {
    using folder = scratch();
    await using target = await startTarget({ limits: { maxMessageBytes: 1 << 20 } });
    const result = await runScenario(scenario(target.url, "lean"), folder.path);
    check(result, (await target.stats()) as unknown as Counts);
  }, 240_000);

  it.each(["lean", "ws"])(
    "is what the target sees: %s driver, wss",
    async (driver) => {
      using folder = scratch();
      await using target = await startTarget(
        { limits: { maxMessageBytes: 1 << 20 } },
        selfSigned(folder.path),
      );
      const result = await runScenario(scenario(target.url, driver), folder.path);
      check(result, await closedStats<Counts>(target.url));
    },
    240_000,
  );
});
