/**
 * Goal: what a checkpoint cannot have done, or cannot read, is refused before the run, and not in it. Method: scenarios with one checkpoint
 * each, and what parsing them says.
 */
import { describe, expect, it } from "vitest";
import { ExpressionError } from "../../../shared/scenario/expression/expression-error.ts";
import { compileMeasured } from "../../../shared/scenario/expression/measured-expression.ts";
import { parseScenario } from "../../../shared/scenario/parse.ts";

const FAULTS = [{ at: "on-request", for: "5s", kind: "blackhole", who: "5%", name: "dark" }];

function issuesOf(parts: object): string[] {
  const text = JSON.stringify({
    ...{ version: 1, target: "ws://127.0.0.1:1/", faults: FAULTS },
    load: [{ phase: "steady", ramp: "burst", to: 4, hold: "90s" }],
    ...parts,
  });
  const context = { fileName: "example.json", env: {}, readFile: () => Buffer.alloc(0) };
  const read = parseScenario(text, context);
  return read.ok ? [] : read.issues.map(({ path, what }) => `${path}: ${what}`);
}

function issuesOfFault(fault: object): string[] {
  return issuesOf({ checkpoints: [{ at: "steady+5s", do: [{ fault }] }] });
}

describe("a fault of a checkpoint", () => {
  it.each([
    { begin: "dark" },
    { begin: "dark", name: "again" },
    { kind: "disconnect", who: "20%" },
    { kind: "disconnect", who: "20%", how: "silence" },
    { kind: "stop-reading", who: "20%", for: "5s", every: "10s", times: 2 },
  ])("is taken: %j", (fault) => {
    expect(issuesOfFault(fault)).toEqual([]);
  });

  it.each([
    [{ begin: "drak" }, 'begin: the scenario has no fault "drak"'],
    [{ begin: "dark", name: "dark" }, 'name: the run has a fault "dark"'],
    [{ begin: "dark", who: "20%" }, 'who: unknown key "who"'],
    [{ kind: "disconnect", who: "20%", at: "steady" }, "at: it begins when"],
    [{ kind: "disconnect", who: "20%", name: "dark" }, 'name: the run has a fault "dark"'],
    [{ kind: "stop-reading", who: "20%" }, "fault: stop-reading needs for"],
    [{ kind: "disconnect", who: { role: "nobody" } }, 'role: unknown role "nobody"'],
    [{ kind: "disconnect", who: { target: "eu" } }, 'target: unknown target "eu"'],
    [{ kind: "disconnect", who: "20%", times: 3 }, "times: times has no meaning without every"],
    [
      { kind: "stop-reading", who: "20%", for: "5s", every: "2s", times: 2 },
      "every: it would begin again before it has ended",
    ],
  ])("is refused: %j", (fault, issue) => {
    expect(String(issuesOfFault(fault))).toContain(issue);
  });
});

describe("percentiles of a condition", () => {
  it.each([
    ["p50", "p50"],
    ["p999", "p99.9"],
    ["p9999", "p99.99"],
  ])("%s is %s", (key, statistic) => {
    expect(compileMeasured(`latency.${key} > 1.0`).reads).toMatchObject([{ key, statistic }]);
  });

  it.each(["p0", "p100", "p1000"])("%s is none", (key) => {
    expect(() => compileMeasured(`latency.${key} > 1.0`)).toThrow(ExpressionError);
  });
});
