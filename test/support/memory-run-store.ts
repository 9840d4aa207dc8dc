/**
 * Runs in memory, for simulations: outlives the simulated coordinators that write to it. Invariant: as in
 * run-store.ts; above all, what was appended and not synced when its writer died is lost.
 */

import type { Journal } from "../../coordinator/store/journal.ts";
import { encodeRecord, type JournalRecord } from "../../coordinator/store/journal-record.ts";
import type { RunFile } from "../../coordinator/store/run-directory.ts";
import type { RunStore, StoredRun } from "../../coordinator/store/run-store.ts";
import { OnrushError } from "../../shared/errors.ts";

/** What is kept of one run. */
export interface KeptRun {
  readonly records: JournalRecord[];
  /** By path; run.json among them, as text. */
  readonly files: Map<string, string>;
  writing: boolean;
}

export class MemoryRunStore implements RunStore {
  readonly runs = new Map<string, KeptRun>();

  async create(directory: string): Promise<StoredRun> {
    if (this.runs.has(directory)) throw refused(`${directory} already holds a run.`);
    const kept: KeptRun = { records: [], files: new Map(), writing: true };
    this.runs.set(directory, kept);
    return new MemoryStoredRun(kept);
  }

  async reopen(directory: string): Promise<StoredRun> {
    const kept = this.runs.get(directory);
    if (!kept) throw refused(`${directory} holds no run.`);
    if (kept.writing) throw refused(`${directory} is in use.`);
    kept.writing = true;
    return new MemoryStoredRun(kept);
  }

  /** The process that wrote these runs has died: its locks are stale. */
  crash(): void {
    for (const kept of this.runs.values()) kept.writing = false;
  }
}

class MemoryStoredRun implements StoredRun {
  readonly #kept: KeptRun;

  constructor(kept: KeptRun) {
    this.#kept = kept;
  }

  async *records(): AsyncGenerator<JournalRecord> {
    yield* [...this.#kept.records];
  }

  async openJournal(): Promise<{ readonly journal: Journal; readonly cutBytes: number }> {
    return { journal: new MemoryJournal(this.#kept.records), cutBytes: 0 };
  }

  async writeRunFile(file: RunFile): Promise<void> {
    await this.write("run.json", JSON.stringify(file));
  }

  async write(path: string, content: string | Uint8Array | Iterable<string>): Promise<void> {
    const text =
      typeof content === "string"
        ? content
        : content instanceof Uint8Array
          ? Buffer.from(content).toString("latin1")
          : [...content].join("");
    this.#kept.files.set(path, text);
  }

  async release(): Promise<void> {
    this.#kept.writing = false;
  }
}

class MemoryJournal implements Journal {
  readonly #durable: JournalRecord[];
  #waiting: JournalRecord[] = [];
  #pendingBytes = 0;
  #closed = false;

  constructor(durable: JournalRecord[]) {
    this.#durable = durable;
  }

  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  append(record: JournalRecord): void {
    this.#pendingBytes += encodeRecord(record).length;
    this.#waiting.push(structuredClone(record));
  }

  async sync(): Promise<void> {
    if (this.#closed) return;
    this.#durable.push(...this.#waiting);
    this.#waiting = [];
    this.#pendingBytes = 0;
  }

  async close(): Promise<void> {
    await this.sync();
    this.#closed = true;
  }
}

function refused(message: string): OnrushError {
  return new OnrushError({ code: "ONRUSH_RUN_DIRECTORY", message });
}
