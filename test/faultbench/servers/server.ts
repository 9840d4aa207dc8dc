/**
 * A server of the benchmark as a child process that says on stdout, in lines of JSON, where it listens (`url`), that the first
 * client has come (`accepted`) and that a behaviour is in force (`behaving`). Called by registry.ts and live-run.ts.
 * Invariants: it listens on loopback; it ends with the benchmark, or when it does not say in time where it listens; only
 * processes started here are ended.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { tied } from "../../../shared/lifeline.ts";
import { stopProcess } from "../../support/stop-process.ts";
import type { Document } from "../case-file.ts";

export interface RunningServer {
  readonly url: string;
  /** Puts a behaviour in force. @throws Error when the server has no such behaviour */
  behave(behaviour: Document): Promise<void>;
  /** Resolves once a client has connected. @throws Error when the server ends before */
  firstConnection(): Promise<void>;
  stop(): Promise<void>;
}

export interface Program {
  readonly child: ChildProcess;
  /** The value of a key, when it was said so often. @throws Error when the program ends before */
  said(key: string, times?: number): Promise<string>;
  stop(): Promise<void>;
}

const START_MS = 30_000;

export function startProgram(command: string, args: readonly string[]): Program {
  const child = spawn(...tied(command, args), { stdio: ["pipe", "pipe", "inherit"] });
  const lines: Readonly<Record<string, string>>[] = [];
  let waiting: (() => void)[] = [];
  const wake = () => {
    const woken = waiting;
    waiting = [];
    for (const go of woken) go();
  };
  createInterface({ input: child.stdout }).on("line", (text) => {
    lines.push(JSON.parse(text) as Record<string, string>);
    wake();
  });
  child.on("exit", wake);
  // Its end is noticed; what was still to be written to it is not missed.
  child.stdin.on("error", () => {});
  return {
    child,
    async said(key, times = 1) {
      for (;;) {
        const value = lines.filter((line) => key in line)[times - 1]?.[key];
        if (value !== undefined) return value;
        if (child.exitCode !== null || child.signalCode !== null) {
          throw new Error(`${command} ${args.join(" ")} has ended with ${child.exitCode}`);
        }
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
    },
    stop: () => stopProcess(child),
  };
}

/** A server that takes behaviours as lines of its stdin. */
export async function startByLines(
  command: string,
  args: readonly string[],
  startMs = START_MS,
): Promise<RunningServer> {
  const program = startProgram(command, args);
  const { child, said, stop } = program;
  let behaviours = 0;
  return {
    url: await listening(program, "url", startMs),
    async behave(behaviour) {
      behaviours += 1;
      child.stdin?.write(`${JSON.stringify(behaviour)}\n`);
      await said("behaving", behaviours);
    },
    firstConnection: async () => void (await said("accepted")),
    stop,
  };
}

/** Where a program listens. @throws Error when it does not say so in time; it has ended then */
export async function listening(
  { said, stop }: Program,
  key: "url" | "statsUrl",
  startMs = START_MS,
): Promise<string> {
  try {
    return await within(said(key), startMs, "the server did not start");
  } catch (error) {
    await stop();
    throw error;
  }
}

/** @throws Error when it takes longer; what was waited for goes on */
export async function within<T>(what: Promise<T>, ms: number, failure: string): Promise<T> {
  return await Promise.race([
    what,
    sleep(ms).then(() => {
      throw new Error(`${failure} within ${ms / 1000} s`);
    }),
  ]);
}

/** Does not keep the process alive. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}
