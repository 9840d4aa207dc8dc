/**
 * Real runs for the check of the comparison: one target with a tail, and the built onrush command against it. Called by
 * main.ts. Invariant: every run writes a directory of its own, and only processes started here are ended.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { tied } from "../../shared/lifeline.ts";
import { type Ran, runToEnd } from "../support/run-to-end.ts";

const targetEntry = fileURLToPath(new URL("../../target/main.js", import.meta.url));
const onrushEntry = fileURLToPath(new URL("../../coordinator/cli/main.js", import.meta.url));

/** 97 of 100 replies take about 20 ms, the others about 100 ms: the 99th percentile lies among those. */
export const TAIL_MEDIAN_MS = 100;

/** @param seed another one for each run: the target's chance is part of what differs from run to run */
export function behaviour(tailMedianMs: number, seed: number): object {
  const body = { share: 0.97, delay: { lognormal: { medianMs: 20, sigma: 0.2, maxMs: 200 } } };
  const tail = {
    share: 0.03,
    delay: { lognormal: { medianMs: tailMedianMs, sigma: 0.1, maxMs: 1000 } },
  };
  return { seed, reply: { delay: { mixture: [body, tail] } } };
}

export interface DialledTarget {
  readonly url: string;
  dial(wanted: object): Promise<void>;
  stop(): Promise<void>;
}

/** @param folder of the runs: those already there were against the target at this port */
export async function startTarget(folder: string): Promise<DialledTarget> {
  const child = spawn(...tied(process.execPath, [targetEntry, "--port", portOf(folder)]), {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  const { url, statsUrl } = JSON.parse(line) as { url: string; statsUrl: string };
  return {
    url,
    async dial(wanted) {
      const response = await fetch(statsUrl.replace(/stats$/, "behaviour"), {
        method: "PUT",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(wanted),
      });
      if (!response.ok) throw new Error(`the target refused: ${await response.text()}`);
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      await ended;
    },
  };
}

const TARGET_FILE = "target.json";

function portOf(folder: string): string {
  const file = join(folder, TARGET_FILE);
  if (!existsSync(file)) return "0";
  return new URL((JSON.parse(readFileSync(file, "utf8")) as { url: string }).url).port;
}

export interface Wanted {
  readonly url: string;
  /** Of the part that counts; 5 s of warm-up come before. */
  readonly seconds: number;
  readonly perSecond: number;
}

const CONNECTIONS = 100;

export function writeScenario(folder: string, { url, seconds, perSecond }: Wanted): string {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, TARGET_FILE), JSON.stringify({ url }));
  const file = join(folder, `scenario-${seconds}s.json`);
  const message = { name: "echo", send: { binary: { size: 64 } } };
  writeFileSync(
    file,
    JSON.stringify({
      version: 1,
      name: "compare-check",
      target: url,
      load: [
        { phase: "warmup", ramp: "linear", to: CONNECTIONS, over: "5s", exclude: true },
        { phase: "steady", hold: `${seconds}s` },
      ],
      messages: {
        total: `${perSecond}/s`,
        arrival: "poisson",
        mix: [{ ...message, reply: { match: "echo", within: "2s" } }],
      },
    }),
  );
  return file;
}

/** A busy machine has its moments; one that has nothing else is not one to measure on. */
const MAX_TRIES = 8;

/**
 * Runs until the generator was not the limit.
 * @returns how many runs were not valid
 * @throws Error when none is, or when one fails in another way
 */
export async function validRun(scenario: string, directory: string): Promise<number> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    rmSync(directory, { recursive: true, force: true });
    if (await run(scenario, directory)) return tries;
  }
  throw new Error(`${MAX_TRIES} runs were not valid: this machine is too busy`);
}

export function isThere(directory: string): boolean {
  const file = join(directory, "summary.json");
  if (!existsSync(file)) return false;
  return (JSON.parse(readFileSync(file, "utf8")) as { exitCode: number }).exitCode === 0;
}

async function run(scenario: string, directory: string): Promise<boolean> {
  const args = ["run", scenario, "--run-dir", directory, "--quiet", "--summary", "none"];
  const { exitCode, stderr } = await onrush(args);
  if (exitCode !== 0 && exitCode !== 97) throw new Error(`${directory}: ${exitCode}\n${stderr}`);
  return exitCode === 0;
}

export function onrush(args: readonly string[]): Promise<Ran> {
  return runToEnd(onrushEntry, args);
}
