import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { buildPopulation } from "../../shared/load/arrivals.ts";
import { parseScenario } from "../../shared/scenario/parse.ts";
import { endedWell, onrush, runScenario, scratch, startTarget } from "../support/programs.ts";

/** Does what happens at the target follow the plan? Its accept times are the judge. */

const RAMPS = fileURLToPath(new URL("../../examples/ramps.yaml", import.meta.url));
const BIN_MS = 100;
/** Clocks are read in milliseconds, and those of two processes. */
const CLOCK_MS = 2;
/** Handshakes a second that this machine makes at the least, for itself and for the target. */
const HANDSHAKES = 1500;

/** Opens the plan wants by each moment, from the same pure functions every worker uses. */
function plannedOpens(url: string): { readonly timesUs: number[]; readonly peak: number } {
  const parsed = parseScenario(readFileSync(RAMPS, "utf8"), {
    fileName: "ramps.yaml",
    env: { ONRUSH_TARGET: url },
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

/** When each is done, one after another at HANDSHAKES a second. Milliseconds, rising. */
function servedAt(dueMs: readonly number[]): number[] {
  let doneMs = 0;
  return dueMs.map((ms) => {
    doneMs = Math.max(doneMs, ms) + 1000 / HANDSHAKES;
    return doneMs;
  });
}

describe("every way to change load", () => {
  it("opens connections when the plan says so, as the target's accept times tell", async () => {
    await using target = await startTarget();
    using folder = scratch();
    const runDirectory = join(folder.path, "run");
    const result = await onrush(["run", RAMPS, "--json", "--run-dir", runDirectory], {
      env: { ONRUSH_TARGET: target.url },
    });
    const { exitCode, summary } = result;
    // A machine that others use may take the processor: then the generator says so itself, and late is what it may be.
    expect(endedWell(result), result.stderr).toBe(true);
    expect(summary?.validity.ledger).toEqual({ balanced: true, differences: {} });
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
    expect(acceptTimes.binMs).toBe(BIN_MS);
    const doneMs = servedAt(planned.timesUs.map((us) => us / 1000));
    let accepted = 0;
    const outside: string[] = [];
    acceptTimes.counts.forEach((count, bin) => {
      accepted += count;
      const endMs = acceptTimes.firstWallMs + (bin + 1) * BIN_MS - startedMs;
      const by = (ms: number) => planned.timesUs.filter((us) => us / 1000 <= ms).length;
      // Nothing comes before its time, and what is due has come one bin later, but for what a burst of hundreds takes.
      const most = by(endMs + CLOCK_MS);
      const least = doneMs.filter((ms) => ms <= endMs - CLOCK_MS - BIN_MS).length;
      if (accepted > most || (accepted < least && exitCode === 0)) {
        outside.push(`${endMs} ms: ${accepted} accepted, planned ${least}..${most}`);
      }
    });
    expect(outside).toEqual([]);
  });

  it("does the same with one worker and with three", async () => {
    const counts: (string | undefined)[] = [];
    for (const workers of ["1", "3"]) {
      await using target = await startTarget();
      using folder = scratch();
      const result = await runScenario(
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
      expect(endedWell(result), result.stderr).toBe(true);
      const { summary } = result;
      expect(summary?.validity.ledger).toEqual({ balanced: true, differences: {} });
      expect(summary?.workers).toHaveLength(Number(workers));
      const { planned } = summary?.messages ?? {};
      counts.push(JSON.stringify({ planned, opens: summary?.connections.planned }));
    }
    expect(counts[0]).toBe(counts[1]);
  });
});
