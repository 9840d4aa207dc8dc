/**
 * Goal: of two causes that one run cannot tell apart, `onrush run --auto-probe` names the one that is there, keeps both runs, and changes nothing
 * where there is nothing to tell. Method: for each pair two real targets with one of them each, the same scenario against both; what one run
 * says of them, and what it says after the probe run.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Summary } from "../../coordinator/report/summary-schema.ts";
import { runPath } from "../../coordinator/store/run-directory.ts";
import { firstCause, probedIn } from "../support/probed.ts";
import { onrush, runScenario, scratch, startTarget } from "../support/programs.ts";

interface Pair {
  readonly probe: string;
  readonly scenario: object;
  /** What each target does, and the cause of that. */
  readonly sides: readonly (readonly [cause: string, behaviour: object])[];
}

const held = (to: number, hold: string, over = "1s") => [
  { phase: "rise", ramp: "linear", to, over },
  { phase: "held", hold },
];
const echo = (rate: string) => ({
  rate,
  mix: [{ name: "say", send: { binary: { size: 32 } }, reply: { match: "echo", within: "10s" } }],
});

const PAIRS: readonly Pair[] = [
  {
    probe: "pings",
    scenario: { load: held(40, "11s"), messages: echo("10/s") },
    sides: [
      ["event-loop-pauses", { pause: { everyMs: 2000, forMs: 600, mode: "block" } }],
      ["periodic-stall", { pause: { everyMs: 2000, forMs: 600, mode: "replies" } }],
    ],
  },
  {
    probe: "busier",
    scenario: { load: held(40, "9s", "4s"), messages: echo("0.02/s") },
    sides: [
      ["idle-timeout", { close: [{ idleMs: 4000, code: 4000 }] }],
      ["maximum-lifetime", { close: [{ afterMs: 4000, code: 4000 }] }],
    ],
  },
  {
    probe: "half-rate",
    scenario: { load: held(40, "9s", "4s"), messages: echo("5/s") },
    sides: [
      ["message-quota", { close: [{ afterMessages: 20, code: 4000 }] }],
      ["maximum-lifetime", { close: [{ afterMs: 4000, code: 4000 }] }],
    ],
  },
  {
    probe: "slower-ramp",
    scenario: {
      load: [{ phase: "burst", ramp: "burst", to: 120, hold: "6s" }],
      messages: echo("1/s"),
    },
    sides: [
      ["connection-cap", { cap: { connections: 40, status: 429 } }],
      ["handshake-rate-limit", { upgrade: { refuse: [{ status: 429, abovePerSec: 40 }] } }],
    ],
  },
];

function summaryIn(directory: string): Summary {
  return JSON.parse(readFileSync(runPath.summary(directory), "utf8")) as Summary;
}

describe.concurrent.each(PAIRS)("a probe run with $probe", ({ probe, scenario, sides }) => {
  const causes = sides.map(([cause]) => cause);

  it.each(sides)("names %s", async (cause, behaviour) => {
    using folder = scratch();
    await using target = await startTarget(behaviour);
    const given = { target: target.url, ...scenario };
    const run = await runScenario(given, folder.path, { args: ["--auto-probe"] });
    const { summary, runDirectory, stderr } = run;
    if (summary === null) throw new Error(stderr);
    const [told, ...more] = await probedIn(runDirectory);
    expect(told, stderr).toMatchObject({ probe, run: `run-${probe}`, named: cause });
    expect(more).toEqual([]);
    // By one run alone it was one of the two.
    expect(causes).toContain(told?.type === "probed" && told.cause);

    const first = firstCause(summary);
    expect(first?.id).toBe(cause);
    expect(first?.probe).toBeUndefined();
    expect(first?.evidence.join()).toContain(`run-${probe}`);
    expect(run.exitCode).toBe(summary.exitCode);
    expect(summaryIn(runDirectory)).toEqual(summary);

    const second = join(folder.path, `run-${probe}`);
    expect(readFileSync(runPath.scenario(second), "utf8")).toMatch(/^# A probe run for run, with /);
    expect(summaryIn(second).connections.peak).toBeLessThanOrEqual(summary.connections.planned);
    // Both are runs as any other: their results are made again from their journals.
    const again = await onrush(["report", runDirectory, "--json"]);
    expect(again.summary).toEqual(summary);
  });
});

it("without a cause there is nothing to tell, and no second run", async () => {
  using folder = scratch();
  await using target = await startTarget();
  const scenario = { target: target.url, load: held(5, "2s"), messages: echo("2/s") };
  const { summary, stderr } = await runScenario(scenario, folder.path, { args: ["--auto-probe"] });
  expect(summary && firstCause(summary)).toBeUndefined();
  expect(stderr).toContain("no probe run: ");
  expect(readdirSync(folder.path).toSorted()).toEqual(["run", "scenario.json"]);
});
