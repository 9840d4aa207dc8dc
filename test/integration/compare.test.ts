/**
 * Goal: `onrush compare` and `onrush run --baseline` on real runs: what differs is found, what must not be compared is
 * refused with its reason, and exit codes gate a pipeline. Method: the built command against the built target, whose
 * replies are made slower between the runs.
 */
import { cpSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type {
  CompareOutcome,
  Comparison,
  RefusedComparison,
} from "../../coordinator/analysis/compare/comparison.ts";
import { onrush, type Result, scratch, startTarget, type Target } from "../support/programs.ts";

const SIDE = 3;

const scenario = (target: string) => ({
  version: 1,
  name: "compare",
  target,
  load: [
    { phase: "warmup", ramp: "linear", to: 20, over: "500ms", exclude: true },
    { phase: "steady", hold: "5s" },
  ],
  messages: {
    total: "100/s",
    mix: [{ name: "a", send: { binary: { size: 64 } }, reply: { match: "echo", within: "2s" } }],
  },
});

const folder = scratch();
const file = join(folder.path, "scenario.json");
const at = (name: string) => join(folder.path, name);
let target: Target;

async function run(directory: string, ...args: string[]): Promise<Result> {
  return onrush(["run", file, "--run-dir", at(directory), "--json", "--quiet", ...args]);
}

async function dial(delayMs: number): Promise<void> {
  const response = await fetch(
    `${target.url.replace(/^ws/, "http").replace(/\/$/, "")}/behaviour`,
    {
      method: "PUT",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ reply: { delay: delayMs } }),
    },
  );
  expect(response.status).toBe(200);
}

const outcomeOf = ({ stdout }: Result) => JSON.parse(stdout) as CompareOutcome;
const comparisonOf = (result: Result) => outcomeOf(result) as Comparison;
const verdictOf = (comparison: Comparison, measure: string) =>
  comparison.rows.find((row) => row.measure === measure)?.verdict;

beforeAll(async () => {
  target = await startTarget();
  writeFileSync(file, JSON.stringify(scenario(target.url)));
  for (let turn = 0; turn < SIDE; turn++) {
    for (const [side, delayMs] of [
      ["before", 20],
      ["after", 120],
    ] as const) {
      await dial(delayMs);
      const { exitCode, stderr } = await run(join(side, String(turn)));
      // A run on a busy machine may be invalid; the comparisons below let that through and nothing else.
      expect([0, 97], stderr).toContain(exitCode);
    }
  }
}, 240_000);

afterAll(async () => {
  await target[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

const compare = (...args: string[]) => onrush(["compare", ...args, "--despite", "validity"]);

describe("compare", () => {
  it("groups of runs: replies that take six times as long are a regression, and exit 99 where asked", async () => {
    const args = [at("before"), at("after"), "--fail-on", "latency.p50>20%,p95>20ms", "--json"];
    const result = await compare(...args);
    expect(result.exitCode).toBe(99);
    const comparison = comparisonOf(result);
    expect(comparison).toMatchObject({ schema: 1, verdict: "REGRESSED", failed: true });
    expect(comparison.method.unit).toBe("run");
    expect([comparison.a.length, comparison.b.length]).toEqual([SIDE, SIDE]);
    expect(verdictOf(comparison, "latency.p50")).toBe("REGRESSED");
    expect(comparison.rules.map(({ outcome }) => outcome)).toEqual(["failed", "failed"]);
    const p50 = comparison.rows.find(({ measure }) => measure === "latency.p50");
    expect(p50?.change).toBeGreaterThan(1);
    expect(p50?.low).toBeLessThan(p50?.change ?? 0);
    const curve = comparison.curves.find(({ metric }) => metric === "latency");
    expect(curve?.points.length).toBeGreaterThan(20);
  });

  it("the other way round it is an improvement, and nothing fails", async () => {
    const args = [at("after"), at("before"), "--fail-on", "latency.p50>20%", "--json"];
    const result = await compare(...args);
    expect(result.exitCode).toBe(0);
    expect(verdictOf(comparisonOf(result), "latency.p50")).toBe("IMPROVED");
  });

  it("runs given one by one are the same as a directory of them", async () => {
    const each = (side: string) => Array.from({ length: SIDE }, (_, turn) => at(`${side}/${turn}`));
    const one = await compare(
      "--baseline-runs",
      ...each("before"),
      "--candidate-runs",
      ...each("after"),
      "--json",
    );
    const [first, ...rest] = each("before");
    const two = await compare(first!, at("after"), "--baseline-runs", ...rest, "--json");
    const all = await compare(at("before"), at("after"), "--json");
    expect(one.stdout).toBe(all.stdout);
    expect(two.stdout).toBe(all.stdout);
  });

  it("one short run a side: figures, curves, and no verdict that it cannot have", async () => {
    const { stdout, exitCode } = await compare(at("before/0"), at("after/0"));
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^\? INCONCLUSIVE/);
    expect(stdout).toContain("too short for one run a side");
    expect(stdout).toContain("○ baseline   ● candidate");
  });

  it("an undecided rule passes, unless it may not", async () => {
    const args = [at("before/0"), at("after/0"), "--fail-on", "p50>5%"];
    expect((await compare(...args)).exitCode).toBe(0);
    expect((await compare(...args, "--fail-inconclusive")).exitCode).toBe(99);
  });

  it("markdown for a pull request", async () => {
    const { stdout } = await compare(at("before"), at("after"), "--markdown");
    expect(stdout).toMatch(/^## ❌ Regressed: `baseline 3 runs /);
    expect(stdout).toContain("| latency.p50 | ");
  });

  it("another load is refused with its reason: exit 97", async () => {
    await dial(20);
    await run("other", "--set", "load.1.hold=2s");
    const result = await compare(at("before/0"), at("other"), "--json");
    expect(result.exitCode).toBe(97);
    const refused = outcomeOf(result) as RefusedComparison;
    expect(refused.verdict).toBe("REFUSED");
    expect(refused.differences).toEqual([
      { kind: "scenario", what: "phases.1.durationUs", a: "5000000", b: "2000000" },
    ]);
    const through = await compare(at("before/0"), at("other"), "--despite", "scenario", "--json");
    expect(comparisonOf(through).despite).toContainEqual(refused.differences[0]);
  });

  it("what is no run is refused before anything else", async () => {
    const results = [
      [[at("before"), at("nothing")], 98, "there is no run in"],
      [[at("before/0"), at("before/0")], 2, "given twice"],
      [[at("before")], 2, "no run on the side of the candidate"],
      [[at("before"), at("after"), "--fail-on", "p99>5pp"], 2, "does not fit latency.p99"],
      [[at("before"), at("after"), "--despite", "everything"], 2, "not one of scenario, target"],
    ] as const;
    for (const [args, exitCode, said] of results) {
      const result = await compare(...args);
      expect(result.exitCode, said).toBe(exitCode);
      expect(result.stderr).toContain(said);
      expect(result.stdout).toBe("");
    }
  });
});

describe("run --baseline", () => {
  it("compares when the run is over, gates on it, and report says the same", async () => {
    await dial(120);
    const rules = ["--fail-on", "latency.p50>20%", "--despite", "validity"];
    const result = await run("gated", "--baseline", at("before"), ...rules);
    const { summary } = result;
    const comparison = summary?.baseline as unknown as Comparison;
    expect(comparison).toMatchObject({ schema: 1, failed: true });
    expect(comparison.a).toHaveLength(SIDE);
    expect(comparison.b).toMatchObject([{ run: summary?.run }]);
    expect(result.exitCode).toBe(summary?.validity.valid === false ? 97 : 99);

    const written = readFileSync(at("gated/summary.json"), "utf8");
    const report = await onrush(["report", at("gated"), "--summary", "full"]);
    expect(readFileSync(at("gated/summary.json"), "utf8")).toBe(written);
    expect(report.stdout).toMatch(/^Against the baseline\n {2}REGRESSED: /m);
    expect(report.stdout).toContain("Latency at every percentile, before and now");
    expect(report.stdout).toMatch(/✗ latency\.p50>20% {2}failed/);
  });

  it("a baseline of another scenario: nothing starts, exit 104", async () => {
    const args = [
      "--baseline",
      at("before"),
      "--despite",
      "validity",
      "--set",
      "messages.total=50/s",
    ];
    const result = await run("never", ...args);
    expect(result.exitCode).toBe(104);
    expect(result.stderr).toContain("ONRUSH_BASELINE_UNFIT");
    expect(result.stderr).toContain("messages.rate.perSec (baseline 100, this run 50)");
    expect(existsSync(at("never"))).toBe(false);
  });

  it("rules without a baseline are wrong usage", async () => {
    const result = await run("never", "--fail-on", "p99>5%");
    expect(result.exitCode).toBe(2);
    expect(result.stderr).toContain("give --baseline");
  });

  it("a comparison that became impossible fails the rules, and says why", async () => {
    cpSync(at("before/0"), at("vanishing"), { recursive: true });
    const gone = onrush(
      [
        "run",
        file,
        "--run-dir",
        at("alone"),
        "--json",
        "--quiet",
        "--fail-on",
        "p99>5%",
        "--despite",
        "validity",
        "--baseline",
        at("vanishing"),
      ],
      { onStart: () => undefined },
    );
    while (!existsSync(at("alone/journal")))
      await new Promise((resolve) => setTimeout(resolve, 20));
    const journal = at("vanishing/journal");
    writeFileSync(journal, readFileSync(journal).subarray(0, 4));
    const result = await gone;
    const comparison = result.summary?.baseline as unknown as RefusedComparison;
    expect(comparison).toMatchObject({ verdict: "REFUSED", failed: true });
    expect(comparison.differences[0]?.what).toBe("baseline");
    expect([97, 99]).toContain(result.exitCode);
    expect(result.summary?.verdict).not.toBe("pass");
  });
});
