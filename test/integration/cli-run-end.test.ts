/**
 * Goal: how a run begins and ends on a terminal: it waits for its target when asked to, says once why it did not start, and
 * names what it wrote. Method: the built command against the built target, which is there, comes late, or does not come.
 */
import type { ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { freePort } from "../support/ports.ts";
import { onrush, type Result, scratch, startTarget } from "../support/programs.ts";

const SHORT = ["-c", "3", "-d", "1s", "--over", "100ms"];

describe("a run whose target is not there", () => {
  it("says so once, and shows no result of a run that did not start", async () => {
    using folder = scratch();
    const url = `ws://127.0.0.1:${await freePort()}/`;
    const run = await onrush(["run", url, ...SHORT, "--run-dir", join(folder.path, "run")]);
    expect(run.exitCode).toBe(98);
    expect(run.stdout).toBe("");
    expect(run.stderr.match(/nothing accepts connections/g)).toHaveLength(1);
    expect(run.stderr).toContain("the run did not start");
    expect(run.stderr).not.toMatch(/slices|INVALID|thresholds/);
    const json = await onrush([
      "run",
      url,
      ...SHORT,
      "--json",
      "--run-dir",
      join(folder.path, "b"),
    ]);
    expect(json.summary).toMatchObject({ exitCode: 98, startedAt: null });
  });

  it("is waited for with --wait-for-target, and the run starts when it is there", async () => {
    using folder = scratch();
    const port = await freePort();
    const args = ["run", `ws://127.0.0.1:${port}/`, ...SHORT, "--wait-for-target", "60s"];
    let run = Promise.resolve<Result | null>(null);
    await new Promise<void>((waits) => {
      const onStart = (child: ChildProcess) =>
        child.stderr?.on("data", (chunk: Buffer) => {
          if (chunk.toString().includes("waiting up to")) waits();
        });
      const ended = onrush([...args, "--run-dir", join(folder.path, "run"), "--json"], { onStart });
      run = ended.finally(waits);
    });
    await using target = await startTarget({}, ["--port", String(port)]);
    const { exitCode, stderr, summary } = (await run) as Result;
    expect([0, 97], stderr).toContain(exitCode);
    expect(stderr).toMatch(/waiting up to 1 min 0 s for 127\.0\.0\.1:\d+: tcp-refused/);
    expect(stderr).toMatch(/the target accepts connections after \d/);
    expect(summary?.connections.established).toBe(3);
    // One of them was the probe's.
    expect((await target.stats()).accepted).toBe(4);
  });

  it.each([
    ["nothing listens", null, /tcp-refused/],
    ["it refuses the handshake", { upgrade: { refuse: [{ status: 503, share: 1 }] } }, /503/],
  ] as const)("is given up, before anything starts, when %s", async (_, behaviour, why) => {
    using folder = scratch();
    const target = behaviour === null ? null : await startTarget(behaviour);
    const url = target?.url ?? `ws://127.0.0.1:${await freePort()}/`;
    const directory = join(folder.path, "run");
    const args = ["run", url, ...SHORT, "--wait-for-target", "700ms", "--run-dir", directory];
    const { exitCode, stderr } = await onrush(args);
    await target?.[Symbol.asyncDispose]();
    expect(exitCode, stderr).toBe(98);
    expect(stderr).toContain("the target accepted no connection within 0.7 s");
    expect(stderr).toMatch(why);
    expect(existsSync(directory)).toBe(false);
  });
});

describe("the end of a run", () => {
  it("names the report and every file that was asked for", async () => {
    await using target = await startTarget();
    using folder = scratch();
    const directory = join(folder.path, "run");
    const csv = join(folder.path, "all.csv");
    const { stdout } = await onrush([
      ...["run", target.url, ...SHORT, "--run-dir", directory, "--out", `md,junit,csv=${csv}`],
    ]);
    expect(stdout).toContain(`  report        ${join(directory, "report.html")}\n`);
    const written = [
      join(directory, "summary.json"),
      join(directory, "report.md"),
      join(directory, "junit.xml"),
      csv,
    ];
    expect(stdout).toContain(`  written       ${written.join(", ")}\n`);
    for (const path of written) expect(existsSync(path), path).toBe(true);
    const again = await onrush(["report", directory, "--out", "md"]);
    expect(again.stdout).toContain(`  report        ${join(directory, "report.html")}\n`);
  });
});
