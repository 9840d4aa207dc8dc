/**
 * A run store that knows what the disk still owes it, so that virtual time can stand still meanwhile. Used by coordinator.ts.
 * Invariant: pending counts the calls under way, whatever comes of them.
 */
import type { Journal } from "../../../coordinator/store/journal.ts";
import type { RunStore, StoredRun } from "../../../coordinator/store/run-store.ts";

export class TrackedIo {
  pending = 0;
  #waiting: (() => void)[] = [];

  store(inner: RunStore): RunStore {
    return {
      create: (directory) => this.#track(inner.create(directory).then((run) => this.#run(run))),
      reopen: (directory) => this.#track(inner.reopen(directory).then((run) => this.#run(run))),
    };
  }

  /** Resolves when nothing is under way. */
  async settled(): Promise<void> {
    while (this.pending > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #run(run: StoredRun): StoredRun {
    return {
      records: () => run.records(),
      openJournal: () => {
        const opening = run.openJournal();
        return this.#track(
          opening.then(({ journal, cutBytes }) => ({ journal: this.#journal(journal), cutBytes })),
        );
      },
      writeRunFile: (file) => this.#track(run.writeRunFile(file)),
      write: (path, content) => this.#track(run.write(path, content)),
      release: () => this.#track(run.release()),
    };
  }

  #journal(journal: Journal): Journal {
    return {
      append: (record) => journal.append(record),
      get pendingBytes() {
        return journal.pendingBytes;
      },
      sync: () => this.#track(journal.sync()),
      close: () => this.#track(journal.close()),
    };
  }

  #track<T>(call: Promise<T>): Promise<T> {
    this.pending++;
    const over = () => {
      this.pending--;
      if (this.pending > 0) return;
      const waiting = this.#waiting;
      this.#waiting = [];
      for (const resolve of waiting) resolve();
    };
    call.then(over, over);
    return call;
  }
}
