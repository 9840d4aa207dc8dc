/**
 * Goal: every option of every command that needs no cluster does what its help says. Method: the built command; what
 * `explain` prints is what a run would be, and the run directory is what a run was. The last test looks at all the help
 * texts: each has an example, and each option is in docs/cli.md and in a test of this folder.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { readRunFacts } from "../../coordinator/report/rebuild.ts";
import { summarySchema } from "../../coordinator/report/summary-schema.ts";
import { marked, markOf, signal } from "../support/process-tree.ts";
import { onrush, scratch, startTarget } from "../support/programs.ts";
import { missing, startBroker } from "../support/servers.ts";

const ENTRY = fileURLToPath(new URL("../../dist/coordinator/cli/main.js", import.meta.url));
const HERE = fileURLToPath(new URL(".", import.meta.url));
const ESCAPE = "\u001b";

const SCENARIO = `
version: 1
name: flags
vars: { room: lobby, token: { env: CHAT_TOKEN, secret: true } }
target: ws://127.0.0.1:9001/{{vars.room}}
connect: { headers: { authorization: "Bearer {{vars.token}}" } }
load:
  - { phase: ramp, ramp: linear, to: 20, over: 200ms }
  - { phase: steady, hold: 500ms }
messages: { rate: 5/s, mix: [{ name: a, send: { binary: { size: 64 } }, reply: { match: echo, within: 1s } }] }
`;

function written(folder: string, text = SCENARIO): string {
  const file = join(folder, "flags.yaml");
  writeFileSync(file, text);
  return file;
}

const env = { CHAT_TOKEN: "hunter2" };

describe("options that change a scenario", () => {
  async function explained(...args: string[]) {
    using folder = scratch();
    const result = await onrush(["explain", written(folder.path), ...args], { env });
    expect(result.stderr).toBe("");
    expect(result.stdout).not.toContain("hunter2");
    return parse(result.stdout) as {
      seed: number;
      vars: Record<string, unknown>;
      load: { to?: number; hold?: string }[];
      connect: { driver: string };
      messages: { rate: string };
    };
  }

  it("-e and --env set variables, and the last one wins", async () => {
    expect((await explained()).vars["room"]).toBe("lobby");
    expect((await explained("-e", "room=a")).vars["room"]).toBe("a");
    expect((await explained("--env", "room=a", "-e", "room=b=c")).vars["room"]).toBe("b=c");
  });

  it("--set replaces values by index and by name, with the checks of the file", async () => {
    const { load, messages } = await explained(
      ...["--set", "load.0.to=7", "--set", "load.steady.hold=3s", "--set", "messages.rate=2/s"],
    );
    expect(load).toMatchObject([{ to: 7 }, { hold: "3s" }]);
    expect(messages.rate).toBe("2/s");
    using folder = scratch();
    const wrong = await onrush(["explain", written(folder.path), "--set", "load.steddy.hold=3s"], {
      env,
    });
    expect(wrong.exitCode).toBe(104);
    expect(wrong.stderr).toMatch(/--set load\.steddy\.hold .*steady/s);
  });

  it("--seed and --driver", async () => {
    const { seed, connect } = await explained("--seed", "77", "--driver", "ws");
    expect([seed, connect.driver]).toEqual([77, "ws"]);
    expect((await explained()).connect.driver).toBe("lean");
  });

  it("validate takes them, too", async () => {
    using folder = scratch();
    const file = written(folder.path);
    const valid = await onrush(["validate", file, "--set", "load.ramp.to=55"], { env });
    expect(valid.stdout).toContain("valid (55 connections at the peak, 0.7 s)");
    expect((await onrush(["validate", file, "--set", "load.ramp.to=-1"], { env })).exitCode).toBe(
      104,
    );
  });
});

describe("plan", () => {
  it("shows the curve, and what it takes in shards, files, ports, memory and workers", async () => {
    using folder = scratch();
    const args = ["--set", "load.ramp.to=1000", "--workers", "2"];
    const { stdout, exitCode } = await onrush(["plan", written(folder.path), ...args], { env });
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^ +1,000 │.*█/m);
    for (const row of [
      /peak +1,000 connections open at once/,
      /messages +about [\d,]+ in all, 5,000\/s at most/,
      /shards +8\n/,
      /workers +2 processes with/,
      /open files +\d+ per worker, the limit is [\d,]+/,
      /local ports +1,000 of [\d,]+ \(\d+ to \d+\)/,
      /memory +about [\d.]+ .?B/,
      /on a cluster +1 worker with/,
    ]) {
      expect(stdout).toMatch(row);
    }
  });

  it.skipIf(process.platform !== "linux")(
    "of what does not fit shows what is planned, and exits with 98",
    () => {
      using folder = scratch();
      const argv = [ENTRY, "plan", written(folder.path), "--set", "load.ramp.to=1000"];
      const shell = 'ulimit -n 400 && exec "$@"';
      const args = ["-c", shell, "sh", process.execPath, ...argv, "--workers", "1"];
      const { stdout, stderr, status } = spawnSync("sh", args, {
        encoding: "utf8",
        env: { ...process.env, ...env },
      });
      expect(stdout).toContain("1,000 connections open at once");
      expect(stdout).not.toContain("memory");
      expect(stderr).toMatch(/ONRUSH_LIMITS_TOO_LOW.*--workers \d+.*ulimit -n \d+/s);
      expect(status).toBe(98);
    },
  );

  it("--dry-run of run says the same", async () => {
    using folder = scratch();
    const file = written(folder.path);
    const plan = await onrush(["plan", file, "--seed", "3"], { env });
    const dry = await onrush(["run", file, "--seed", "3", "--dry-run"], { env });
    expect(dry.stdout).toBe(plan.stdout);
  });
});

describe("what a run hands out", () => {
  it("--out, --summary, --run-dir and --workers", async () => {
    await using target = await startTarget();
    using folder = scratch();
    const file = written(folder.path, SCENARIO.replace("ws://127.0.0.1:9001", target.url));
    const runDirectory = join(folder.path, "some/where");
    const json = join(folder.path, "out/summary.json");
    const args = ["--run-dir", runDirectory, "--out", `json=${json}`, "--workers", "2"];
    const run = await onrush(["run", file, ...args, "--summary", "full"], { env });
    expect(run.stdout).toContain(run.exitCode === 0 ? "COMPLETED, no thresholds" : "INVALID");
    const summary = readFileSync(json, "utf8");
    expect(summary).toBe(readFileSync(join(runDirectory, "summary.json"), "utf8"));
    const { workers } = summarySchema.parse(JSON.parse(summary));
    expect(workers).toHaveLength(2);
    for (const { id } of workers) expect(run.stdout).toContain(id);

    const report = (...given: string[]) => onrush(["report", runDirectory, ...given]);
    expect((await report("--json")).stdout).toBe(summary);
    const [full, compact, none] = await Promise.all(
      ["full", "compact", "none"].map((detail) => report("--summary", detail)),
    );
    expect(none?.stdout).toBe("");
    expect(compact?.stdout).toContain(run.exitCode === 0 ? "COMPLETED" : "INVALID");
    expect(full?.stdout.length).toBeGreaterThan(compact?.stdout.length ?? 0);

    const other = join(folder.path, "other");
    const silent = await onrush(["run", file, "--summary", "none", "--quiet", "--run-dir", other], {
      env,
    });
    // On a busy machine the generator may have been the limit: the code is the one of the run.
    const of = JSON.parse(readFileSync(join(other, "summary.json"), "utf8"));
    const { exitCode } = summarySchema.parse(of);
    expect([silent.stdout, silent.stderr, silent.exitCode]).toEqual(["", "", exitCode]);
  });

  it("--out refuses what it does not know, before anything starts", async () => {
    using folder = scratch();
    const runDirectory = join(folder.path, "run");
    const run = (out: string) =>
      onrush(["run", written(folder.path), "--out", out, "--run-dir", runDirectory], { env });
    const unknown = await run("jsno");
    expect(unknown.stderr).toContain('"jsno" is not one of html');
    expect(unknown.exitCode).toBe(2);
    expect((await run("json=")).exitCode).toBe(2);
    expect(existsSync(runDirectory)).toBe(false);
  });

  it("a ramp of a URL takes its shape, its length and its messages from options", async () => {
    const text = async (...args: string[]) =>
      (await onrush(["run", "ws://127.0.0.1:1/", "--print-scenario", ...args])).stdout;
    const scenario = await text(
      ...["--connections", "300", "--duration", "4s", "--rate", "2/s", "--size", "4kb"],
      ...["--ramp", "step", "--over", "3s"],
    );
    expect(scenario).toContain("{ phase: ramp, ramp: step, to: 300, steps: 5, over: 3s }");
    expect(scenario).toContain("{ phase: steady, hold: 4s }");
    expect(scenario).toContain("rate: 2/s");
    expect(scenario).toContain("size: 4kb");
    expect(await text("--rate", "0/s")).not.toContain("messages:");
  });
});

it("who uses a bus needs its key, or says that there is none", async () => {
  using folder = scratch();
  const lacking = /ONRUSH_CLUSTER_KEY (is not set|or ONRUSH_CLUSTER_KEY_FILE)/;
  const said = async (...command: string[]) => {
    const { stdout, stderr, exitCode } = await onrush(
      [...command, "--bus", "redis://127.0.0.1:1"],
      { env: { ...env, ONRUSH_CLUSTER_KEY: "" } },
    );
    return { text: stdout + stderr, exitCode };
  };
  const run = ["run", written(folder.path)];
  const [ran, worked, looked, insecureRun, insecureLook] = await Promise.all([
    said(...run),
    said("worker"),
    said("doctor"),
    said(...run, "--insecure-no-key"),
    said("doctor", "--insecure-no-key"),
  ]);
  for (const { text } of [ran, worked, looked]) expect(text).toMatch(lacking);
  expect([ran.exitCode, worked.exitCode, looked.exitCode]).toEqual([2, 2, 98]);
  // Nothing listens there.
  for (const { text, exitCode } of [insecureRun, insecureLook]) {
    expect(text).not.toMatch(lacking);
    expect(exitCode).toBe(98);
  }
});

const absent = missing("redis");
it.skipIf(absent !== null)("--wait-for-workers: how long a run waits for some", async () => {
  const broker = await startBroker("redis");
  try {
    using folder = scratch();
    const args = ["--bus", broker.url, "--wait-for-workers", "1s"];
    const given = ["run", written(folder.path), "--run-dir", join(folder.path, "run"), ...args];
    const { exitCode, stderr } = await onrush(given, { env });
    expect(exitCode).toBe(98);
    expect(stderr).toContain("No worker appeared within 1 s.");
  } finally {
    await broker.stop();
  }
});

describe("a worker that is killed", () => {
  const EIGHT_SECONDS = SCENARIO.replace("hold: 500ms", "hold: 8s");

  /** A run on two worker processes, one of which is killed when all connections are open. */
  async function killed(...args: string[]) {
    await using target = await startTarget();
    using folder = scratch();
    const file = written(folder.path, EIGHT_SECONDS.replace("ws://127.0.0.1:9001", target.url));
    const runDirectory = join(folder.path, "run");
    const given = ["run", file, "--json", "--workers", "2", "--run-dir", runDirectory, ...args];
    const killOne = async () => {
      await expect.poll(async () => (await target.now()).open, { timeout: 30_000 }).toBe(20);
      const worker = marked(file).find(({ command }) => command.includes("worker/main"));
      if (worker === undefined) throw new Error("the run has no worker");
      signal(worker, "SIGKILL");
      // Who holds how many is a matter of who was quicker.
      await new Promise((resolve) => setTimeout(resolve, 500));
      return (await target.now()).open;
    };
    let killing = Promise.resolve(0);
    const result = await onrush(given, {
      env: { ...env, ...markOf(file) },
      onStart: () => {
        killing = killOne();
      },
    });
    const left = await killing;
    const { policies } = await readRunFacts(runDirectory);
    return { ...result, policies, left, accepted: (await target.stats()).accepted };
  }

  const LINUX = process.platform === "linux";

  it.runIf(LINUX)(
    "--on-worker-loss recover, the default: without room elsewhere it is invalid",
    async () => {
      const { exitCode, summary, policies } = await killed("--on-bus-loss", "continue");
      expect(exitCode).toBe(97);
      expect(summary?.validity.reasons.join()).toContain("nobody took its work over");
      expect(policies).toMatchObject({ onWorkerLoss: "recover", onBusLoss: "continue" });
    },
  );

  it.runIf(LINUX)("--on-worker-loss shrink: the run goes on without its connections", async () => {
    const { exitCode, accepted, left, summary, policies } = await killed(
      ...["--on-worker-loss", "shrink"],
    );
    expect(left).toBeLessThan(20);
    expect(accepted).toBe(20);
    expect(summary?.durationSeconds).toBeGreaterThan(8);
    // Whether they are known to have been open depends on when the last frame came.
    const { established = 0, lostWithWorker = 0 } = summary?.connections ?? {};
    expect(established - lostWithWorker).toBe(left);
    expect(exitCode).toBe(0);
    expect(policies).toMatchObject({ onWorkerLoss: "shrink", onBusLoss: "fence" });
  });

  it.runIf(LINUX)("--on-worker-loss fail: the run ends", async () => {
    const { exitCode, summary, stderr } = await killed("--on-worker-loss", "fail");
    expect(summary?.durationSeconds).toBeLessThan(8);
    expect(stderr).toContain("ONRUSH_WORKER_FAILED");
    expect(exitCode).toBe(97);
  });
});

describe("colour", () => {
  const shown = async (given: Record<string, string>) => {
    const { stdout, stderr } = await onrush(["validate", "examples/first.yaml", "README.md"], {
      env: { NO_COLOR: "", FORCE_COLOR: "", TERM: "xterm", ...given },
    });
    return { out: stdout.includes(ESCAPE), err: stderr.includes(ESCAPE) };
  };

  it.each([
    [{}, false],
    [{ FORCE_COLOR: "1" }, true],
    [{ FORCE_COLOR: "0" }, false],
    [{ FORCE_COLOR: "1", NO_COLOR: "1" }, false],
    [{ FORCE_COLOR: "1", TERM: "dumb" }, true],
  ])("%j in a pipe: %s, on both streams", async (given, expected) => {
    expect(await shown(given)).toEqual({ out: expected, err: expected });
  });
});

describe("help", () => {
  const help = new Map<string, string>();
  const LOCAL =
    "run init validate explain plan schema doctor report evidence compare trend completion target worker coordinator submit runs watch stop scale fault workers drain probe".split(
      " ",
    );
  /** What these do takes a cluster; their options are tested with one. */
  const OF_A_CLUSTER = [
    ...["coordinator", "submit", "runs", "watch", "stop", "scale", "fault", "workers", "drain"],
  ];

  beforeAll(async () => {
    for (const command of LOCAL) help.set(command, (await onrush([command, "--help"])).stdout);
  });

  it("knows every command", async () => {
    const { stdout } = await onrush(["--help"]);
    const listed = [...stdout.matchAll(/^ {2}([a-z]+) (?:\[|<| {2})/gm)].map(([, name]) => name);
    expect(listed.filter((name) => name !== "help").sort()).toEqual([...LOCAL].sort());
  });

  it.each(LOCAL)("of %s has an example, and its options are in docs/cli.md", (command) => {
    const text = help.get(command) ?? "";
    if (command === "target") return expect(text).toContain("--behaviour");
    expect(text).toMatch(/Examples?:\n(?: +.*\n)*? +\S*.*onrush /);
    const docs = readFileSync("docs/cli.md", "utf8");
    expect(docs).toContain(`onrush ${command}`);
    const options = [...text.matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)/gm)].map(([, name = ""]) => name);
    expect(options).toContain("--help");
    const tests = [HERE, join(HERE, "../support")]
      .flatMap((folder) => readdirSync(folder).map((file) => join(folder, file)))
      .filter((file) => file.endsWith(".ts"))
      .map((file) => readFileSync(file, "utf8"))
      .join("\n");
    expect(options.filter((option) => !docs.includes(`\`${option}`))).toEqual([]);
    if (OF_A_CLUSTER.includes(command)) return;
    expect(options.filter((option) => !tests.includes(`"${option}"`))).toEqual([]);
  });
});
