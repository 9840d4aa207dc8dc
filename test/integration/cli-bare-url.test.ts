/**
 * Goal: `onrush run ws://…` loads a target without a file, and what it did can be run again. Method: the built
 * command against the built target, which counts what it saw.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { onrush, scratch, startTarget } from "../support/programs.ts";

describe("a bare URL", () => {
  it("runs, and keeps a scenario that does the same again", async () => {
    await using target = await startTarget();
    using folder = scratch();
    const runDirectory = join(folder.path, "run");
    const load = ["-c", "30", "-d", "1s", "--rate", "5/s", "--size", "200", "--over", "500ms"];
    const result = await onrush([
      "run",
      target.url,
      ...load,
      "--json",
      "--seed",
      "3",
      "--run-dir",
      runDirectory,
    ]);
    expect(result.exitCode).toBe(0);
    const counts = await target.stats();
    expect(counts.accepted).toBe(30);
    expect(result.summary?.connections.established).toBe(30);
    expect(result.summary?.messages.sent).toBe(counts.messagesIn);
    expect(counts.bytesIn).toBe(counts.messagesIn * 200);

    const kept = join(runDirectory, "scenario.yaml");
    const printed = await onrush(["run", target.url, ...load, "--print-scenario"]);
    expect(printed.stdout).toBe(readFileSync(kept, "utf8"));
    const again = join(folder.path, "again");
    const second = await onrush(["run", kept, "--json", "--seed", "3", "--run-dir", again]);
    expect(second.exitCode).toBe(0);
    expect(second.summary?.messages.planned).toBe(result.summary?.messages.planned);
    expect(second.summary?.connections.planned).toBe(30);
  });

  it("--dry-run shows the plan of what it stands for", async () => {
    const result = await onrush(["run", "ws://127.0.0.1:1/", "-c", "4000", "--dry-run"]);
    expect(result.exitCode).toBe(0);
    expect(result.stdout).toContain("4,000 connections open at once");
  });

  it.each([
    [["examples/first.yaml", "-c", "5"], 2, "--connections goes with a URL"],
    [["ws://127.0.0.1:1/", "--rate", "5"], 2, "did you mean 5/s?"],
    [["ws://127.0.0.1:1/", "-d", "soon"], 2, "not a duration"],
    [["ws://127.0.0.1:1/", "--ramp", "burst", "--over", "1s"], 2, "--over"],
    [["ws://"], 104, "command-line.yaml:4:"],
    [["ws://chat.example/"], 98, "--allow-target chat.example"],
  ])("%j ends with %d", async (args, exitCode, expected) => {
    const result = await onrush(["run", ...args]);
    expect(result.stderr).toContain(expected);
    expect(result.exitCode).toBe(exitCode);
  });
});
