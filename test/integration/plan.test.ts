import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { buildPopulation } from "../../shared/load/arrivals.ts";
import { parseScenario } from "../../shared/scenario/parse.ts";
import { runScenario, scratch, startTarget } from "../support/programs.ts";

/** Does what happens at the target follow the plan? Its accept times are the judge. */

const LOAD = [
  { phase: "linear", ramp: "linear", to: 200, over: "2s" },
  { phase: "exponential", ramp: "exponential", to: 800, over: "2s" },
  { phase: "step", ramp: "step", to: 1000, steps: 4, over: "2s" },
  { phase: "burst", ramp: "burst", to: 1300, hold: "1s" },
  {
    phase: "points",
    ramp: "points",
    points: [
      ["0s", 1300],
      ["1s", 700],
      ["2s", 1100],
    ],
  },
  { phase: "arrivals", arrive: "100/s", stay: "exp(1s)", arrival: "poisson", for: "2s" },
  { phase: "down", ramp: "linear", to: 0, over: "1s" },
];

/** Opens the plan wants by each moment, from the same pure functions every worker uses. */
function plannedOpens(url: string): { readonly timesUs: number[]; readonly peak: number } {
  const text = JSON.stringify({ version: 1, target: url, load: LOAD });
  const parsed = parseScenario(text, {
    fileName: "plan.json",
    env: {},
    readFile: () => Buffer.alloc(0),
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  const population = buildPopulation(parsed.scenario);
  const timesUs: number[] = [];
  for (let index = 0; index < population.connections; index++) {
    for (const { openUs } of population.sessionsOf(index)) timesUs.push(openUs);
  }
  return { timesUs: timesUs.sort((a, b) => a - b), peak: population.peakPlanned };
}

describe("every way to change load", () => {
  it("opens connections when the plan says so, as the target's accept times tell", async () => {
    await using target = await startTarget();
    using folder = scratch();
    const { exitCode, summary, runDirectory } = await runScenario(
      { target: target.url, load: LOAD },
      folder.path,
    );
    expect(exitCode).toBe(0);
    const stats = await target.stats("?acceptTimes=1");
    const planned = plannedOpens(target.url);
    expect(stats.accepted).toBe(planned.timesUs.length);
    expect(summary?.connections.established).toBe(planned.timesUs.length);
    expect(summary?.connections.peak).toBeLessThanOrEqual(planned.peak + 50);
    const { acceptTimes } = stats as unknown as {
      acceptTimes: { firstWallMs: number; binMs: number; counts: number[] };
    };
    const startedMs = Date.parse(
      (JSON.parse(readFileSync(join(runDirectory, "run.json"), "utf8")) as { startedAt: string })
        .startedAt,
    );
    let accepted = 0;
    const outside: string[] = [];
    acceptTimes.counts.forEach((count, bin) => {
      accepted += count;
      const endMs = acceptTimes.firstWallMs + (bin + 1) * acceptTimes.binMs - startedMs;
      const by = (ms: number) => planned.timesUs.filter((us) => us / 1000 <= ms).length;
      // A handshake takes a moment, more of one when hundreds are due at once; clocks are read in milliseconds.
      if (accepted > by(endMs + 20) || accepted < by(endMs - 400)) {
        outside.push(
          `${endMs} ms: ${accepted} accepted, planned ${by(endMs - 400)}..${by(endMs + 20)}`,
        );
      }
    });
    expect(outside).toEqual([]);
  });

  it("does the same with one worker and with three", async () => {
    const counts: (string | undefined)[] = [];
    for (const workers of ["1", "3"]) {
      await using target = await startTarget();
      using folder = scratch();
      const { exitCode, summary } = await runScenario(
        {
          target: target.url,
          seed: 9,
          load: [
            { phase: "up", ramp: "linear", to: 60, over: "1s" },
            { phase: "hold", hold: "2s" },
          ],
          messages: {
            rate: "5/s",
            arrival: "poisson",
            mix: [
              { name: "a", weight: 2, send: { text: "a" } },
              { name: "b", weight: 1, send: { text: "b" } },
            ],
          },
        },
        folder.path,
        { args: ["--workers", workers] },
      );
      expect(exitCode).toBe(0);
      expect(summary?.workers).toHaveLength(Number(workers));
      const { planned } = summary?.messages ?? {};
      counts.push(JSON.stringify({ planned, opens: summary?.connections.planned }));
    }
    expect(counts[0]).toBe(counts[1]);
  });
});
