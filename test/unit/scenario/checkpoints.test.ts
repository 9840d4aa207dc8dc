/**
 * Goal: what a checkpoint cannot have done, or cannot read, is refused before the run, and not in it. Method: scenarios with one checkpoint
 * each, and what parsing them says.
 */
import { describe, expect, it } from "vitest";
import { ExpressionError } from "../../../shared/scenario/expression/expression-error.ts";
import { compileMeasured } from "../../../shared/scenario/expression/measured-expression.ts";
import { parseScenario } from "../../../shared/scenario/parse.ts";

const FAULTS = [
  { at: "on-request", for: "5s", kind: "blackhole", who: "5%", name: "dark" },
  { at: "steady+60s", kind: "kill-worker", who: 1, name: "gone" },
  { at: "steady+60s", kind: "call", url: "http://127.0.0.1:1/", name: "reset" },
];

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
    { kind: "kill-worker", who: 1 },
    { kind: "pause-worker", who: 1, for: "2s", every: "10s", times: 2, name: "still" },
    { begin: "gone" },
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
    [
      { kind: "pause-worker", who: 1, for: "5s", every: "2s", times: 2 },
      "every: it would begin again before it has ended",
    ],
    [{ kind: "kill-worker", who: 1, times: 3 }, "times: times has no meaning without every"],
    [{ kind: "disconnect", who: "20%", name: "gone" }, 'name: the run has a fault "gone"'],
    [{ begin: "dark", name: "reset" }, 'name: the run has a fault "reset"'],
    [{ begin: "reset" }, 'begin: the scenario has no fault "reset"'],
    [{ kind: "call", url: "http://127.0.0.1:1/" }, "kind"],
  ])("is refused: %j", (fault, issue) => {
    expect(String(issuesOfFault(fault))).toContain(issue);
  });

  it("has a name that no other one has, also of another checkpoint", () => {
    const fault = { begin: "dark", name: "again" };
    const twice = 'fault.name: the run has a fault "again"';
    const other = { kind: "disconnect", who: "20%", name: "again" };
    const one = issuesOf({ checkpoints: [{ at: "steady", do: [{ fault }, { fault: other }] }] });
    expect(one).toEqual([`checkpoints[0].do[1].${twice}`]);
    const both = [fault, other].map((given) => ({ at: "steady", do: [{ fault: given }] }));
    expect(issuesOf({ checkpoints: both })).toEqual([`checkpoints[1].do[0].${twice}`]);
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
