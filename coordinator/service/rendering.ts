/**
 * Reports that somebody asks for, one after another and each once. Used by the HTTP routes, and by service.ts for the
 * results of long runs. Invariant: so many wait at most; what was made is kept while its journal is the same and there is
 * room; a run's own results are made before what anybody asks for.
 */
import { stat } from "node:fs/promises";
import { sleep, type Timers } from "../../shared/time/timer.ts";
import type { ReportContent, ReportJob } from "../report/jobs.ts";
import { ReportProcess } from "../report/process/report-process.ts";
import { runPath } from "../store/run-directory.ts";

const MAX_WAITING = 16;
const MAX_KEPT_BYTES = 64 * 1024 * 1024;

export interface RenderingOptions {
  readonly execute: (job: ReportJob) => Promise<ReportContent>;
  readonly close: () => void;
  readonly timers: Timers;
}

interface Waiting {
  readonly job: ReportJob;
  readonly done: (content: Promise<ReportContent>) => void;
}

/** busy: too many wait already. later: it is being made, and takes longer than was waited for. */
export type Asked = { readonly content: ReportContent } | "busy" | "later";

export class Rendering {
  readonly #options: RenderingOptions;
  readonly #waiting: Waiting[] = [];
  readonly #going = new Map<string, Promise<ReportContent>>();
  readonly #kept = new Map<string, ReportContent>();
  #keptBytes = 0;
  #busy = false;

  constructor(options: RenderingOptions) {
    this.#options = options;
  }

  /**
   * What a job makes; from the last time while the journals it reads are the same.
   * @param waitMs how long to wait for it
   * @throws what the job throws
   */
  async ask(job: Exclude<ReportJob, { kind: "write" }>, waitMs: number): Promise<Asked> {
    const key = JSON.stringify([job, await marksOf(job)]);
    const kept = this.#kept.get(key);
    if (kept !== undefined) return { content: kept };
    const going = this.#going.get(key) ?? this.#begin(key, job);
    if (going === "busy") return going;
    const content = going.then((made) => ({ content: made }));
    const late = sleep(this.#options.timers, waitMs).then(() => "later" as const);
    return Promise.race([content, late]);
  }

  /** A run's own results; it waits as long as it takes. @throws what the job throws */
  async write(job: Extract<ReportJob, { kind: "write" }>): Promise<void> {
    await this.#inLine(job, "first");
  }

  close(): void {
    this.#options.close();
  }

  #begin(key: string, job: ReportJob): Promise<ReportContent> | "busy" {
    if (this.#waiting.length >= MAX_WAITING) return "busy";
    const going = this.#inLine(job, "last").finally(() => this.#going.delete(key));
    going.then(
      (content) => this.#keep(key, content),
      () => {},
    );
    this.#going.set(key, going);
    return going;
  }

  #inLine(job: ReportJob, place: "first" | "last"): Promise<ReportContent> {
    return new Promise((resolve) => {
      const waiting = { job, done: resolve };
      if (place === "first") this.#waiting.unshift(waiting);
      else this.#waiting.push(waiting);
      if (!this.#busy) void this.#work();
    });
  }

  async #work(): Promise<void> {
    this.#busy = true;
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      const made = this.#options.execute(next.job);
      next.done(made);
      await made.catch(() => {});
    }
    this.#busy = false;
  }

  #keep(key: string, content: ReportContent): void {
    if (content.length > MAX_KEPT_BYTES) return;
    this.#kept.set(key, content);
    this.#keptBytes += content.length;
    for (const [oldest, { length }] of this.#kept) {
      if (this.#keptBytes <= MAX_KEPT_BYTES) break;
      this.#kept.delete(oldest);
      this.#keptBytes -= length;
    }
  }
}

/** In a process of its own. */
export function renderingElsewhere(timers: Timers): Rendering {
  const reports = new ReportProcess(timers);
  return new Rendering({
    ...{ timers, execute: (job) => reports.run(job), close: () => reports.close() },
  });
}

/** Other ones when a journal the job reads has grown, or is another's. */
async function marksOf(job: ReportJob): Promise<readonly string[]> {
  const directories = job.kind === "compare" ? [job.baseline, job.candidate] : [job.directory];
  return Promise.all(
    directories.map((directory) =>
      stat(runPath.journal(directory)).then(
        ({ ino, size }) => `${ino}:${size}`,
        () => "",
      ),
    ),
  );
}
