/**
 * Goal: every command line of README.md and docs/ does what the documents say: it ends with the exit code they state (0
 * unless they do), and prints what they show, but for the numbers. Method: each document is gone through from top to
 * bottom by a shell in a folder of its own, with a target and a broker of its own; loads are made shorter and smaller.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type CommandLine,
  commandLinesOf,
  expectedExitCode,
  fencesOf,
  ROOT,
  readDocument,
  userDocuments,
} from "../docs/fences.ts";
import { missingLines, runsIn } from "../docs/shown.ts";
import { filesOf, type Printed, Stage } from "../docs/stage.ts";
import { startTarget, type Target } from "../support/programs.ts";
import { missing } from "../support/servers.ts";

/** Command lines that are not run, and why. An entry without its line fails. */
const NOT_RUN: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    [
      "onrush fault RUN_ID --kind disconnect --who 20%",
      "onrush fault RUN_ID --kind stop-reading --who 5% --for 10s --name slow",
      "onrush fault RUN_ID --file fault.yaml",
      "onrush fault RUN_ID bad-mobile",
      "onrush fault RUN_ID --end slow",
      "onrush fault RUN_ID",
    ].map((line) => [line, "needs a run that goes on: live-faults.test.ts has it"]),
  ),
  "source <(onrush completion zsh)": "needs zsh; cli-completion.test.ts has it where there is one",
};

/** Ends differently from machine to machine: it fits, or it does not. */
const DEPENDS_ON_MACHINE: Readonly<Record<string, readonly number[]>> = {
  "onrush doctor -c 50000": [0, 98],
};

const sets = (...values: string[]) => values.map((value) => `--set ${value}`).join(" ");

/** The same load, shorter and smaller; by the file that is run. */
const SHORTER: Readonly<Record<string, string>> = {
  "first.yaml": sets("load.ramp.over=1s", "load.steady.hold=2s", "load.down.over=500ms"),
  "scenario.yaml": sets("load.ramp.over=1s", "load.steady.hold=2s", "load.down.over=500ms"),
  "load/chat.yaml": sets("load.ramp.over=1s", "load.steady.hold=2s", "load.down.over=500ms"),
  "mine.yaml": sets(
    ...["load.arrive.over=1s", "load.talk.hold=1s", "load.busy.hold=1s", "load.leave.over=500ms"],
  ),
  "fanout.yaml": sets("load.join.to=100", "load.join.over=1s", "load.steady.hold=2s"),
  "chat-login.yaml": sets("load.arrive.over=1s", "load.talk.hold=3s"),
  "login.yaml": sets("load.stay.hold=1s"),
  "http-login.yaml": sets("load.come.over=1s", "load.stay.hold=1s"),
  "resume.yaml": sets("load.come.over=1s", "load.stay.hold=7s"),
  "conversation.yaml": sets("load.talk.hold=3s"),
  "storm.yaml": sets("load.ramp.to=100", "load.steady.hold=8s"),
  "idle.yaml": sets(
    ...["load.open.to=100", "load.open.over=1s", "load.silent.hold=2s"],
    "connect.heartbeat.ping=500ms",
  ),
  "visitors.yaml": sets("load.usual.for=2s", "load.rush.for=2s"),
  "mtls.yaml": sets("load.open.over=1s", "load.hold.hold=1s"),
  "soak.yaml": sets("load.ramp.to=100", "load.ramp.over=1s", "load.soak.hold=2s"),
  "integrity.yaml": sets("load.open.to=50", "load.open.over=1s", "load.send.hold=3s"),
};
/** `gate.yaml` is another one in each document that has it. */
const SHORTER_IN: Readonly<Record<string, string>> = {
  "docs/recipes.md gate.yaml": sets("load.warmup.over=1s", "load.steady.hold=2s"),
  "docs/getting-started.md gate.yaml": sets("load.steady.hold=2s"),
};

/** What a cluster's documents have running before their first line, as their text says. */
const BEFORE: Readonly<Record<string, readonly string[]>> = {
  "docs/cli.md": [
    "onrush coordinator --bus redis://broker:6379 --listen 127.0.0.1:7700 --data data",
    "onrush worker --bus redis://broker:6379 --engines 1 --id a",
    "onrush worker --bus redis://broker:6379 --engines 1 --id b",
  ],
  "docs/tuning.md": ["onrush worker --bus redis://broker:6379 --engines 1"],
};

/** Documents; other tests share the cores, and what is too busy to be judged is made again. */
const AT_ONCE = 2;
/** A busy machine may make a run invalid: it is made again, and then it is the machine that was found out. */
const TRIES = 3;
/** So many lines, and no more, may stay unjudged for it. */
const MOST_UNJUDGED = 3;
const MACHINE_TOO_BUSY =
  /The load generator (was saturated|sent messages late|was too far behind|opened connections late)|cannot be judged/;
const EVENTUALLY_MS = 20_000;
const UNTRUSTED = 97;

interface Outcome extends Printed {
  /** As it was run. */
  readonly command: string;
}

const documents = userDocuments().map((document) => ({
  document,
  lines: fencesOf(document).flatMap((fence) => commandLinesOf(fence)),
}));
const all = documents.flatMap(({ lines }) => lines);
const keyOf = ({ document, line }: CommandLine) => `${document}:${line}`;
const isService = (command: string) => /^onrush (target|worker|coordinator)\b/.test(command);

const noBroker = missing("redis");
const outcomes = new Map<string, Outcome>();
let target: Target;
let earlier: Stage;

/** Two runs of scenario.yaml, as `runs/before` and `runs/after`. */
async function makeEarlierRuns(port: number): Promise<Stage> {
  const stage = new Stage(port);
  await stage.run("onrush init scenario.yaml");
  stage.writeFile("scenario.yaml", await stage.ours(stage.read("scenario.yaml")));
  for (const name of ["before", "after"]) {
    const command = `onrush run scenario.yaml ${SHORTER["scenario.yaml"]} --run-dir runs/${name} --quiet`;
    const { exitCode, stdout, stderr } = await untilTrusted(stage, command);
    if (exitCode !== 0) throw new Error(`no earlier run: ${stdout}${stderr}`);
  }
  return stage;
}

async function untilTrusted(stage: Stage, command: string): Promise<Printed> {
  for (let tries = 1; ; tries++) {
    const printed = await stage.run(command);
    if (!wasTooBusy(printed, command) || tries === TRIES) return printed;
    for (const [, folder = ""] of command.matchAll(/--run-dir (\S+)/g)) stage.remove(folder);
    await stage.renewTargets();
  }
}

/** What went into a file instead of here has no reason that could be read. */
function wasTooBusy({ exitCode, stdout, stderr }: Printed, command: string): boolean {
  const isUntrusted = exitCode === UNTRUSTED || /^exit 97$/m.test(stdout);
  return isUntrusted && (MACHINE_TOO_BUSY.test(stdout + stderr) || / > \S+$/.test(command));
}

/** The files the documents name. */
async function furnish(stage: Stage, document: string): Promise<void> {
  stage.copy(join(earlier.folder, "runs"), "runs");
  for (const side of ["before", "after"] as const) {
    const folder = side === "before" ? "baseline" : "candidate";
    stage.copy(join(earlier.folder, "runs", side), `${folder}/1`);
  }
  const scenario = await stage.ours(readFileSync(join(earlier.folder, "scenario.yaml"), "utf8"));
  stage.writeFile("scenario.yaml", scenario);
  stage.writeFile("load/chat.yaml", scenario);
  const first = readFileSync(join(ROOT, "examples/first.yaml"), "utf8");
  stage.writeFile("first.yaml", await stage.ours(first));
  stage.writeFile("slow.json", '{ "reply": { "delay": 300 } }');
  stage.writeCertificates();
  for (const fence of filesOf(document)) await stage.write(fence);
}

/** The command line as it is run here. */
async function prepared(stage: Stage, line: CommandLine): Promise<string> {
  const shorter = line.command
    .replace(/ -d \d+s\b/g, " -d 2s")
    // The cores are shared with other tests; what fits is another test's business.
    .replace(/(?<=onrush run .*) -c \d+\b/g, " -c 50")
    .replace(/ load\.ramp\.to=500\b/g, " load.ramp.to=50")
    .replace(/ --over 10s\b/g, " --over 1s")
    .replace(/ --workers 4\b/g, " --workers 1")
    .replace("for i in 1 2 3 4 5;", "for i in 1;")
    .replace(/onrush run (\S+)|onrush submit (\S+)(?=.*--watch)/g, (words, run, submit) => {
      const file = (run ?? submit) as string;
      const values = SHORTER_IN[`${line.document} ${file}`] ?? SHORTER[file];
      return values === undefined ? words : `${words} ${values}`;
    });
  return stage.ours(listening(shorter));
}

/** Where they would listen on a port of their own choice, or on one that others have here. */
function listening(command: string): string {
  if (/^onrush coordinator\b(?!.*--listen)/.test(command))
    return `${command} --listen 127.0.0.1:7700`;
  if (/^onrush target\b(?!.*--port)/.test(command)) return `${command} --port 0`;
  return command;
}

/** From top to bottom; runs are known by the names that were printed. */
async function goThrough(document: string, lines: readonly CommandLine[]): Promise<void> {
  const hasTarget = lines.some(({ command }) => /^onrush target --port 9001\b/.test(command));
  await using stage = new Stage(hasTarget ? null : Number(new URL(target.url).port));
  await furnish(stage, document);
  for (const command of BEFORE[document] ?? []) await stage.serve(await stage.ours(command));
  const names = new Map<string, string>();
  const services = new Map<string, CommandLine>();
  for (const line of lines) {
    if (line.command in NOT_RUN) continue;
    let command = await prepared(stage, line);
    for (const [shown, actual] of names) command = command.replaceAll(shown, actual);
    if (isService(command)) {
      await stage.serve(command);
      services.set(command, line);
      outcomes.set(keyOf(line), { command, exitCode: 0, stdout: "", stderr: "" });
      continue;
    }
    const printed = await untilShown(stage, command, line);
    outcomes.set(keyOf(line), { command, ...printed });
    for (const [shown, actual] of runsIn(line.shown, printed.stdout)) names.set(shown, actual);
    await adopt(stage, command);
  }
  for (const [command, exitCode] of await stage.endServices()) {
    const line = services.get(command);
    if (line === undefined) continue;
    outcomes.set(keyOf(line), { command, exitCode, stdout: "", stderr: "" });
  }
}

/** What `onrush init` wrote names the target's usual port. */
async function adopt(stage: Stage, command: string): Promise<void> {
  const file = /^onrush init (\S+)/.exec(command)?.[1];
  if (file !== undefined) stage.writeFile(file, await stage.ours(stage.read(file)));
}

/** A look at something that goes on is taken again until it is what is shown. */
async function untilShown(stage: Stage, command: string, line: CommandLine): Promise<Printed> {
  const from = performance.now();
  while (true) {
    const printed = await untilTrusted(stage, command);
    const isLook = command === "onrush runs" && performance.now() - from < EVENTUALLY_MS;
    if (!isLook || missingLines(line.shown, printed.stdout).length === 0) return printed;
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

describe.skipIf(noBroker !== null)("the documents", () => {
  beforeAll(async () => {
    target = await startTarget();
    earlier = await makeEarlierRuns(Number(new URL(target.url).port));
    // The longest first.
    const waiting = documents
      .filter(({ lines }) => lines.length > 0)
      .sort((a, b) => b.lines.length - a.lines.length);
    const failures: unknown[] = [];
    const work = async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        await goThrough(next.document, next.lines).catch((error: unknown) => failures.push(error));
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    if (failures.length > 0) throw new AggregateError(failures, failures.map(String).join("\n"));
  }, 900_000);

  afterAll(async () => {
    await earlier?.[Symbol.asyncDispose]();
    await target?.[Symbol.asyncDispose]();
  });

  it("have command lines, and none of the exceptions is stale", () => {
    expect(all.length).toBeGreaterThan(60);
    const commands = new Set(all.map(({ command }) => command));
    const listed = [...Object.keys(NOT_RUN), ...Object.keys(DEPENDS_ON_MACHINE)];
    expect(listed.filter((command) => !commands.has(command))).toEqual([]);
    const files = all.map(({ command }) => /onrush (?:run|submit) (\S+)/.exec(command)?.[1]);
    expect(Object.keys(SHORTER).filter((file) => !files.includes(file))).toEqual([]);
  });

  it.each(
    all
      .filter(({ command }) => !(command in NOT_RUN))
      .map((line) => [keyOf(line), line.command, line] as const),
  )("%s %s", (key, command, line) => {
    const outcome = outcomes.get(key);
    expect(outcome).toBeDefined();
    if (outcome === undefined) return;
    const said = `${outcome.command}\n${outcome.stdout}${outcome.stderr}`;
    if (wasTooBusy(outcome, outcome.command)) return;
    const expected = DEPENDS_ON_MACHINE[command] ?? [expectedExitCode(line)];
    expect(expected, said).toContain(outcome.exitCode);
    // A machine that others use says so in lines of its own words.
    const printed = outcome.stdout.replaceAll(" (whole run)", "");
    expect(missingLines(line.shown, printed), said).toEqual([]);
  });

  it("could be judged, all but a few", () => {
    const unjudged = [...outcomes.values()].filter((outcome) =>
      wasTooBusy(outcome, outcome.command),
    );
    expect(unjudged.length, unjudged.map(({ command }) => command).join("\n")).toBeLessThanOrEqual(
      MOST_UNJUDGED,
    );
  });

  it("name scripts of npm that are there", () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
      scripts: Record<string, string>;
    };
    const named = userDocuments().flatMap((document) =>
      [...readDocument(document).matchAll(/npm run ([\w:-]+)/g)].map(([, script = ""]) => script),
    );
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((script) => scripts[script] === undefined)).toEqual([]);
  });
});
