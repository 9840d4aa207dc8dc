/**
 * Makes reports in a process of their own: whatever a report costs, the loop that keeps runs and the lead alive does not
 * pay. Called by coordinator/service/rendering.ts, one job at a time. Invariant: the process has a lower priority, a bound
 * on its memory and on the time of a job; when it dies the job fails, and the next one gets a new process.
 */
import { type ChildProcess, fork } from "node:child_process";
import { setPriority } from "node:os";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { type ErrorDetails, OnrushError } from "../../../shared/errors.ts";
import type { Timers } from "../../../shared/time/timer.ts";
import type { ReportContent, ReportJob } from "../jobs.ts";

export type JobAnswer =
  | { readonly ok: true; readonly content: ReportContent }
  | { readonly ok: false; readonly error: ErrorDetails }
  | { readonly ok: false; readonly bug: string };

/** A run of a day and its PDF take less. */
const JOB_MS = 10 * 60_000;
/** Without a job for so long it ends, with what it has read. */
const IDLE_MS = 60_000;
const MAX_HEAP_MB = 2048;
const NICE = 10;

export class ReportProcess {
  readonly #timers: Timers;
  #child: ChildProcess | null = null;
  #stopIdling: () => void = () => {};

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** @throws OnrushError as ReportJobs, and ONRUSH_RUN_DIRECTORY when the process dies of the job */
  async run(job: ReportJob): Promise<ReportContent> {
    this.#stopIdling();
    const child = this.#child ?? this.#start();
    const cancel = this.#timers.after(JOB_MS, () => child.kill("SIGKILL"));
    try {
      return contentOf(await ask(child, job));
    } finally {
      cancel();
      this.#stopIdling = this.#timers.after(IDLE_MS, () => this.close());
    }
  }

  /** Ends it, and the job it is at. Idempotent. */
  close(): void {
    this.#stopIdling();
    this.#child?.kill("SIGKILL");
    this.#child = null;
  }

  #start(): ChildProcess {
    const entry = new URL(`./main${extname(import.meta.url)}`, import.meta.url);
    const child = fork(fileURLToPath(entry), {
      serialization: "advanced",
      execArgv: [`--max-old-space-size=${MAX_HEAP_MB}`],
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    child.once("exit", () => {
      if (this.#child === child) this.#child = null;
    });
    if (child.pid !== undefined) yieldToOthers(child.pid);
    this.#child = child;
    return child;
  }
}

function ask(child: ChildProcess, job: ReportJob): Promise<JobAnswer> {
  return new Promise((resolve, reject) => {
    const onMessage = (answer: JobAnswer) => {
      settle();
      resolve(answer);
    };
    const onEnd = () => {
      settle();
      reject(died());
    };
    const settle = () => {
      child.off("message", onMessage);
      child.off("exit", onEnd);
      child.off("error", onEnd);
    };
    child.on("message", onMessage);
    child.on("exit", onEnd);
    child.on("error", onEnd);
    child.send(job, (error) => {
      if (error !== null) onEnd();
    });
  });
}

function contentOf(answer: JobAnswer): ReportContent {
  if (answer.ok) return answer.content;
  throw "error" in answer ? new OnrushError(answer.error) : new Error(answer.bug);
}

/** Engines and the coordinator come first. */
function yieldToOthers(pid: number): void {
  try {
    setPriority(pid, NICE);
  } catch {
    // Gone already: its end says so.
  }
}

function died(): OnrushError {
  return new OnrushError({
    code: "ONRUSH_RUN_DIRECTORY",
    message: "the process that makes reports ended before the report was made",
    remedy: "Try again; `onrush report` makes the same report from the run's directory.",
  });
}
