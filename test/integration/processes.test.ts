/**
 * Goal: no command leaves a process behind, whichever of its processes is killed. Method: each command is started; its
 * processes are found in /proc by a mark in their environment; one after the other is killed with SIGKILL, also while all
 * others are stopped, and in the end nothing may carry the mark. Each command is told to end by one of three signals, which share a
 * list of the programs'. With ONRUSH_TEST_ALL=1 (`npm run chaos:processes`) by each of them, and everything 20 times.
 */
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ALL, inTurn } from "../support/all.ts";
import { freePort } from "../support/ports.ts";
import { type Found, marked, markOf, signal, until } from "../support/process-tree.ts";
import { onrush, scratch, startTarget, type Target } from "../support/programs.ts";
import { type BrokerServer, missing, startBroker } from "../support/servers.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const MAIN = join(ROOT, "dist/coordinator/cli/main.js");
const TIMES = ALL ? 20 : 1;
const SIGNALS = ["SIGTERM", "SIGHUP", "SIGINT"] as const;
const START_MS = 60_000;
/** For what is left to end; a browser takes its time. */
const END_MS = 15_000;

interface Case {
  readonly name: string;
  /** Arguments of node. */
  readonly args: () => readonly string[] | Promise<readonly string[]>;
  readonly env?: () => Readonly<Record<string, string>>;
  /** Processes there are when it is under way. */
  readonly processes: number;
  /** How many of them are like another one, so that to kill that one shows it. Default: none. */
  readonly alike?: number;
  /** What one of them has in its command line, when the number says too little. */
  readonly having?: string;
}

const folder = scratch();
let target: Target;
let broker: BrokerServer;
/** Accepts and says nothing, so that a probe has something to wait for. */
let mute: Server;
let reported = "";

const scenarioFile = join(folder.path, "scenario.json");
const muteUrl = () => `ws://127.0.0.1:${(mute.address() as AddressInfo).port}/`;
let runs = 0;
const runDirectory = () => join(folder.path, `run-${++runs}`);

beforeAll(async () => {
  target = await startTarget();
  broker = await startBroker("redis");
  mute = createServer(() => {}).listen(0, "127.0.0.1");
  const scenario = {
    version: 1,
    name: "long",
    target: target.url,
    load: [
      { phase: "up", ramp: "linear", to: 40, over: "500ms" },
      { phase: "steady", hold: "10m" },
    ],
  };
  writeFileSync(scenarioFile, JSON.stringify(scenario));
  reported = join(folder.path, "reported");
  const url = ["run", target.url, "-c", "2", "-d", "1s", "--quiet", "--run-dir", reported];
  await onrush(url);
});
afterAll(async () => {
  await target[Symbol.asyncDispose]();
  await broker.stop();
  mute.close();
  folder[Symbol.dispose]();
});

const CASES: readonly Case[] = [
  { name: "target", args: () => [MAIN, "target", "--port", "0"], processes: 1 },
  {
    name: "target of 3 processes",
    args: () => [MAIN, "target", "--port", "0", "--processes", "3"],
    processes: 4,
    alike: 2,
  },
  { name: "worker", args: () => [MAIN, "worker", "--bus", broker.url], processes: 1 },
  {
    name: "coordinator",
    args: async () => [
      ...[MAIN, "coordinator", "--bus", broker.url, "--data", folder.path],
      ...["--listen", `127.0.0.1:${await freePort()}`],
    ],
    processes: 1,
  },
  {
    name: "run",
    args: () => [MAIN, "run", scenarioFile, "--workers", "2", "--run-dir", runDirectory()],
    processes: 3,
    alike: 1,
    having: "worker/main.js",
  },
  {
    name: "doctor",
    args: () => [MAIN, "doctor", muteUrl()],
    processes: 2,
    having: "probe/main.js",
  },
  {
    name: "report as PDF",
    args: () => [MAIN, "report", reported, "--out", "pdf"],
    processes: 2,
    having: "--print-to-pdf",
  },
  {
    name: "demo",
    args: () => [join(ROOT, "dist/coordinator/cli/demo.js")],
    processes: 3,
    having: "worker/main.js",
  },
  {
    name: "action",
    args: () => [join(ROOT, "deploy/github-action/run.mjs")],
    env: () => ({
      ONRUSH_ACTION_SCENARIO: scenarioFile,
      ONRUSH_ACTION_RUN_DIR: runDirectory(),
      ONRUSH_ACTION_COMMAND: MAIN,
    }),
    processes: 3,
    having: "worker/main.js",
  },
];

/** Of those with children: a browser is looked for on PATH. */
const NEEDS_NO_PATH = new Set(["target of 3 processes", "run", "doctor", "demo", "action"]);

/** Starts it, and waits until it is under way. */
async function start({ name, args, env, processes, having }: Case, mark: string) {
  const words = await args();
  spawn(process.execPath, words, {
    cwd: ROOT,
    stdio: "ignore",
    env: { ...process.env, ...env?.(), ...markOf(mark) },
  });
  // What a process asks a shell at its start (ulimit) is over in a moment: the same ones are seen twice.
  let before = "";
  let found: Found[] = [];
  const underWay = () => {
    found = marked(mark).sort((a, b) => a.pid - b.pid);
    const has = having === undefined || found.some(({ command }) => command.includes(having));
    const now = JSON.stringify(found);
    const same = now === before;
    before = now;
    return found.length >= processes && has && same;
  };
  expect(await until(underWay, START_MS), `${name} did not start: ${before}`).toBe(true);
  return found;
}

async function expectNothingLeft(mark: string, what: string) {
  await until(() => marked(mark).length === 0, END_MS);
  const left = marked(mark);
  for (const process of left) signal(process, "SIGKILL");
  expect(JSON.stringify(left), what).toBe("[]");
}

/** The one that no other of them has started. */
function launcherOf(found: ReturnType<typeof marked>) {
  const launcher = found.find(({ parent }) => !found.some(({ pid }) => pid === parent));
  if (launcher === undefined) throw new Error("no process was started");
  return launcher;
}

describe.skipIf(process.platform !== "linux" || missing("redis") !== null)("a command", () => {
  it.each(CASES)(
    "leaves nothing behind when one of its processes is killed: $name",
    async (tried) => {
      for (let time = 0; time < TIMES; time++) {
        // A round for each of its processes, the launcher first.
        const rounds = tried.processes - (ALL ? 0 : (tried.alike ?? 0));
        for (let index = 0; index < rounds; index++) {
          const mark = `${tried.name.replaceAll(" ", "-")}-${process.pid}-${time}-${index}`;
          const found = await start(tried, mark);
          const launcher = launcherOf(found);
          const others = found.filter(({ pid }) => pid !== launcher.pid);
          const victim = index === 0 ? launcher : others[index - 1];
          if (victim === undefined) throw new Error("a process is missing");
          signal(victim, "SIGKILL");
          if (victim !== launcher) {
            // It may go on without, or end; either way it is over when its launcher is.
            await until(() => marked(mark).length === 0, 1000);
            signal(launcher, "SIGKILL");
          }
          await expectNothingLeft(mark, `after a SIGKILL of ${victim.command}`);
        }
      }
    },
    TIMES * 180_000,
  );

  it.each(CASES.filter(({ name }) => NEEDS_NO_PATH.has(name)))(
    "leaves nothing behind where the system does not kill children with their parent: $name",
    async (tried) => {
      for (let time = 0; time < TIMES; time++) {
        const mark = `untied-${tried.name.replaceAll(" ", "-")}-${process.pid}-${time}`;
        const env = () => ({ ...tried.env?.(), PATH: "/nowhere" });
        const launcher = launcherOf(await start({ ...tried, env }, mark));
        signal(launcher, "SIGKILL");
        await expectNothingLeft(mark, "without setpriv");
      }
    },
    TIMES * 180_000,
  );

  it.each(CASES.filter(({ processes }) => processes > 1))(
    "leaves nothing behind when it is killed while its children are stopped: $name",
    async (tried) => {
      for (let time = 0; time < TIMES; time++) {
        const mark = `stopped-${tried.name.replaceAll(" ", "-")}-${process.pid}-${time}`;
        const found = await start(tried, mark);
        const launcher = launcherOf(found);
        // A browser's crash handlers are no children of anybody: they end when they see that the browser has.
        const children = found.filter(
          (one) => one !== launcher && !one.command.includes("crashpad_handler"),
        );
        for (const child of children) signal(child, "SIGSTOP");
        signal(launcher, "SIGKILL");
        await expectNothingLeft(mark, "with its children stopped");
      }
    },
    TIMES * 180_000,
  );

  it.each(
    CASES.flatMap((tried, at) =>
      inTurn(SIGNALS, at).map((signalName) => ({ ...tried, signalName })),
    ),
  )(
    "ends with all its processes on $signalName: $name",
    async ({ signalName, ...tried }) => {
      for (let time = 0; time < TIMES; time++) {
        const mark = `${signalName}-${tried.name.replaceAll(" ", "-")}-${process.pid}-${time}`;
        const launcher = launcherOf(await start(tried, mark));
        // Twice: a drain may take longer than a test waits.
        signal(launcher, signalName);
        if (!(await until(() => marked(mark).length === 0, 5000))) signal(launcher, signalName);
        await expectNothingLeft(mark, `after ${signalName}`);
      }
    },
    TIMES * 180_000,
  );
});
