/**
 * Goal: an annotation names the line on which the broken rule stands, and no line where it does not stand in the file.
 * Method: the action's own module in a process of its own, as the action runs it.
 */
import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";

const MODULE = new URL("../../deploy/github-action/rule-line.mjs", import.meta.url).href;
const PROGRAM = `
import { lineOfRule } from ${JSON.stringify(MODULE)};
const asked = JSON.parse(process.argv[1]);
console.log(JSON.stringify(asked.map(([text, metric, rule]) => lineOfRule(text, { metric, rule }) ?? null)));`;

const SCENARIO = `version: 1
name: p99 < 200ms
thresholds:
  latency: ["p50 < 50ms"]
  "latency{phase=steady}":
    - p95 < 100ms
    - { rule: "p99 < 200ms", abort: true }
  connect: ["failed == 0"]
  connections: ["failed == 0"]
`;

const CASES: [text: string, metric: string, rule: string, line: number | null][] = [
  [SCENARIO, "latency", "p50 < 50ms", 4],
  [SCENARIO, "latency{phase=steady}", "p95 < 100ms", 6],
  [SCENARIO, "latency{phase=steady}", "p99 < 200ms", 7],
  [SCENARIO, "connect", "failed == 0", 8],
  [SCENARIO, "connections", "failed == 0", 9],
  [SCENARIO.replaceAll("\n", "\r\n"), "connections", "failed == 0", 9],
  [SCENARIO, "messages", "matched > 0 (every run)", null],
  [SCENARIO, "latency", "p50 < 1s", null],
  [JSON.stringify({ thresholds: { connect: ["failed == 0"] } }), "connect", "failed == 0", 1],
  ["", "connect", "failed == 0", null],
];

it("finds a rule where it stands", () => {
  const args = ["--input-type=module", "-e", PROGRAM, JSON.stringify(CASES)];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  expect(stderr).toBe("");
  expect(JSON.parse(stdout)).toEqual(CASES.map(([, , , line]) => line));
});
