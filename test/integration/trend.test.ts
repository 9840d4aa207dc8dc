/**
 * Goal: `onrush trend` finds the first of many runs that is slower, gates a pipeline by it and refuses what is no run. Method: the built
 * command on summaries of one small run, night after night.
 */
import { afterAll, describe, expect, it } from "vitest";
import type { Trend } from "../../coordinator/analysis/trend/outcome.ts";
import { nightlySummaries } from "../support/nightly-summaries.ts";
import { onrush, scratch } from "../support/programs.ts";

const folder = scratch();
afterAll(() => folder[Symbol.dispose]());
const nights = nightlySummaries(folder.path, { runs: 14, slowerFrom: 9 });

describe("trend", () => {
  it("names the run since which it is slower, and fails where that is asked for", async () => {
    const told = await onrush(["trend", ...nights]);
    expect(told.exitCode, told.stderr).toBe(0);
    expect(told.stdout).toContain("first in run nightly-09");
    const gated = await onrush(["trend", ...nights, "--fail-on", "regressed", "--json"]);
    expect(gated.exitCode).toBe(99);
    const trend = JSON.parse(gated.stdout) as Trend;
    expect(trend).toMatchObject({ schema: 1, verdict: "REGRESSED", failed: true });
    expect(trend.groups[0]?.runs).toHaveLength(14);
  });

  it("follows the measures that are asked for, and passes where they are steady", async () => {
    const args = ["--measure", "connect.failed", "--despite", "validity", "--fail-on", "regressed"];
    const { stdout, exitCode } = await onrush(["trend", ...nights, ...args, "--markdown"]);
    expect(exitCode).toBe(0);
    expect(stdout).toContain("| connect.failed |");
    expect(stdout).not.toContain("latency.p99");
  });

  it.each([
    [["--measure", "p12"], 2, 'no run has a measure "p12"'],
    [["--despite", "plan"], 2, '"plan" is not one of'],
    [["/nowhere"], 98, "there is no run in /nowhere"],
  ])("%j: exit %i", async (args, code, message) => {
    const { stderr, exitCode } = await onrush(["trend", ...nights, ...args]);
    expect(exitCode).toBe(code);
    expect(stderr).toContain(message);
  });
});
