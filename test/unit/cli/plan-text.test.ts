/** Goal: the plan shows the true curve and what it takes. Method: a scenario with known figures. */
import { describe, expect, it } from "vitest";
import { areaChart } from "../../../coordinator/cli/terminal/curve.ts";
import { machineText, outlineText } from "../../../coordinator/cli/terminal/plan-text.ts";
import { type LocalPlan, planLocally } from "../../../coordinator/launch/plan/local-plan.ts";
import { parseScenario } from "../../../shared/scenario/parse.ts";
import type { StrictScenario } from "../../../shared/scenario/strict.ts";

const SOURCE = `
version: 1
name: shape
target: ws://127.0.0.1:9001
load:
  - { phase: warmup, ramp: linear, to: 1000, over: 10s, exclude: true }
  - { phase: steady, hold: 10s, messages: 0.5 }
  - { phase: quiet, hold: 5s, messages: 0 }
messages: { rate: 2/s, mix: [{ name: a, send: { binary: { size: 64 } } }] }
`;

function scenario(source = SOURCE): StrictScenario {
  const parsed = parseScenario(source, {
    fileName: "shape.yaml",
    env: {},
    readFile: () => Buffer.alloc(0),
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  return parsed.scenario;
}

const plan = (strict: StrictScenario): LocalPlan =>
  planLocally({ run: "r", scenario: strict, allowTargets: [], workers: "auto" });

describe("outlineText and machineText", () => {
  const text = outlineText(scenario(), plan(scenario())) + machineText(plan(scenario()));

  it("shows each phase with its stretch, connections and rate", () => {
    expect(text).toMatch(/warmup\s+linear\s+0 s\s+10 s\s+0\s+1,000\s+2\/s each\s+excluded/);
    expect(text).toMatch(/steady\s+hold\s+10 s\s+20 s\s+1,000\s+1,000\s+1\/s each/);
    expect(text).toMatch(/quiet\s+hold\s+20 s\s+25 s\s+1,000\s+1,000\s+none/);
  });

  it("shows what it takes", () => {
    expect(text).toMatch(/peak\s+1,000 connections open at once/);
    expect(text).toMatch(/shards\s+8/);
    expect(text).toMatch(/workers\s+1 process with \d+ engine/);
    expect(text).toMatch(/open files\s+1,200 per worker, the limit is/);
    expect(text).toMatch(/source addresses\s+1 is enough/);
    expect(text).toMatch(/local ports\s+1,000 of [\d,]+ \(\d+ to \d+\) at each source address/);
    expect(text).toMatch(/memory\s+about .* \(estimate: /);
    expect(text).toMatch(/on a cluster\s+1 worker with this limit/);
  });

  it("counts messages by connections and factors", () => {
    // 1,000 open for 10 s at 1/s, and a ramp of half of that for 10 s at 2/s.
    const [, sum = "", most] =
      /messages\s+about ([\d,]+) in all, ([\d,]+)\/s at most/.exec(text) ?? [];
    expect(sum).toBe("20,000");
    expect(most).toBe("1,900");
  });

  it("hides nothing in the target's name", () => {
    const strict = {
      ...scenario(),
      targets: [{ url: "ws://127.0.0.1/\u202e", weight: 1, label: "" }],
    };
    expect(outlineText(strict, plan(scenario()))).not.toContain("\u202e");
  });
});

describe("planLocally", () => {
  it("counts source addresses for the busiest target", () => {
    const big = scenario(SOURCE.replace("to: 1000", "to: 100000"));
    const one = planLocally({ run: "r", scenario: big, allowTargets: [], workers: "auto" });
    expect(one.sourceAddresses).toBeGreaterThan(1);
    expect(one.loopback).toBe(true);
    const elsewhere = (ports: number[]) => ({
      ...big,
      targets: ports.map((port) => ({ url: `ws://load.test:${port}/`, weight: 1, label: "" })),
    });
    const spread = plan(elsewhere([1, 2, 3, 4])).sourceAddresses;
    expect(spread).toBeLessThan(plan(elsewhere([1])).sourceAddresses);
  });
});

describe("areaChart", () => {
  it("reaches the top, and shows a little as a little", () => {
    expect(areaChart([0, 1, 50, 100], 2)).toEqual(["   █", " ▁██"]);
  });

  it("is empty when there is nothing", () => {
    expect(areaChart([0, 0], 2)).toEqual(["", ""]);
  });
});
