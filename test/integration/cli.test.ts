/**
 * Goal: the command line keeps what docs/cli.md promises: streams, exit codes, and that nothing happens before
 * a scenario is valid. Method: the built command against the built target; a tracer counts processes.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { summarySchema } from "../../coordinator/report/summary-schema.ts";
import { VERSION } from "../../shared/version.ts";
import { onrush, runScenario, scratch, startTarget } from "../support/programs.ts";

const ESCAPE = "\u001b";

const small = (target: string) => ({
  target,
  load: [
    { phase: "ramp", ramp: "linear", to: 20, over: "500ms" },
    { phase: "steady", hold: "1500ms" },
  ],
  messages: {
    rate: "5/s",
    mix: [{ name: "a", send: { binary: { size: 64 } }, reply: { match: "echo", within: "2s" } }],
  },
  thresholds: { connect: ["failed == 0"] },
});

/** Makes every Node process say that it started. */
function tracer(folder: string): { env: Record<string, string>; processes: () => number } {
  const script = join(folder, "trace.cjs");
  const log = join(folder, "trace.log");
  writeFileSync(
    script,
    `if (require("node:worker_threads").isMainThread) require("node:fs").appendFileSync(${JSON.stringify(log)}, "x");`,
  );
  return {
    env: { NODE_OPTIONS: `--require=${script}` },
    processes: () => (existsSync(log) ? readFileSync(log, "utf8").length : 0),
  };
}

describe("streams", () => {
  it("--json: stdout is summary.json and nothing else, stderr is plain lines", async () => {
    await using target = await startTarget();
    using folder = scratch();
    const result = await runScenario(small(target.url), folder.path);
    expect(result.exitCode).toBe(0);
    expect(summarySchema.safeParse(result.summary).success).toBe(true);
    expect(result.stdout).toBe(readFileSync(join(result.runDirectory, "summary.json"), "utf8"));
    expect(result.stderr).not.toContain(ESCAPE);
    expect(result.stderr).toMatch(/^run \S+: 20 connections at the peak, 2 s, 1 worker /m);
    expect(result.stderr).toMatch(/^00:0\d\/00:02 {2}running {2}phase /m);
  });

  it("--quiet: nothing on stderr, the summary on stdout", async () => {
    await using target = await startTarget();
    using folder = scratch();
    const scenario = join(folder.path, "s.json");
    writeFileSync(scenario, JSON.stringify({ version: 1, ...small(target.url) }));
    const runDirectory = join(folder.path, "run");
    const result = await onrush(["run", scenario, "--quiet", "--run-dir", runDirectory]);
    expect(result.stderr).toBe("");
    expect(result.stdout).toMatch(/^✓ PASSED {2}s, .* \(exit code 0\)\n/);
    expect(result.stdout).toContain(`onrush report ${runDirectory}`);
    expect(result.stdout).not.toContain(ESCAPE);
    expect(result.exitCode).toBe(0);

    const none = await onrush(["report", runDirectory, "--summary", "none"]);
    expect([none.stdout, none.stderr, none.exitCode]).toEqual(["", "", 0]);
    const forced = await onrush(["report", runDirectory], {
      env: { FORCE_COLOR: "1", NO_COLOR: "" },
    });
    expect(forced.stdout).toContain(ESCAPE);
    const refused = await onrush(["report", runDirectory], {
      env: { FORCE_COLOR: "1", NO_COLOR: "1" },
    });
    expect(refused.stdout).not.toContain(ESCAPE);
  });

  it("survives a reader that goes away", () => {
    const command = '"$0" dist/coordinator/cli/main.js schema | head -c 20';
    const result = spawnSync("sh", ["-c", command, process.execPath], { encoding: "utf8" });
    expect(result.stdout).toHaveLength(20);
    expect(result.stderr).toBe("");
  });
});

describe("before a run", () => {
  const MALFORMED = [
    ["not YAML", "version: 1\nload: [", /bad\.yaml:\d+:\d+ /],
    [
      "an unknown key",
      "version: 1\ntarget: ws://127.0.0.1:1\nlaod: []\nload: []\n",
      /bad\.yaml:3:1 .*load/,
    ],
    [
      "a wrong unit",
      "version: 1\ntarget: ws://127.0.0.1:1\nload: [{ phase: a, hold: 3 parsecs }]\n",
      /bad\.yaml:3:\d+ /,
    ],
  ] as const;

  it.each(MALFORMED)(
    "%s: exit 104, its place is named, nothing starts",
    async (_, text, expected) => {
      using folder = scratch();
      const { env, processes } = tracer(folder.path);
      const scenario = join(folder.path, "bad.yaml");
      writeFileSync(scenario, text);
      const runDirectory = join(folder.path, "run");
      const result = await onrush(["run", scenario, "--json", "--run-dir", runDirectory], { env });
      expect(result.exitCode).toBe(104);
      expect(result.stdout).toBe("");
      expect(result.stderr).toMatch(expected);
      expect(existsSync(runDirectory)).toBe(false);
      expect(processes()).toBe(1);
    },
  );

  it("the tracer sees the workers of a run that does start", async () => {
    await using target = await startTarget();
    using folder = scratch();
    const { env, processes } = tracer(folder.path);
    const result = await runScenario(small(target.url), folder.path, {
      env,
      args: ["--workers", "2"],
    });
    expect(result.exitCode).toBe(0);
    expect(processes()).toBe(3);
  });

  it("a target nobody allowed: exit 98 with the option that would allow it, nothing starts", async () => {
    using folder = scratch();
    const { env, processes } = tracer(folder.path);
    const result = await runScenario(small("ws://chat.example/"), folder.path, { env });
    expect(result.exitCode).toBe(98);
    expect(result.stderr).toContain("ONRUSH_TARGET_FORBIDDEN");
    expect(result.stderr).toContain("--allow-target chat.example");
    expect(existsSync(result.runDirectory)).toBe(false);
    expect(processes()).toBe(1);
  });

  it("more connections than the machine can hold: exit 98 with the limit that is needed", async () => {
    using folder = scratch();
    const result = await runScenario(small("ws://127.0.0.1:1"), folder.path, {
      args: ["--set", "load.ramp.to=4000000", "--workers", "1"],
    });
    expect(result.exitCode).toBe(98);
    expect(result.stderr).toContain("ONRUSH_LIMITS_TOO_LOW");
    expect(result.stderr).toMatch(/ulimit -n \d+/);
    expect(existsSync(result.runDirectory)).toBe(false);
  });

  it("a directory that holds a run already is refused", async () => {
    await using target = await startTarget();
    using folder = scratch();
    mkdirSync(join(folder.path, "run"));
    writeFileSync(join(folder.path, "run", "run.json"), "{}");
    const result = await runScenario(small(target.url), folder.path);
    expect(result.exitCode).toBe(98);
    expect(result.stderr).toContain("ONRUSH_RUN_DIRECTORY");
    expect(readFileSync(join(folder.path, "run", "run.json"), "utf8")).toBe("{}");
  });

  it("--dry-run shows the plan and starts nothing", async () => {
    using folder = scratch();
    const { env, processes } = tracer(folder.path);
    const scenario = join(folder.path, "s.json");
    writeFileSync(scenario, JSON.stringify({ version: 1, ...small("ws://127.0.0.1:1") }));
    const runDirectory = join(folder.path, "run");
    const result = await onrush(["run", scenario, "--dry-run", "--run-dir", runDirectory], { env });
    expect(result.exitCode).toBe(0);
    expect(result.stdout).toContain("planned open connections");
    expect(existsSync(runDirectory)).toBe(false);
    expect(processes()).toBe(1);
  });
});

describe("verdicts", () => {
  it("a broken threshold: exit 99, with what was observed", async () => {
    await using target = await startTarget();
    using folder = scratch();
    const scenario = { ...small(target.url), thresholds: { latency: ["p50 < 1us"] } };
    const result = await runScenario(scenario, folder.path);
    expect(result.exitCode).toBe(99);
    expect(result.summary?.verdict).toBe("fail");
    expect(result.summary?.thresholds[0]?.passed).toBe(false);
  });

  it("nothing listens at the target: exit 98 with the remedy, before any load", async () => {
    using folder = scratch();
    const gone = await startTarget();
    await gone[Symbol.asyncDispose]();
    const result = await runScenario(small(gone.url), folder.path);
    expect(result.exitCode).toBe(98);
    expect(result.stderr).toContain("ONRUSH_TARGET_UNREACHABLE");
    expect(result.stderr).toMatch(
      /nothing accepts connections at 127\.0\.0\.1:\d+ \(ECONNREFUSED\)/,
    );
    expect(result.stderr).toContain("start the target");
    expect(result.summary?.connections.attempted).toBe(0);
  });

  it("nobody gets in: exit 99, also without a threshold", async () => {
    using folder = scratch();
    await using target = await startTarget({ upgrade: { refuse: [{ share: 1, status: 401 }] } });
    const result = await runScenario({ ...small(target.url), thresholds: {} }, folder.path);
    expect(result.exitCode).toBe(99);
    expect(result.summary?.verdict).toBe("fail");
    expect(result.summary?.thresholds).toMatchObject([
      { metric: "connect", rule: "established > 0 (every run)", observed: 0, passed: false },
    ]);
  });

  it("no reply comes of those expected: exit 99 with advice, also without a threshold", async () => {
    using folder = scratch();
    await using target = await startTarget({ reply: { drop: { share: 1 } } });
    const result = await runScenario({ ...small(target.url), thresholds: {} }, folder.path);
    expect(result.exitCode).toBe(99);
    expect(result.summary?.thresholds).toMatchObject([
      { metric: "messages", rule: "matched > 0 (every run)", observed: 0, passed: false },
    ]);
    const page = readFileSync(join(result.runDirectory, "report.html"), "utf8");
    expect(page).toMatch(/or send nothing \(<code[^>]*>--rate 0\/s<\/code>\)/);
  });

  it("a target that refuses upgrades is data: counted, judged by the thresholds", async () => {
    using folder = scratch();
    await using target = await startTarget({ upgrade: { refuse: [{ share: 1, status: 503 }] } });
    const result = await runScenario(small(target.url), folder.path);
    expect(result.exitCode).toBe(99);
    expect(result.summary?.connections).toMatchObject({
      established: 0,
      failed: 20,
      failedByKind: { "upgrade-status": 20 },
    });
    expect(result.summary?.failures[0]?.signature).toMatch(/^503/);
  });

  it("a name that does not resolve: exit 98, and the directory says so", async () => {
    using folder = scratch();
    const host = "no-such-host.invalid";
    const result = await runScenario(small(`ws://${host}/`), folder.path, {
      args: ["--allow-target", host],
    });
    expect(result.exitCode).toBe(98);
    expect(result.stderr).toContain("ONRUSH_TARGET_UNREACHABLE");
    expect(result.stderr).toContain(host);
  });
});

describe("secrets", () => {
  it("are nowhere in the run directory, nor on the streams", async () => {
    await using target = await startTarget();
    using folder = scratch();
    const secret = "hunter2-is-not-shown";
    const scenario = {
      ...small(target.url),
      vars: { token: { env: "CHAT_TOKEN", secret: true } },
      connect: { headers: { authorization: "Bearer {{vars.token}}" } },
    };
    const result = await runScenario(scenario, folder.path, { env: { CHAT_TOKEN: secret } });
    expect(result.exitCode).toBe(0);
    const files = readdirSync(result.runDirectory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name)));
    expect(files.length).toBeGreaterThan(4);
    for (const content of files) expect(content.includes(secret)).toBe(false);
    expect(result.stdout + result.stderr).not.toContain(secret);
  });
});

describe("other commands", () => {
  it.each([
    [["--version"], 0, `${VERSION}\n`],
    [["--help"], 0, "Exit codes:"],
    [["run", "--help"], 0, "Examples:"],
    [["explain", "examples/first.yaml"], 0, "timeout: 10s"],
    [
      ["plan", "examples/demo-10k.yaml", "-e", "ONRUSH_TARGET=ws://127.0.0.1:1"],
      0,
      "10,000 connections open at once",
    ],
    [
      ["validate", "examples/first.yaml"],
      0,
      "examples/first.yaml: valid (100 connections at the peak, 17 s)",
    ],
  ] as const)("%j", async (args, exitCode, expected) => {
    const result = await onrush(args);
    expect(result.stderr).toBe("");
    expect(result.stdout).toContain(expected);
    expect(result.exitCode).toBe(exitCode);
  });

  it.each([
    [["rnu"], "Did you mean run?"],
    [["run", "s.yaml", "--qiet"], "Did you mean --quiet?"],
    [["run"], "missing required argument"],
    [["run", "s.yaml", "--seed", "x"], "whole number"],
    [["run", "s.yaml", "--driver", "fast"], "lean, ws"],
    [["schema", "everything"], "scenario, summary"],
    [["run", "s.yaml", "--json", "--dry-run"], "cannot be used with"],
  ] as const)("wrong usage %j: exit 2 with a hint", async (args, expected) => {
    const result = await onrush(args);
    expect(result.exitCode).toBe(2);
    expect(result.stderr).toContain(expected);
    expect(result.stdout).toBe("");
  });

  it("validate looks at every file, whatever is wrong with the first", async () => {
    const result = await onrush(["validate", "no-such.yaml", "README.md", "examples/first.yaml"]);
    expect(result.exitCode).toBe(104);
    expect(result.stderr).toContain("ONRUSH_SCENARIO_UNREADABLE");
    expect(result.stderr).toMatch(/^README\.md:\d+:\d+ /m);
    expect(result.stdout).toContain("examples/first.yaml: valid");
  });

  it("schema prints both schemas as JSON", async () => {
    for (const which of ["scenario", "summary"]) {
      const { stdout, exitCode } = await onrush(["schema", which]);
      expect(exitCode).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({ type: "object" });
    }
  });

  it("report refuses a directory without a run", async () => {
    using folder = scratch();
    const result = await onrush(["report", folder.path]);
    expect(result.exitCode).toBe(98);
    expect(result.stderr).toContain("there is no run in");
  });
});
