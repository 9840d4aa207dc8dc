import { describe, expect, it } from "vitest";
import { itIsCountedEverywhere } from "../support/everywhere.ts";
import { question } from "../support/misdeeds.ts";
import { runScenario, scratch, startTarget } from "../support/programs.ts";

/** What the target was told to do with its events, and did, is what the summary says. */

describe("the events of an agent", () => {
  itIsCountedEverywhere("agent-events.yaml", ({ messages, sequences }, stats) => {
    const asks = stats["asks"] as number;
    const { ask } = sequences;
    expect(asks).toBeGreaterThan(0);
    expect(ask).toMatchObject({ started: asks, completed: asks, failed: 0, violations: {} });
    expect(ask?.arrived).toMatchObject({ agent_started: asks, agent_completed: asks });
    const arrived = Object.values(ask?.arrived ?? {}).reduce((sum, count) => sum + count, 0);
    expect(arrived).toBe(stats.messagesOut);
    expect(messages.recognised).toBe(stats.messagesOut);
  });
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
      mix: [question("2s")],
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
