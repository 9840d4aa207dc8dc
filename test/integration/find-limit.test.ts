/**
 * Goal: a find-limit phase finds the limit of a target within 5 %, says what it rests on, and the books balance although the
 * plan was made while the run went on. Method: the built command against the built target, which caps its connections, or
 * answers through a pool of known capacity.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { endedWell, onrush, runScenario, scratch, startTarget } from "../support/programs.ts";

const WITHIN = 0.05;

function near(found: number | null | undefined, truth: number): void {
  expect(Math.abs((found ?? 0) - truth) / truth).toBeLessThanOrEqual(WITHIN);
}

it("a cap of 2,000 connections", { timeout: 300_000, retry: 1 }, async () => {
  await using target = await startTarget({ cap: { connections: 2000, status: 503 } });
  using folder = scratch();
  const result = await runScenario(
    {
      target: target.url,
      load: [
        {
          ...{ phase: "search", ramp: "find-limit", step: 500, to: 6000, settle: "2s" },
          until: "connect failed > 1%",
        },
        { phase: "soak", hold: "2s" },
        { phase: "down", ramp: "linear", to: 0, over: "1s" },
      ],
    },
    folder.path,
  );
  const { summary, stderr, runDirectory } = result;
  expect(endedWell(result), stderr).toBe(true);
  const { capacity } = summary ?? {};
  near(capacity?.limit, 2000);
  near(capacity?.sustainable, 2000);
  expect(capacity?.sustainable).toBeLessThanOrEqual(2000);
  expect(capacity).toMatchObject({ tested: 2500, knee: null });
  expect(capacity?.basis).toContain("broke twice");
  expect(stderr).toContain("find-limit: 2,500 connections exceed the limit");

  const counts = await target.stats();
  expect(summary?.connections.established).toBe(counts.accepted);
  expect(summary?.validity.ledger.balanced).toBe(true);
  expect(summary?.connections.planned).toBe(summary?.connections.attempted);
  // It soaks at what it found to be sustainable.
  const rows = readFileSync(join(runDirectory, "timeline.csv"), "utf8").trim().split("\n");
  const [head = [], ...seconds] = rows.map((row) => row.split(","));
  const [phase, open] = [head.indexOf("phase"), head.indexOf("open")];
  const soaked = seconds.filter((second) => second[phase] === "soak").map((row) => row[open]);
  expect(soaked).toContain(String(capacity?.sustainable));

  const shown = await onrush(["report", runDirectory, "--summary", "full"]);
  expect(shown.stdout).toMatch(/Capacity\s+sustainable 2,000, limit 2,063, knee not found/);
  const again = await onrush(["report", runDirectory, "--json"]);
  expect(again.summary?.capacity).toEqual(capacity);
});

/** Two minutes of looking at latencies: for who asks for everything. */
const all = process.env["ONRUSH_TEST_ALL"] === "1";

it.runIf(all)(
  "a latency that bends at 200 messages a second",
  { timeout: 600_000, retry: 1 },
  async () => {
    // 40 at a time, 200 ms each.
    await using target = await startTarget({ reply: { pool: { size: 40, serviceMs: 200 } } });
    using folder = scratch();
    const echo = { match: "echo", within: "5s" };
    const { exitCode, summary, stderr } = await runScenario(
      {
        target: target.url,
        load: [
          {
            ...{ phase: "search", ramp: "find-limit", step: 60, settle: "6s" },
            until: "latency p99 > 400ms or connect failed > 1%",
          },
        ],
        messages: {
          rate: "1/s",
          mix: [{ name: "ask", send: { binary: { size: 64 } }, reply: echo }],
        },
      },
      folder.path,
    );
    expect(exitCode, stderr).toBe(0);
    const { capacity } = summary ?? {};
    near(capacity?.limit, 200);
    near(capacity?.sustainable, 200);
    near(capacity?.knee, 200);
    expect(capacity?.basis).toContain("two straight lines");
  },
);

it("nothing breaks: the limit is not known, and nothing is made up", async () => {
  await using target = await startTarget();
  using folder = scratch();
  const result = await runScenario(
    {
      target: target.url,
      load: [
        {
          ...{ phase: "search", ramp: "find-limit", step: 50, to: 100, settle: "2s" },
          until: "connect failed > 1%",
        },
      ],
    },
    folder.path,
  );
  const { summary } = result;
  expect(endedWell(result), result.stderr).toBe(true);
  expect(summary?.capacity).toMatchObject({
    tested: 100,
    knee: null,
    limit: null,
    sustainable: 100,
  });
  expect(summary?.capacity?.basis).toContain("the limit is not known");
});

it("ended early: says how far it came", async () => {
  await using target = await startTarget({ cap: { connections: 50, status: 503 } });
  using folder = scratch();
  const { exitCode, summary } = await runScenario(
    {
      target: target.url,
      load: [
        {
          ...{ phase: "search", ramp: "find-limit", step: 40, settle: "2s" },
          until: "connect failed > 1%",
        },
      ],
    },
    folder.path,
    {
      onStart: (child, runDirectory) => {
        const timer = setInterval(async () => {
          const isThere = existsSync(join(runDirectory, "journal"));
          if (!isThere || (await target.now()).open < 40) return;
          clearInterval(timer);
          // The first level is judged by then, and the second one is not.
          setTimeout(() => child.kill("SIGINT"), 5000);
        }, 100);
      },
    },
  );
  expect(exitCode).toBe(105);
  expect(summary?.capacity?.limit).toBeNull();
  expect(summary?.capacity?.basis).toContain("the run ended before the search did");
});
