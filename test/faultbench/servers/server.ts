/**
 * A server of the benchmark as a child process that says where it listens. Called by registry.ts and live-run.ts.
 * Invariants: it listens on loopback; it ends with the benchmark; only processes started here are ended.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { tied } from "../../../shared/lifeline.ts";
import type { Document } from "../case-file.ts";

export interface RunningServer {
  readonly url: string;
  /** Puts a behaviour in force. @throws Error when the server has no such behaviour */
  behave(behaviour: Document): Promise<void>;
  /** Resolves once a client has connected. */
  firstConnection(): Promise<void>;
  stop(): Promise<void>;
}

export interface Program {
  readonly child: ChildProcess;
  /** The first line of its stdout. */
  readonly first: Readonly<Record<string, string>>;
  /** Resolves with the second one. */
  readonly second: Promise<unknown>;
  stop(): Promise<void>;
}

const START_MS = 30_000;
const STOP_MS = 5_000;

/** @throws Error when it ends, or says nothing, before it listens */
export async function startProgram(command: string, args: readonly string[]): Promise<Program> {
  const child = spawn(...tied(command, args), { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  const waiting: ((line: string) => void)[] = [];
  const line = () => new Promise<string>((resolve) => waiting.push(resolve));
  lines.on("line", (text) => waiting.shift()?.(text));
  const [first, second] = [line(), line()];
  const started = await Promise.race([
    first,
    once(child, "exit").then(([code]) => {
      throw new Error(`${command} ${args.join(" ")} ended with ${code}`);
    }),
    sleep(START_MS).then(() => {
      throw new Error(`${command} ${args.join(" ")} did not start`);
    }),
  ]);
  return {
    child,
    first: JSON.parse(started) as Record<string, string>,
    second,
    stop: () => stopProcess(child),
  };
}

/** A server that takes behaviours as lines of its stdin and says when the first client has come. */
export async function startByLines(
  command: string,
  args: readonly string[],
): Promise<RunningServer> {
  const { child, first, second, stop } = await startProgram(command, args);
  return {
    url: first["url"] ?? "",
    async behave(behaviour) {
      if (child.exitCode !== null) throw new Error(`${command} has ended with ${child.exitCode}`);
      child.stdin?.write(`${JSON.stringify(behaviour)}\n`);
    },
    firstConnection: async () => void (await second),
    stop,
  };
}

export async function stopProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  const killer = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
  await ended;
  clearTimeout(killer);
}

/** Does not keep the process alive. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}
