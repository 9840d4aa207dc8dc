/**
 * Goal: the benchmark of the analysis works from end to end: a healthy run and a fault on each server of its own, bundles that
 * say nothing of their labels, and the same scores when they are looked at again. Method: the built program.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { SERVERS } from "../faultbench/servers/registry.ts";
import { scratch } from "../support/programs.ts";
import { runToEnd } from "../support/run-to-end.ts";

const entry = fileURLToPath(new URL("../../dist/test/faultbench/main.js", import.meta.url));

const faultbench = (...args: readonly string[]) => runToEnd(entry, args);

it("makes runs, keeps them sealed, and scores them again without any load", async () => {
  using folder = scratch();
  const set = join(folder.path, "set");
  const hasPython = SERVERS.python.missing() === null;
  const made = await faultbench("--gate", "--busy", "--cases", "L6,L7", "--dir", set);
  expect(made.stderr).toContain(set);
  expect(made.exitCode).toBe(0);
  if (!hasPython) expect(made.stderr).toContain("SKIPPED");
  const runs = readdirSync(join(set, "runs"));
  expect(runs.length).toBe(hasPython ? 2 : 1);
  for (const run of runs) {
    expect(readdirSync(join(set, "runs", run)).toSorted()).toEqual([
      "journal.gz",
      "run.json.gz",
      "scenario.yaml.gz",
    ]);
    const scenario = gunzipSync(readFileSync(join(set, "runs", run, "scenario.yaml.gz")));
    expect(scenario.toString()).not.toMatch(/limit|1009|429|maxMessage/);
  }
  expect(made.stdout).toMatch(/L7 ws strong 1 .*message-size-limit \(droppedShare/);
  expect(made.stdout).toContain(" 0 faults not felt");
  expect(made.stdout).toMatch(/^ +ours +majority +close codes +robust z$/m);
  const again = await faultbench("--busy", "--rescore", set);
  expect(again.stdout).toBe(made.stdout);
});

it.each([
  ["--cases", "S1,X", "there is no case X"],
  ["--servers", "wss", "there is no server wss"],
  ["--strengths", "strong,huge", "there is no strength huge"],
  ["--seeds", "many", "--seeds is a number"],
])("refuses %s %s", async (option, value, reason) => {
  const { exitCode, stderr } = await faultbench("--gate", option, value);
  expect(exitCode).toBe(1);
  expect(stderr).toContain(reason);
});
