/** The built programs as a user starts them: the target as the oracle, and the onrush command. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Summary } from "../../coordinator/report/summary-schema.ts";
import { tied } from "../../shared/lifeline.ts";

/** Above this file is the repository, or its build. */
const above = fileURLToPath(new URL("../../", import.meta.url));
const dist = basename(above) === "dist" ? above : join(above, "dist");
const targetEntry = join(dist, "target/main.js");
export const onrushEntry = join(dist, "coordinator/cli/main.js");

/** What the target counted; see docs/target.md. */
export interface TargetStats {
  readonly accepted: number;
  readonly open: number;
  readonly peakOpen: number;
  readonly closed: number;
  readonly closedByCode: Readonly<Record<string, number>>;
  readonly messagesIn: number;
  readonly messagesOut: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly behaviours: Readonly<Record<string, number>>;
}

export interface Target extends AsyncDisposable {
  readonly url: string;
  /** Counts as they stand. */
  now(query?: string): Promise<TargetStats & Record<string, unknown>>;
  /** Counts as they stand once no connection is open any more. */
  stats(query?: string): Promise<TargetStats & Record<string, unknown>>;
}

/** Starts the bundled target; ends with the scope (`await using`). */
export async function startTarget(
  behaviour: object = {},
  args: readonly string[] = [],
): Promise<Target> {
  if (!existsSync(targetEntry)) throw new Error("dist/ is missing: run npm run build first");
  const folder = mkdtempSync(join(tmpdir(), "onrush-target-"));
  const file = join(folder, "behaviour.json");
  writeFileSync(file, JSON.stringify(behaviour));
  const child = spawn(
    ...tied(process.execPath, [targetEntry, "--port", "0", "--behaviour", file, ...args]),
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  const lines = createInterface({ input: child.stdout });
  const [line] = (await Promise.race([
    once(lines, "line"),
    once(child, "exit").then(([code]) => {
      throw new Error(`the target did not start (exit code ${code}); its reason is above`);
    }),
  ])) as [string];
  const { url, statsUrl } = JSON.parse(line) as { url: string; statsUrl: string };
  return {
    url,
    now: async (query = "") =>
      (await (await fetch(`${statsUrl}${query}`)).json()) as TargetStats & Record<string, unknown>,
    async stats(query = "") {
      for (let tries = 0; ; tries++) {
        const response = await fetch(`${statsUrl}${query}`);
        const stats = (await response.json()) as TargetStats & Record<string, unknown>;
        if (stats.open === 0 || tries === 100) return stats;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
    async [Symbol.asyncDispose]() {
      await stop(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}

export interface Result {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Of `run --json`; null when stdout is not a summary. */
  readonly summary: Summary | null;
  readonly runDirectory: string;
}

/**
 * Whether a run ended as it should: with 0, or untrusted for nothing but the generator's own limits, which are this
 * machine's where tests share its cores. What it counted has to be right all the same.
 */
export function endedWell({ exitCode, summary }: Result): boolean {
  if (exitCode === 0) return true;
  const reasons = summary?.validity.reasons ?? [];
  return exitCode === 97 && reasons.every((reason) => reason.startsWith("The load generator "));
}

export interface RunOptions {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Called when the process has started. */
  readonly onStart?: (child: ChildProcess, runDirectory: string) => void;
  /** The command's file; by default that of the build in dist/. */
  readonly entry?: string;
  /** Prefix of the command line, e.g. ["taskset", "-c", "0"]. */
  readonly prefix?: readonly string[];
}

/** A folder of its own for each run; removed with the scope. */
export function scratch(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), "onrush-test-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** Runs `onrush run` on a scenario given as a value, with --json. */
export async function runScenario(
  scenario: object,
  folder: string,
  options: RunOptions = {},
): Promise<Result> {
  const file = join(folder, "scenario.json");
  writeFileSync(file, JSON.stringify({ version: 1, name: "test", ...scenario }));
  const runDirectory = join(folder, "run");
  const args = ["run", file, "--json", "--run-dir", runDirectory, ...(options.args ?? [])];
  return { ...(await onrush(args, options, runDirectory)), runDirectory };
}

/** Runs the onrush command to its end. */
export async function onrush(
  args: readonly string[],
  options: RunOptions = {},
  runDirectory = "",
): Promise<Result> {
  const { prefix = [], entry = onrushEntry } = options;
  const [command, ...rest] = [...prefix, process.execPath, entry, ...args];
  const child = spawn(...tied(command as string, rest), {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...options.env },
  });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  options.onStart?.(child, runDirectory);
  const [exitCode] = (await once(child, "close")) as [number | null];
  return { exitCode, stdout, stderr, summary: parsed(stdout), runDirectory };
}

function parsed(text: string): Summary | null {
  try {
    return JSON.parse(text) as Summary;
  } catch {
    return null;
  }
}

/** Starts a worker of a cluster; leaves in good order with the scope. */
export function startWorker(
  bus: string,
  args: readonly string[],
  entry: string = onrushEntry,
): AsyncDisposable {
  const child = spawn(...tied(process.execPath, [entry, "worker", "--bus", bus, ...args]), {
    stdio: ["ignore", "ignore", "inherit"],
  });
  return {
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null) return;
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      await ended;
    },
  };
}

/** Workers of one engine each on a bus, four at most, which hold 800 connections together. */
export function startWorkers(bus: string, count: number): AsyncDisposable {
  const ids = ["one", "two", "three", "four"].slice(0, count);
  const workers = ids.map((id) =>
    startWorker(bus, ["--engines", "1", "--capacity", String(800 / ids.length), "--id", id]),
  );
  return {
    async [Symbol.asyncDispose]() {
      await Promise.all(workers.map((worker) => worker[Symbol.asyncDispose]()));
    },
  };
}
