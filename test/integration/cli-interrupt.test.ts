/**
 * Goal: a run can be ended at any time, says how it ended, and leaves nothing behind. Method: signals to the
 * built command while it runs against the built target.
 */
import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { inTurn } from "../support/all.ts";
import { marked, markOf, until } from "../support/process-tree.ts";
import { onrush, runScenario, scratch, startTarget } from "../support/programs.ts";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Replies take longer than any test waits, so that a drain has something to wait for. */
const STALLED = { reply: { delay: 25_000 } };

const long = (target: string) => ({
  target,
  load: [
    { phase: "ramp", ramp: "linear", to: 50, over: "500ms" },
    { phase: "steady", hold: "60s" },
  ],
  messages: {
    rate: "2/s",
    mix: [{ name: "a", send: { binary: { size: 64 } }, reply: { match: "echo", within: "30s" } }],
  },
});

/** Calls back each time a line of progress matches. */
function onProgress(child: ChildProcess, pattern: RegExp, callback: () => void): void {
  let seen = false;
  child.stderr?.on("data", (chunk: Buffer) => {
    if (seen || !pattern.test(chunk.toString())) return;
    seen = true;
    callback();
  });
}

const main = fileURLToPath(new URL("../../dist/coordinator/cli/main.js", import.meta.url));
const logModule = new URL("../../dist/shared/log.js", import.meta.url).href;

const inTime = (ms: number, callback: () => void) => void setTimeout(callback, ms);

describe("ending a run", () => {
  it.each(SIGNALS)("%s once: drains, writes everything, exit 105", async (signal) => {
    await using target = await startTarget();
    using folder = scratch();
    const result = await runScenario(long(target.url), folder.path, {
      onStart: (child) =>
        onProgress(child, /running/, () => inTime(2500, () => child.kill(signal))),
    });
    expect(result.exitCode).toBe(105);
    expect(result.stderr).toContain("stopping: no new load");
    expect(result.summary?.verdict).toBe("interrupted");
    expect(result.summary?.connections).toMatchObject({ established: 50, openAtEnd: 0 });
    expect(result.summary?.validity.ledger.balanced).toBe(true);
    for (const file of ["summary.json", "timeline.csv", "run.json"]) {
      expect(existsSync(join(result.runDirectory, file)), file).toBe(true);
    }
    const stats = await target.stats();
    expect(stats.accepted).toBe(50);
    expect(stats.messagesIn).toBe(result.summary?.messages.sent);
    const report = await onrush(["report", result.runDirectory, "--json"]);
    expect(report.exitCode).toBe(105);
    expect(report.stdout).toBe(result.stdout);
  });

  // Which signal it is, the one before and test/unit/cli/interrupt.test.ts try.
  it.each(inTurn(SIGNALS, 0))(
    "%s twice: cuts at once, writes what there is, exit 130",
    async (signal) => {
      await using target = await startTarget(STALLED);
      using folder = scratch();
      const result = await runScenario(long(target.url), folder.path, {
        onStart: (child) =>
          onProgress(child, /running/, () => {
            inTime(2500, () => child.kill(signal));
            inTime(4500, () => child.kill(signal));
          }),
      });
      expect(result.exitCode).toBe(130);
      expect(result.stderr).toContain("aborting");
      expect(result.summary?.exitCode).toBe(130);
      expect(result.summary?.connections.openAtEnd).toBe(0);
      expect(result.summary?.messages.sent).toBeGreaterThan(0);
    },
  );

  it("two SIGINT at once, as a terminal and npm send them, count as one", async () => {
    await using target = await startTarget();
    using folder = scratch();
    const result = await runScenario(long(target.url), folder.path, {
      onStart: (child) =>
        onProgress(child, /running/, () =>
          inTime(1500, () => {
            child.kill("SIGINT");
            inTime(20, () => child.kill("SIGINT"));
          }),
        ),
    });
    expect(result.exitCode).toBe(105);
    expect(result.stderr).not.toContain("aborting");
  });

  it("SIGINT before the start: nothing was loaded, exit 105", async () => {
    await using target = await startTarget();
    using folder = scratch();
    const result = await runScenario(long(target.url), folder.path, {
      onStart: (child) => onProgress(child, /^run /, () => child.kill("SIGINT")),
    });
    expect(result.exitCode).toBe(105);
    expect((await target.stats()).accepted).toBe(0);
  });
});

describe.runIf(process.platform === "linux")("a coordinator that is killed", () => {
  it("takes its workers along, and its directory can still be reported on", async () => {
    await using target = await startTarget();
    using folder = scratch();
    let workers = 0;
    const result = await runScenario(long(target.url), folder.path, {
      env: markOf(folder.path),
      onStart: (child) =>
        onProgress(child, /running/, () =>
          inTime(3500, () => {
            workers = marked(folder.path).filter(({ pid }) => pid !== child.pid).length;
            child.kill("SIGKILL");
          }),
        ),
    });
    expect(result.exitCode).toBe(null);
    expect(workers).toBeGreaterThan(0);
    expect(await until(() => marked(folder.path).length === 0, 10_000)).toBe(true);

    const report = await onrush(["report", result.runDirectory, "--json"]);
    expect(report.stderr).toContain("The run is incomplete");
    expect(report.exitCode).toBe(130);
    expect(report.summary?.verdict).toBe("interrupted");
    expect(report.summary?.connections.established).toBe(50);
  });
});

describe("onrush target", () => {
  it("passes arguments, output, signals and exit codes through", async () => {
    const running = await onrush(["target", "--port", "0"], {
      onStart: (child) => child.stdout?.once("data", () => child.kill("SIGINT")),
    });
    expect(JSON.parse(running.stdout)).toMatchObject({ url: expect.stringMatching(/^ws:/) });
    expect(running.exitCode).toBe(0);
    const wrong = await onrush(["target", "--prot", "1"]);
    expect(wrong.exitCode).toBe(2);
    expect((await onrush(["target", "--help"])).stdout).toContain("--behaviour");
  });
});

describe("what a program says", () => {
  /** Says something all the time, as a worker without a broker does. */
  const talk = (before: string) => `
    import { createLog, outliveReaders } from ${JSON.stringify(logModule)};
    ${before}
    const log = createLog("test", "warn");
    setInterval(() => log.warn("nobody is there"), 20);`;

  it.each([
    ["outliveReaders();", null],
    // As a terminal that was closed answers.
    [
      `outliveReaders(); process.stderr.emit("error", Object.assign(new Error(), { code: "EIO" }));`,
      null,
    ],
    ["outliveReaders;", 1],
    // As a full disk answers.
    [
      `outliveReaders(); process.stderr.emit("error", Object.assign(new Error(), { code: "ENOSPC" }));`,
      null,
    ],
  ] as const)("may lose its reader: after %s exit code %j", async (before, exitCode) => {
    const child = spawn(process.execPath, ["--input-type=module", "-e", talk(before)], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    const ended = once(child, "exit");
    await once(child.stderr, "data");
    child.stderr.destroy();
    await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 2000))]);
    expect(child.exitCode).toBe(exitCode);
    child.kill("SIGKILL");
    await ended;
  });
});

describe("what does not fit where it is printed", () => {
  it("is an error, also when some of it did fit", async () => {
    using directory = scratch();
    const file = join(directory.path, "schema.json");
    // No file may be larger than 2 KiB: what is longer is cut there without an error.
    const args = ["-c", 'ulimit -f 2; exec "$@" > "$0"', file, process.execPath, main, "schema"];
    const child = spawn("bash", args, { stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    child.stderr.on("data", (chunk: Buffer) => {
      said += chunk.toString();
    });
    const [exitCode] = await once(child, "close");
    expect(readFileSync(file).length).toBe(2048);
    expect(said).toContain("ONRUSH_OUTPUT_LOST");
    expect(exitCode).toBe(98);
  });
});
