/**
 * Goal: the demo of the README does what it says. Method: it is run as `npm run demo` runs it, after the build:
 * 10,000 connections, and the report held against the target's own count. How fast the machine is, is not judged.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { fencesOf } from "../docs/fences.ts";
import { missingLines } from "../docs/shown.ts";

it("runs 10,000 connections and agrees with the target", async () => {
  const root = fileURLToPath(new URL("../../", import.meta.url));
  const child = spawn(process.execPath, ["dist/coordinator/cli/demo.js"], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const [exitCode] = (await once(child, "close")) as [number];
  expect(stdout, stderr).toContain("(exit code ");
  expect(stdout).toContain(`exit code ${exitCode})`);
  expect(stdout).toContain("10,000 planned, 10,000 established, 0 failed");
  expect(stdout).toMatch(/connections established \/ accepted +10,000 +10,000 +✓/);
  expect(stdout).not.toContain("differs");
  expect(stdout.match(/✓$/gm)?.length).toBe(7);
  // The README shows one that passed.
  const shown = fencesOf("README.md").find(({ lines }) => lines[0]?.startsWith("✓ PASSED"));
  expect(shown).toBeDefined();
  if (exitCode !== 0) return;
  const skips = / +messages .*planned.*/;
  const missing = missingLines(shown?.lines ?? [], stdout);
  // Whether a message was skipped, or a reply was late, is the machine's.
  const judged = missing.filter(
    (line) => !skips.test(line) && !/^ +(validity|failures) /.test(line),
  );
  expect(judged).toEqual([]);
});
