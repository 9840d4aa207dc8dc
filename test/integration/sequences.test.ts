import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import {
  endedWell,
  onrush,
  type Result,
  runScenario,
  scratch,
  startFourWorkers,
  startTarget,
  type Target,
} from "../support/programs.ts";
import { missing, startBroker } from "../support/servers.ts";

/** What the target was told to do with its events, and did, is what the summary says. */

const AGENT_EVENTS = readFileSync(
  fileURLToPath(new URL("../fixtures/agent-events.yaml", import.meta.url)),
);

async function run(target: Target, args: readonly string[] = []): Promise<Result> {
  using folder = scratch();
  const file = join(folder.path, "agent-events.yaml");
  writeFileSync(file, AGENT_EVENTS);
  const directory = join(folder.path, "run");
  const given = ["run", file, "--json", "--run-dir", directory, ...args];
  return await onrush(given, { env: { ONRUSH_TARGET: target.url } }, directory);
}

async function expectComplete(result: Result, target: Target): Promise<void> {
  const { summary, stderr } = result;
  expect(endedWell(result), stderr).toBe(true);
  const stats = await target.stats();
  const asks = stats["asks"] as number;
  const { ask } = summary?.sequences ?? {};
  expect(asks).toBeGreaterThan(0);
  expect(ask).toMatchObject({ started: asks, completed: asks, failed: 0, violations: {} });
  expect(ask?.arrived).toMatchObject({ agent_started: asks, agent_completed: asks });
  const arrived = Object.values(ask?.arrived ?? {}).reduce((sum, count) => sum + count, 0);
  expect(arrived).toBe(stats.messagesOut);
  expect(summary?.messages.received).toBe(stats.messagesOut);
  expect(summary?.messages.recognised).toBe(stats.messagesOut);
  expect(summary?.validity.ledger.balanced).toBe(true);
}

describe("the events of an agent", () => {
  it("are complete on one node", async () => {
    await using target = await startTarget();
    await expectComplete(await run(target), target);
  });

  for (const kind of ["redis", "nats"] as const) {
    it.skipIf(missing(kind) !== null)(`are complete over ${kind} with four workers`, async () => {
      const broker = await startBroker(kind);
      try {
        await using target = await startTarget();
        await using _workers = startFourWorkers(broker.url);
        const result = await run(target, ["--bus", broker.url, "--workers", "4"]);
        expect(result.summary?.workers.length).toBe(4);
        await expectComplete(result, target);
      } finally {
        await broker.stop();
      }
    });
  }
});

/** Enough asks for each count; a time for late events to come in before the plan ends. */
function asking(url: string) {
  return {
    target: url,
    load: [
      { phase: "open", ramp: "linear", to: 40, over: "1s", messages: 0 },
      { phase: "ask", hold: "5s" },
      { phase: "wait", hold: "5s", messages: 0 },
    ],
    messages: {
      rate: "2/s",
      mix: [
        {
          name: "ask",
          send: { json: { type: "ask", id: "{{uuid}}" } },
          sequence: {
            key: "m.request_id == sent.id",
            events: [
              ...["agent_started", "agent_thinking"],
              { event: "tool_executing", times: "1..5" },
              { event: "tool_completed", times: "1..5" },
              "agent_completed",
            ],
            within: "2s",
          },
        },
      ],
    },
    thresholds: { sequence: ["violations == 0"] },
  };
}

const TIMES = process.env["ONRUSH_TEST_ALL"] === "1" ? [0, 1, 37] : [0, 37];

describe("events that go wrong at the target", () => {
  it.each(TIMES)("are found out %i times each", async (count) => {
    const dials = {
      omit: [{ count }, { count, event: "agent_completed" }],
      swap: { count },
      delay: { count, byMs: 2600 },
      repeat: [{ count }, { count, event: "agent_completed" }],
      insert: { count },
    };
    const agent = { tools: [1, 3], gap: 10, ...(count > 0 && dials) };
    await using target = await startTarget({ agent });
    using folder = scratch();
    const { summary, exitCode, stderr } = await runScenario(asking(target.url), folder.path);
    expect([count === 0 ? 0 : 99, 97], stderr).toContain(exitCode);
    const stats = await target.stats();
    const { ask } = summary?.sequences ?? {};
    const asks = stats["asks"] as number;
    const failed = 6 * count;
    expect(ask).toMatchObject({ started: asks, completed: asks - failed, failed, unjudged: 0 });
    const kinds = {
      ...{ missing: 2 * count, unexpected: count, outOfOrder: count, repeated: count },
      ...{ tooLate: count, afterEnd: count },
    };
    expect(ask?.violations).toEqual(count === 0 ? {} : kinds);
    expect(summary?.messages.received).toBe(stats.messagesOut);
    expect(summary?.validity.ledger.balanced).toBe(true);
    const told = summary?.failures.filter(({ kind }) => kind === "sequence") ?? [];
    const total = told.reduce((sum, one) => sum + one.count, 0);
    expect(total).toBe(7 * count);
    for (const { samples } of told) expect(samples[0]?.detail).toContain("ms agent_started");
  });
});
