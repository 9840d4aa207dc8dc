/**
 * One command, of a fault or of clean-up. Called by hands.ts. Invariants: no shell reads it; its environment is PATH and what
 * names the fault; what it writes is read to the end and MAX_OUTPUT_BYTES of it kept. Its process group ends with it; at the time limit,
 * or where nothing is to be left, everything it has started ends, also what has left the group. The system ends it when this process is killed.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { tied } from "../../shared/lifeline.ts";
import type { OutsideResult } from "../../shared/scenario/sections/faults/outside/outside.ts";
import type { Timers } from "../../shared/time/timer.ts";
import { kill, killMarked } from "./left-behind.ts";
import { held } from "./shown.ts";

const MAX_OUTPUT_BYTES = 4096;
/** For what it wrote last, when others still hold its output. */
const OUTPUT_GRACE_MS = 200;
const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const MARK = "ONRUSH_COMMAND";

export interface CommandLimits {
  readonly run: string;
  /** Id of the fault, or name of the step. */
  readonly fault: string;
  readonly limitMs: number;
  readonly timers: Timers;
  /** Ends it at once. */
  readonly signal: AbortSignal;
  /** Also what has left its process group ends with it. */
  readonly leavesNothing?: boolean;
}

/** Never rejects. */
export function runCommand(
  file: string,
  args: readonly string[],
  limits: CommandLimits,
): Promise<OutsideResult> {
  const { run, fault, limitMs, timers, signal, leavesNothing = false } = limits;
  if (signal.aborted) return Promise.resolve({ ok: false, outcome: "the run was over" });
  const mark = randomUUID();
  const env = { PATH, ONRUSH_RUN: run, ONRUSH_FAULT: fault, [MARK]: mark };
  return new Promise((resolve) => {
    const child = spawn(...tied(file, args), {
      ...{ detached: true, shell: false, cwd: "/", env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const output = new Output(child);
    const end = (result: OutsideResult) => {
      cancel();
      signal.removeEventListener("abort", onAbort);
      resolve(result);
    };
    const cut = (why: string) => {
      if (child.pid !== undefined) kill(-child.pid);
      killMarked(`${MARK}=${mark}`);
      output.close();
      end({ ok: false, outcome: held(`${why} ${output.text}`) });
    };
    const onAbort = () => cut("ended with the run:");
    const cancel = timers.after(limitMs, () => cut(`ended after ${limitMs / 1000} s:`));
    signal.addEventListener("abort", onAbort);
    child.once("error", ({ message }) => end({ ok: false, outcome: held(message) }));
    child.once("exit", (code, by) => {
      if (child.pid !== undefined) kill(-child.pid);
      if (leavesNothing) killMarked(`${MARK}=${mark}`);
      const how = code === null ? `ended by ${by}` : `exit ${code}`;
      void output.rest(timers).then((text) => {
        end({ ok: code === 0, outcome: held(`${how} ${text}`) });
      });
    });
  });
}

/** The end of what a command writes. */
class Output {
  readonly #child: ChildProcess;
  readonly #closed: Promise<void>;
  #kept = Buffer.alloc(0);

  constructor(child: ChildProcess) {
    this.#child = child;
    this.#closed = new Promise((resolve) => child.once("close", () => resolve()));
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on("data", (chunk: Buffer) => {
        this.#kept = Buffer.concat([this.#kept, chunk]).subarray(-MAX_OUTPUT_BYTES);
      });
    }
  }

  get text(): string {
    return this.#kept.toString("utf8");
  }

  async rest(timers: Timers): Promise<string> {
    let cancel = () => {};
    const grace = new Promise<void>((resolve) => {
      cancel = timers.after(OUTPUT_GRACE_MS, resolve);
    });
    await Promise.race([this.#closed, grace]);
    cancel();
    this.close();
    return this.text;
  }

  close(): void {
    this.#child.stdout?.destroy();
    this.#child.stderr?.destroy();
  }
}
