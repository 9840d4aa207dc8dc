/**
 * For how much of the time this thread could have run and had no processor, from one look to the next. Used by self-check.ts. What others
 * take shows here, and nowhere else in our own figures: a thread that waits is neither busy nor does it use a processor; one that was
 * stopped does not wait. Source: the second number of schedstat (kernel.org, Documentation/scheduler/sched-stats): nanoseconds on a
 * run queue.
 * Invariant: what the system does not tell is 0; a look is one small file.
 */
import { readFileSync } from "node:fs";

const FILE = "/proc/thread-self/schedstat";

export class ProcessorWatch {
  readonly #read: (file: string) => string;
  #lastNs: number | null;

  /** @param read of a file; throws where there is none */
  constructor(read = (file: string) => readFileSync(file, "utf8")) {
    this.#read = read;
    this.#lastNs = this.#waitedNs();
  }

  /** Share of the last `spanUs` in which it waited for a processor, 0..1. */
  sample(spanUs: number): number {
    const last = this.#lastNs;
    const now = this.#waitedNs();
    this.#lastNs = now;
    if (now === null || last === null) return 0;
    return Math.min(1, Math.max(0, (now - last) / 1000 / spanUs));
  }

  #waitedNs(): number | null {
    try {
      const waited = /^\d+ (\d+) /.exec(this.#read(FILE))?.[1];
      return waited === undefined ? null : Number(waited);
    } catch {
      // Not Linux, or not for us to see.
      return null;
    }
  }
}
