/**
 * The journal's writer: append-only, many records a write, made durable by sync(). Used by one run at a
 * time. Invariants: what sync() has returned for survives a crash; records lie in the order of append();
 * after a failed write nothing more is written, so a reader never sees a gap.
 */
import { type FileHandle, open } from "node:fs/promises";
import { endOfLastRecord } from "./journal-reader.ts";
import {
  directoryError,
  encodeRecord,
  JOURNAL_MAGIC,
  type JournalRecord,
} from "./journal-record.ts";

/** Waiting bytes above which append() asks the caller to sync (see pendingBytes). */
export const PENDING_BYTES_BOUND = 8 * 1024 * 1024;

export interface Journal {
  /** Queues a record. */
  append(record: JournalRecord): void;
  /** Bytes appended and not yet durable; the caller syncs at the latest above PENDING_BYTES_BOUND. */
  readonly pendingBytes: number;
  /**
   * Writes and fsyncs everything appended so far. Calls queue up behind one another.
   * @throws OnrushError ONRUSH_RUN_DIRECTORY when the disk refuses; every later call throws it again.
   */
  sync(): Promise<void>;
  /** sync() and close. Idempotent. */
  close(): Promise<void>;
}

/**
 * Opens a journal for appending, new or not. A torn tail is cut.
 * @returns the journal and the number of bytes cut from its tail
 * @throws OnrushError ONRUSH_RUN_DIRECTORY, ONRUSH_JOURNAL_CORRUPT
 */
export async function openJournal(path: string): Promise<{ journal: Journal; cutBytes: number }> {
  try {
    const file = await open(path, "a+");
    const size = (await file.stat()).size;
    const end = size === 0 ? 0 : await endOfLastRecord(path);
    if (end < size) await file.truncate(end);
    if (end === 0) await file.appendFile(JOURNAL_MAGIC);
    await file.sync();
    return { journal: new FileJournal(file, path), cutBytes: size - end };
  } catch (error) {
    throw directoryError("cannot open the journal", path, error);
  }
}

class FileJournal implements Journal {
  #file: FileHandle | null;
  readonly #path: string;
  #waiting: Buffer[] = [];
  #pendingBytes = 0;
  #tail: Promise<void> = Promise.resolve();
  #failure: Error | null = null;

  constructor(file: FileHandle, path: string) {
    this.#file = file;
    this.#path = path;
  }

  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  append(record: JournalRecord): void {
    const bytes = encodeRecord(record);
    this.#waiting.push(bytes);
    this.#pendingBytes += bytes.length;
  }

  sync(): Promise<void> {
    this.#tail = this.#tail.catch(() => {}).then(() => this.#flush());
    return this.#tail;
  }

  async close(): Promise<void> {
    if (!this.#file) return;
    try {
      await this.sync();
    } finally {
      const file = this.#file;
      this.#file = null;
      await file.close();
    }
  }

  async #flush(): Promise<void> {
    if (this.#failure) throw this.#failure;
    if (!this.#file || this.#waiting.length === 0) return;
    const batch = Buffer.concat(this.#waiting);
    this.#waiting = [];
    try {
      await this.#file.appendFile(batch);
      await this.#file.datasync();
    } catch (error) {
      this.#failure = directoryError("cannot write the journal", this.#path, error);
      throw this.#failure;
    }
    this.#pendingBytes -= batch.length;
  }
}
