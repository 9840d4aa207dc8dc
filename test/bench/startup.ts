/**
 * What a command costs whoever types it: help, a check of a scenario, and a run of one second with one connection; and
 * what an engine costs that has nothing to do. Whole processes with all they start, by the system's own accounting
 * (/proc, Linux, in hundredths of a second).
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { emit, median } from "./emit.ts";
import { startTarget } from "./processes.ts";

const entry = fileURLToPath(new URL("../../coordinator/cli/main.js", import.meta.url));
/** USER_HZ is 100 on every Linux that Node supports. */
const TICKS_PER_SECOND = 100;
const PLAN_SECONDS = 1;
const IDLE_SECONDS = 10;
/** Until the connection is open and whatever comes with a start is over. */
const SETTLE_MS = 4000;

interface Cost {
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
}

/** User and system time, in seconds: fields of /proc/PID/stat, counted behind the name. */
function cpuSeconds(pid: number | "self", fields: readonly [number, number]): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  const values = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(values[fields[0]]) + Number(values[fields[1]])) / TICKS_PER_SECOND;
}

const OWN = [11, 12] as const;
/** Of children that have ended, and of theirs. */
const CHILDREN = [13, 14] as const;

async function cost(args: readonly string[], folder: string): Promise<Cost> {
  const cpuBefore = cpuSeconds("self", CHILDREN);
  const startedMs = performance.now();
  const child = spawn(process.execPath, [entry, ...args], { cwd: folder, stdio: "ignore" });
  const [code] = (await once(child, "exit")) as [number | null];
  if (code !== 0) throw new Error(`onrush ${args.join(" ")} ended with ${code}`);
  return {
    wallSeconds: (performance.now() - startedMs) / 1000,
    cpuSeconds: cpuSeconds("self", CHILDREN) - cpuBefore,
  };
}

function scenario(folder: string, url: string, seconds: number): string {
  const file = join(folder, `hold-${seconds}.json`);
  const load = [{ phase: "one", ramp: "burst", to: 1, hold: `${seconds}s` }];
  writeFileSync(file, JSON.stringify({ version: 1, name: "one", target: url, load }));
  return file;
}

/** @param runs of each command, in turn */
export async function startupBenchmark(runs: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "onrush-startup-"));
  const target = await startTarget();
  try {
    const file = scenario(folder, target.url, PLAN_SECONDS);
    const commands = {
      help: ["--help"],
      validate: ["validate", file],
      run: ["run", file, "--quiet"],
    };
    const costs = new Map<string, Cost[]>(Object.keys(commands).map((name) => [name, []]));
    for (let round = 0; round < runs; round++) {
      for (const [name, args] of Object.entries(commands)) {
        costs.get(name)?.push(await cost(args, folder));
      }
    }
    for (const [name, all] of costs) {
      const wall = median(all.map(({ wallSeconds }) => wallSeconds));
      emit({
        bench: "startup",
        method: `whole processes, median of ${runs} runs`,
        command: name,
        cpuSeconds: round(median(all.map((one) => one.cpuSeconds))),
        wallSeconds: round(wall),
        ...(name === "run" && { wallBeyondPlanSeconds: round(wall - PLAN_SECONDS) }),
      });
    }
  } finally {
    await target.stop();
    rmSync(folder, { recursive: true });
  }
}

/** CPU time of a worker process whose one engine holds one connection. */
export async function idleBenchmark(runs: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "onrush-idle-"));
  const target = await startTarget();
  const shares: number[] = [];
  try {
    const file = scenario(folder, target.url, SETTLE_MS / 1000 + IDLE_SECONDS + 2);
    for (let round = 0; round < runs; round++) {
      const args = [entry, "run", file, "--quiet"];
      const child = spawn(process.execPath, args, { cwd: folder, stdio: "ignore" });
      const ended = once(child, "exit");
      await pause(SETTLE_MS);
      const worker = workerOf(child.pid ?? 0);
      const before = cpuSeconds(worker, OWN);
      const fromMs = performance.now();
      await pause(IDLE_SECONDS * 1000);
      const used = cpuSeconds(worker, OWN) - before;
      shares.push((1000 * used) / (performance.now() - fromMs));
      await ended;
    }
  } finally {
    await target.stop();
    rmSync(folder, { recursive: true });
  }
  emit({
    bench: "idle",
    method: `worker process with one engine and one connection, ${IDLE_SECONDS} s, median of ${runs} runs`,
    cpuShare: round(median(shares)),
  });
}

/** The worker process that was started by this one. */
function workerOf(parent: number): number {
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "latin1");
      const isChild = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]) === parent;
      if (isChild && readFileSync(`/proc/${name}/cmdline`, "latin1").includes("worker/main"))
        return Number(name);
    } catch {
      // It has ended meanwhile.
    }
  }
  throw new Error(`process ${parent} has no worker`);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function round(value: number): number {
  return Number(value.toFixed(3));
}
