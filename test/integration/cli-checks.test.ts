/**
 * Goal: checking a scenario has limits of time and memory, and one that exceeds them is invalid and nothing worse. Method:
 * the built command, with limits so low that an ordinary large scenario exceeds them.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { onrush, scratch } from "../support/programs.ts";

const HEAD = `version: 1
name: limits
target: ws://127.0.0.1:9/
load: [{ phase: a, ramp: burst, to: 5, hold: 3s }]
`;

/** A table of `rows` rows beside a scenario that names it. */
function withTable(folder: string, rows: number): string {
  writeFileSync(join(folder, "t.csv"), `id\n${"12345678\n".repeat(rows)}`);
  const file = join(folder, "s.yaml");
  writeFileSync(file, `${HEAD}data: { t: { csv: t.csv } }\n`);
  return file;
}

it("takes a scenario within its limits", async () => {
  using folder = scratch();
  const { exitCode } = await onrush(["validate", withTable(folder.path, 10)]);
  expect(exitCode).toBe(0);
});

it("says which limit a check has exceeded", async () => {
  using folder = scratch();
  const file = join(folder.path, "s.yaml");
  // Much to keep for its size: each number is an element of its own.
  const numbers = "1,".repeat(150_000);
  writeFileSync(file, `${HEAD}messages: { mix: [{ name: a, send: { json: [${numbers}1] } }] }\n`);
  const memory = await onrush(["validate", file], { env: { ONRUSH_CHECK_MEMORY_MB: "128" } });
  expect(memory.exitCode).toBe(104);
  expect(memory.stderr).toContain("checking the scenario took more than 128 MB of memory");
});

it("refuses limits that are none", async () => {
  using folder = scratch();
  const { exitCode, stderr } = await onrush(["validate", withTable(folder.path, 1)], {
    env: { ONRUSH_CHECK_SECONDS: "soon" },
  });
  expect(exitCode).toBe(2);
  expect(stderr).toContain("ONRUSH_CHECK_SECONDS is not a whole number from 1 to 3600");
});
