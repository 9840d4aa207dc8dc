/** The processes of a benchmark: a target on one core, a generator on another, both ended by pid. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { tied } from "../../shared/lifeline.ts";
import { stopProcess } from "../support/stop-process.ts";
import type { Measured } from "./generators.ts";
import type { Work } from "./work.ts";

/** Whoever generates, or coordinates, has one; whoever is at the other end the other. */
export const GENERATOR_CORE = "0";
export const TARGET_CORE = "1";
const targetEntry = fileURLToPath(new URL("../../target/main.js", import.meta.url));
const generatorEntry = fileURLToPath(new URL("./generators.js", import.meta.url));

export const canPin =
  availableParallelism() >= 2 && spawnSync("taskset", ["-c", GENERATOR_CORE, "true"]).status === 0;

/** A node process on one core, where the system can pin. */
export function spawnNode(core: string, args: readonly string[]): ChildProcess {
  const [command, ...rest] = canPin
    ? ["taskset", "-c", core, process.execPath, ...args]
    : [process.execPath, ...args];
  return spawn(...tied(command as string, rest), { stdio: ["ignore", "pipe", "inherit"] });
}

export interface RunningTarget {
  readonly url: string;
  /** One per process where each listens on a port of its own. */
  readonly urls: readonly string[];
  readonly statsUrl: string;
  stop(): Promise<void>;
}

/** The bundled target; its first line says where it listens. */
export async function startTarget(
  args: readonly string[] = [],
  core = TARGET_CORE,
): Promise<RunningTarget> {
  const child = spawnNode(core, [targetEntry, "--port", "0", ...args]);
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  const [line] = (await once(lines, "line")) as [string];
  const { url, urls, statsUrl } = JSON.parse(line) as {
    url: string;
    urls?: string[];
    statsUrl: string;
  };
  return { url, urls: urls ?? [url], statsUrl, stop: () => stopProcess(child) };
}

/** Runs one generator to its end. @throws Error when it fails */
export async function generate(kind: "onrush" | "bare-ws", work: Work): Promise<Measured> {
  const args = ["--expose-gc", generatorEntry, kind, JSON.stringify(work)];
  const child = spawnNode(GENERATOR_CORE, args);
  let output = "";
  child.stdout?.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error(`generator ${kind} ended with ${code}`);
  return JSON.parse(output) as Measured;
}
