/**
 * The action: `onrush run` with the inputs of action.yml, its report in the step summary, annotations, outputs. Called by
 * action.yml in the working directory; inputs are in the environment. Invariants: it ends with the run's exit code; while
 * the run prints, workflow commands are switched off under a token nobody can guess, so what a target says is text.
 */
import { spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { appendFileSync, existsSync, mkdtempSync, readFileSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { isAbsolute, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { annotationsOf, meaningOf } from "./annotations.mjs";
import { words } from "./words.mjs";
import { annotationLine, bounded } from "./workflow-command.mjs";

const OWN = fileURLToPath(new URL("../../dist/coordinator/cli/main.js", import.meta.url));
/** Of stderr: problems are said first. */
const MAX_ERRORS_CHARS = 65_536;
const USAGE = 2;
const VERDICTS = ["pass", "fail", "invalid", "interrupted", "stopped"];

const { env } = process;
const input = (name) => (env[`ONRUSH_ACTION_${name}`] ?? "").trim();
const lines = (text) =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");

process.exitCode = await main();

async function main() {
  const runDirectory = resolve(input("RUN_DIR") || join(newFolder(), "run"));
  const run = await ran(runDirectory);
  const summary = summaryOf(runDirectory);
  const verdict = VERDICTS.find((known) => known === summary?.verdict) ?? "none";
  for (const annotation of bounded(annotationsOf(run, summary))) {
    process.stdout.write(`${annotationLine(annotation)}\n`);
  }
  append(env.GITHUB_STEP_SUMMARY, stepSummary(run, runDirectory));
  output("verdict", verdict);
  output("exit-code", String(run.exitCode));
  output("run-dir", runDirectory);
  return run.exitCode;
}

function newFolder() {
  return mkdtempSync(join(env.RUNNER_TEMP || tmpdir(), "onrush-"));
}

/** @returns { exitCode, errors, file, text }; wrong inputs are wrong usage */
async function ran(runDirectory) {
  const file = inWorkspace(input("SCENARIO"));
  try {
    const { exitCode, errors } = await quietly(commandOf(["run", ...runArguments(runDirectory)]));
    return { exitCode, errors, file, text: textOf(file) };
  } catch (error) {
    return { exitCode: USAGE, errors: `error: ${error.message}`, file };
  }
}

/** Of the scenario; "" where there is none to point at. */
function textOf(file) {
  const path = resolve(input("SCENARIO"));
  return file !== undefined && existsSync(path) ? readFileSync(path, "utf8") : "";
}

function runArguments(runDirectory) {
  const scenario = input("SCENARIO");
  if (scenario === "" || scenario.startsWith("-"))
    throw new Error("scenario: name a file or a URL");
  const further = words(input("ARGS"));
  if (further.some((word) => /^--run-dir(=|$)/.test(word))) {
    throw new Error("args: --run-dir is the input run-dir");
  }
  const baseline = lines(input("BASELINE"));
  return [
    scenario,
    ...further,
    ...(baseline.length === 0 ? [] : ["--baseline", ...baseline]),
    ...lines(input("FAIL_ON")).flatMap((rule) => ["--fail-on", rule]),
    ...["--run-dir", runDirectory, "--out", "md"],
  ];
}

/** The program, and its arguments. */
function commandOf(args) {
  const command = input("COMMAND") || OWN;
  return /\.m?js$/.test(command)
    ? [process.execPath, [resolve(command), ...args]]
    : [command, args];
}

/** Runs a command to its end with workflow commands switched off; both of its streams go to our stdout, in order. */
async function quietly([command, args]) {
  const token = `onrush-${randomBytes(16).toString("hex")}`;
  process.stdout.write(`::stop-commands::${token}\n`);
  let errors = "";
  let last = "\n";
  const pass = (chunk) => {
    process.stdout.write(chunk);
    last = chunk.at(-1) ?? last;
  };
  try {
    // When this process is killed, the run ends too: the system sees to it, or the end of the channel.
    const child = spawn(...tied(command, args), { stdio: ["ignore", "pipe", "pipe", "ipc"] });
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", pass);
    child.stderr.on("data", (chunk) => {
      errors = (errors + chunk).slice(0, MAX_ERRORS_CHARS);
    });
    // A job that is cancelled: the run drains and reports.
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
      process.on(signal, () => child.kill("SIGINT"));
    const exitCode = await new Promise((done, fail) => {
      child.once("error", fail);
      child.once("close", (code, signal) => done(code ?? 128 + constants.signals[signal]));
    });
    return { exitCode, errors: uncoloured(errors) };
  } finally {
    process.stdout.write(`${last === "\n" ? "" : "\n"}::${token}::\n`);
  }
}

/** Linux kills the program with this process, where util-linux is there. */
function tied(command, args) {
  const tie = ["--pdeathsig", "KILL"];
  const ties = () => spawnSync("setpriv", [...tie, "true"], { stdio: "ignore" }).status === 0;
  return command === process.execPath && ties()
    ? ["setpriv", [...tie, command, ...args]]
    : [command, args];
}

function uncoloured(text) {
  const first = String.fromCharCode(27);
  return text.replaceAll(new RegExp(`${first}\\[[0-9;]*m`, "g"), "");
}

/** summary.json, or null. */
function summaryOf(runDirectory) {
  const path = join(runDirectory, "summary.json");
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : null;
}

/** The report; of a run that was killed what its journal holds; else what was wrong. */
function stepSummary({ exitCode, errors }, runDirectory) {
  const report = join(runDirectory, "report.md");
  if (existsSync(report)) return readFileSync(report, "utf8");
  if (existsSync(join(runDirectory, "journal"))) {
    const [command, args] = commandOf(["report", runDirectory, "--format", "md"]);
    const { stdout } = spawnSync(command, args, { encoding: "utf8", maxBuffer: 2 ** 20 });
    if (stdout) return stdout;
  }
  // Indented by four: markup in it is text.
  const said = errors
    .split("\n")
    .slice(0, 100)
    .map((line) => `    ${line}`)
    .join("\n");
  return `## Onrush: no run\n\nExit code ${exitCode}: ${meaningOf(exitCode)}.\n\n${said}\n`;
}

/** As annotations name files: within the workspace, with forward slashes. */
function inWorkspace(scenario) {
  if (/^wss?:/.test(scenario)) return undefined;
  const path = relative(env.GITHUB_WORKSPACE || ".", resolve(scenario));
  return path.startsWith("..") || isAbsolute(path) ? undefined : path.replaceAll("\\", "/");
}

function output(name, value) {
  const end = `end-${randomBytes(16).toString("hex")}`;
  append(env.GITHUB_OUTPUT, `${name}<<${end}\n${value}\n${end}\n`);
}

function append(file, text) {
  if (file) appendFileSync(file, text);
}
