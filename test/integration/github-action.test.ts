/**
 * Goal: the GitHub Action runs a scenario, reports it and ends with its exit code, and nothing that a target says becomes
 * a workflow command. Method: the steps of action.yml are run with bash as a runner does, with its files, against the built
 * target; what they print is read by the runner's rules.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { scratch, startTarget, type Target } from "../support/programs.ts";

const FOLDER = fileURLToPath(new URL("../../deploy/github-action/", import.meta.url));

interface Step {
  readonly name: string;
  readonly id?: string;
  readonly if?: string;
  readonly run: string;
  readonly shell: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly "working-directory"?: string;
}

interface Action {
  readonly inputs: Readonly<Record<string, { readonly default?: string }>>;
  readonly outputs: Readonly<Record<string, { readonly value: string }>>;
  readonly runs: { readonly steps: readonly Step[] };
}

const action = parse(readFileSync(join(FOLDER, "action.yml"), "utf8")) as Action;

/** A command the runner would act upon. */
interface Command {
  readonly name: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly data: string;
}

interface Finished {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly commands: readonly Command[];
  readonly outputs: Readonly<Record<string, string>>;
  readonly stepSummary: string;
}

type Inputs = Readonly<Record<string, string>>;

const folder = scratch();
const at = (name: string) => join(folder.path, name);
let target: Target;
let jobs = 0;
/** A run that others are compared with. */
let kept = "";

beforeAll(async () => {
  target = await startTarget();
  writeFileSync(at("good.json"), JSON.stringify(scenario(target.url)));
});

afterAll(async () => {
  await target[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

function scenario(url: string, more: object = {}): object {
  return {
    version: 1,
    name: "gate",
    target: url,
    load: [
      { phase: "ramp", ramp: "linear", to: 20, over: "500ms" },
      { phase: "steady", hold: "1500ms" },
    ],
    messages: {
      rate: "5/s",
      mix: [{ name: "a", send: { binary: { size: 64 } }, reply: { match: "echo", within: "2s" } }],
    },
    thresholds: { connect: ["failed == 0"] },
    ...more,
  };
}

/** `${{ inputs.x }}` and nothing else is known. */
function filled(text: string, inputs: Inputs): string {
  return text.replace(/\$\{\{ inputs\.([\w-]+) \}\}/g, (_, name: string) => {
    const input = action.inputs[name];
    if (input === undefined) throw new Error(`no input ${name}`);
    return inputs[name] ?? input.default ?? "";
  });
}

/** All steps, as one job does them. */
async function job(inputs: Inputs): Promise<Finished> {
  const files = at(`job-${jobs++}`);
  mkdirSync(files);
  const [outputFile, summaryFile] = [join(files, "output"), join(files, "summary")];
  const env = {
    ...process.env,
    CI: "true",
    GITHUB_ACTIONS: "true",
    GITHUB_ACTION_PATH: FOLDER.replace(/\/$/, ""),
    GITHUB_OUTPUT: outputFile,
    GITHUB_STEP_SUMMARY: summaryFile,
    GITHUB_WORKSPACE: folder.path,
    RUNNER_TEMP: files,
  };
  const all = { exitCode: 0 as number | null, stdout: "", stderr: "" };
  for (const step of action.runs.steps) {
    if (step.if === "${{ inputs.onrush == '' }}" && (inputs["onrush"] ?? "") !== "") continue;
    const stepEnv = Object.fromEntries(
      Object.entries(step.env ?? {}).map(([name, value]) => [name, filled(value, inputs)]),
    );
    const script = join(files, "step.sh");
    writeFileSync(script, step.run);
    const child = spawn("bash", ["--noprofile", "--norc", "-e", "-o", "pipefail", script], {
      cwd: join(folder.path, filled(step["working-directory"] ?? ".", inputs)),
      env: { ...env, ...stepEnv },
      stdio: ["ignore", "pipe", "pipe"],
    });
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      all.stdout += chunk;
    });
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      all.stderr += chunk;
    });
    [all.exitCode] = (await once(child, "close")) as [number | null];
    if (all.exitCode !== 0) break;
  }
  return {
    ...all,
    commands: commandsIn(`${all.stdout}\n${all.stderr}`),
    outputs: outputsIn(readFileSync(outputFile, "utf8")),
    stepSummary: existsSync(summaryFile) ? readFileSync(summaryFile, "utf8") : "",
  };
}

const KNOWN = new Set(
  "error warning notice debug echo add-mask add-path set-env set-output save-state group endgroup stop-commands add-matcher".split(
    " ",
  ),
);

/** What a runner acts upon: `::name k=v,k=v::data` at the start of a line, and the older `##[name]data` anywhere in one. */
function commandsIn(text: string): Command[] {
  const found: Command[] = [];
  let token: string | null = null;
  for (const line of text.split(/\r\n|\n|\r/)) {
    const command = commandIn(line, token);
    if (command === null) continue;
    if (token !== null) {
      if (command.name === token) token = null;
      continue;
    }
    if (command.name === "stop-commands") token = command.data;
    else found.push(command);
  }
  expect(token).toBeNull();
  return found;
}

function commandIn(line: string, token: string | null): Command | null {
  const isKnown = (name: string) => KNOWN.has(name.toLowerCase()) || name === token;
  const [, name = "", list = "", data = ""] = /^\s*::([^ ]*?)(?: (.*?))?::(.*)$/s.exec(line) ?? [];
  if (isKnown(name)) {
    const pairs = list.split(",").map((pair) => pair.split(/=(.*)/s, 2) as [string, string?]);
    const properties = Object.fromEntries(
      pairs.map(([key, value]) => [key, unescaped(value ?? "")]),
    );
    return { name, properties, data: unescaped(data) };
  }
  const [, older = "", rest = ""] = /##\[([^\] ]*)[^\]]*\](.*)$/s.exec(line) ?? [];
  return isKnown(older) ? { name: older, properties: {}, data: rest } : null;
}

function unescaped(text: string): string {
  const pairs = [
    ["%0D", "\r"],
    ["%0A", "\n"],
    ["%3A", ":"],
    ["%2C", ","],
    ["%25", "%"],
  ] as const;
  return pairs.reduce((value, [from, to]) => value.replaceAll(from, to), text);
}

function outputsIn(text: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [, name = "", , value = ""] of text.matchAll(/^([\w-]+)<<(\S+)\n([\s\S]*?)\n\2$/gm)) {
    expect(found[name]).toBeUndefined();
    found[name] = value;
  }
  return found;
}

const named = ({ commands }: Finished, name: string) =>
  commands.filter((command) => command.name === name);

describe("action.yml", () => {
  it("puts no expression into a script, and promises what its steps give", () => {
    for (const { run, shell } of action.runs.steps) {
      expect(run).not.toContain("${{");
      expect(shell).toBe("bash");
    }
    expect(Object.keys(action.inputs)).toEqual(
      expect.arrayContaining(["scenario", "args", "baseline", "fail-on"]),
    );
    for (const [name, { value }] of Object.entries(action.outputs)) {
      expect(value).toBe(`\${{ steps.run.outputs.${name} }}`);
    }
    expect(readFileSync(join(FOLDER, "README.md"), "utf8")).toSatisfy((text: string) =>
      [...Object.keys(action.inputs), ...Object.keys(action.outputs)].every((name) =>
        text.includes(`\`${name}\``),
      ),
    );
  });
});

describe("a run", () => {
  it("that passes: exit 0, outputs, the report in the step summary, nothing to annotate", async () => {
    const done = await job({ scenario: "good.json" });
    expect(done.exitCode, done.stdout).toBe(0);
    expect(done.outputs).toMatchObject({ verdict: "pass", "exit-code": "0" });
    expect(done.stepSummary).toMatch(/^## ✅ .*gate/);
    expect(done.commands).toEqual([]);
    const runDirectory = done.outputs["run-dir"] ?? "";
    for (const file of ["report.html", "report.md", "summary.json", "journal"]) {
      expect(existsSync(join(runDirectory, file)), file).toBe(true);
    }
    expect(done.stderr).toBe("");
  });

  it("that breaks a threshold: exit 99, and an error that names it in the scenario's file", async () => {
    mkdirSync(at("load"), { recursive: true });
    const bad = scenario(target.url, { thresholds: { latency: ["p99 < 1us"] } });
    writeFileSync(at("load/bad.json"), JSON.stringify(bad));
    const done = await job({ scenario: "bad.json", "working-directory": "load" });
    expect(done.exitCode, done.stdout).toBe(99);
    expect(done.outputs).toMatchObject({ verdict: "fail", "exit-code": "99" });
    const [error, ...more] = named(done, "error");
    expect(more).toEqual([]);
    expect(error?.properties).toEqual({
      file: "load/bad.json",
      line: "1",
      title: "Onrush: threshold broken",
    });
    expect(error?.data).toMatch(/^latency p99 < 1us: observed [\d.]+ ms$/);
    expect(done.stepSummary).toMatch(/^## ❌ /);
  });

  it("whose args are quoted: they arrive as they are, and nothing is executed", async () => {
    kept = `kept-${jobs}/run`;
    const name = "$(touch pwned) `touch pwned` ; touch pwned";
    const done = await job({
      scenario: "good.json",
      args: `--set 'name=${name}' --seed 7\n--set "load.steady.hold=1s" --out junit=junit\\ 1.xml`,
      "run-dir": kept,
    });
    expect(done.exitCode, done.stdout).toBe(0);
    expect(done.outputs["run-dir"]).toBe(at(kept));
    const summary = JSON.parse(readFileSync(join(at(kept), "summary.json"), "utf8")) as {
      name: string;
    };
    expect(summary.name).toBe(name);
    expect(existsSync(at("pwned"))).toBe(false);
    expect(existsSync(at("junit 1.xml"))).toBe(true);
  });

  it("with a baseline it cannot be compared with: exit 104, and why", async () => {
    const done = await job({
      scenario: "good.json",
      baseline: kept,
      "fail-on": "p99>5%\nconnect.failed>0.1pp",
      args: "--set load.ramp.to=30",
    });
    expect(done.exitCode, done.stdout).toBe(104);
    expect(done.outputs["verdict"]).toBe("none");
    expect(named(done, "error")[0]?.data).toContain("ONRUSH_BASELINE_UNFIT");
    expect(done.stepSummary).toContain("Exit code 104");
  });

  it("with a baseline: the comparison is in the step summary", async () => {
    const done = await job({
      scenario: "good.json",
      baseline: kept,
      "fail-on": "p99>500%",
      args: "--set load.steady.hold=1s --seed 7 --despite validity",
    });
    expect(done.exitCode, done.stdout).toBe(0);
    expect(done.stepSummary).toContain("p99>500%");
  });
});

describe("no run", () => {
  it("for a scenario with mistakes: exit 104, each at its line", async () => {
    writeFileSync(at("wrong.yaml"), "version: 1\ntarget: ftp://x\nlod: []\n");
    const done = await job({ scenario: "wrong.yaml" });
    expect(done.exitCode).toBe(104);
    expect(done.outputs).toMatchObject({ verdict: "none", "exit-code": "104" });
    const places = named(done, "error").map(({ properties }) => [
      properties["file"],
      properties["line"],
    ]);
    expect(places).toEqual([
      ["wrong.yaml", "1"],
      ["wrong.yaml", "2"],
      ["wrong.yaml", "3"],
    ]);
    expect(done.stepSummary).toContain("invalid scenario");
  });

  it.each([
    [{ scenario: "good.json", args: "--seed 'open" }, "left open"],
    [{ scenario: "good.json", args: "--run-dir=x" }, "run-dir"],
    [{ scenario: "--version" }, "name a file or a URL"],
    [{ scenario: "good.json", args: "--no-such-option" }, "unknown option"],
    [{ scenario: "good.json", "fail-on": "p99>5%" }, "--baseline"],
  ])("for wrong inputs %j: exit 2, and why", async (inputs: Inputs, why) => {
    const done = await job(inputs);
    expect(done.exitCode).toBe(2);
    expect(named(done, "error").map(({ data }) => data)).toEqual([expect.stringContaining(why)]);
  });
});

describe("a target that speaks to the runner", () => {
  const SPEECH = [
    "::set-env name=PATH::/tmp",
    "\n::error::forged\r\n::add-path::/tmp",
    "##[error]forged ##[add-path]/tmp",
    "%0A::error::forged%0D%0A",
    "a,b=c:d::warning::\u001b[31m\u202eforged",
  ];

  it.each(SPEECH)("in its close reasons, %j: is text", async (reason) => {
    const behaviour = { close: [{ afterMs: 300, code: 4001, reason }] };
    await using hostile = await startTarget(behaviour);
    const gate = { thresholds: { delivery: ["timedOut == 0"], messages: ["matched > 1000000"] } };
    const file = "hostile.json";
    writeFileSync(at(file), JSON.stringify(scenario(hostile.url, gate)));
    const done = await job({ scenario: file, args: "--summary full" });
    expect([97, 99], done.stdout).toContain(done.exitCode);
    // Everything a runner would act upon is an annotation of ours.
    for (const { name, properties } of done.commands) {
      expect(["error", "warning"]).toContain(name);
      expect(properties["title"]).toMatch(/^Onrush/);
      expect(Object.keys(properties)).toSatisfy((keys: string[]) =>
        keys.every((key) => ["file", "line", "col", "title"].includes(key)),
      );
    }
    expect(named(done, "error").some(({ data }) => data.startsWith("messages matched"))).toBe(true);
    const said = done.commands.filter(
      ({ data }) => data.includes("forged") || data.includes("PATH"),
    );
    for (const { data } of said) expect(data).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(Object.keys(done.outputs).sort()).toEqual(["exit-code", "run-dir", "verdict"]);
  });
});
