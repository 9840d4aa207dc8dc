/**
 * The journal's writer: append-only, many records a write, made durable by sync(). Used by one run at a
 * time. Invariants: what sync() has returned for survives a crash; records lie in the order of append(), without a gap:
 * what a failed write left behind is cut before it is written again.
 */
import { constants } from "node:fs";
import { copyFile, type FileHandle, open, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { syncDirectory } from "./atomic-file.ts";
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
   * @throws OnrushError ONRUSH_RUN_DIRECTORY when the disk refuses: a later call tries again; what the fence throws
   */
  sync(): Promise<void>;
  /** sync() and close. Idempotent. */
  close(): Promise<void>;
}

/**
 * Opens a journal for appending, new or not. A torn tail is cut.
 * @param fence rejects when the journal is no longer this process's to write; asked before each write and after it, so
 *   that sync() only returns for what the next writer has found, too
 * @returns the journal and the number of bytes cut from its tail
 * @throws OnrushError ONRUSH_RUN_DIRECTORY, ONRUSH_JOURNAL_CORRUPT
 */
export async function openJournal(
  path: string,
  fence: () => Promise<void> = async () => {},
): Promise<{ journal: Journal; cutBytes: number }> {
  let file: FileHandle | null = null;
  try {
    file = await open(path, "a+");
    const size = (await file.stat()).size;
    const end = size === 0 ? 0 : await endOfLastRecord(path);
    if (end < size) await file.truncate(end);
    if (end === 0) await file.appendFile(JOURNAL_MAGIC);
    await file.sync();
    const endByte = end === 0 ? JOURNAL_MAGIC.length : end;
    return { journal: new FileJournal(file, { path, endByte, fence }), cutBytes: size - end };
  } catch (error) {
    await file?.close().catch(() => {});
    throw directoryError("cannot open the journal", path, error);
  }
}

/**
 * Puts the same content in another file of the same name: who has the old one open writes into nothing.
 * @throws the file system's error
 */
export async function moveJournal(path: string): Promise<void> {
  const beside = `${path}.tmp-${process.pid}`;
  await copyFile(path, beside, constants.COPYFILE_FICLONE);
  const file = await open(beside, "r+");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(beside, path);
  await syncDirectory(dirname(path));
}

class FileJournal implements Journal {
  #file: FileHandle | null;
  readonly #path: string;
  readonly #fence: () => Promise<void>;
  #waiting: Buffer[] = [];
  #pendingBytes = 0;
  #tail: Promise<void> = Promise.resolve();
  /** Of what is whole and durable. */
  #endByte: number;
  /** A write failed: something may lie behind it. */
  #torn = false;

  constructor(
    file: FileHandle,
    { path, endByte, fence }: { path: string; endByte: number; fence: () => Promise<void> },
  ) {
    this.#file = file;
    this.#path = path;
    this.#endByte = endByte;
    this.#fence = fence;
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
    if (!this.#file || this.#waiting.length === 0) return;
    await this.#fence();
    const batch = Buffer.concat(this.#waiting);
    const records = this.#waiting.length;
    try {
      if (this.#torn) await this.#file.truncate(this.#endByte);
      this.#torn = true;
      await this.#file.appendFile(batch);
      await this.#file.datasync();
      this.#torn = false;
    } catch (error) {
      throw directoryError("cannot write the journal", this.#path, error);
    }
    this.#waiting.splice(0, records);
    this.#endByte += batch.length;
    this.#pendingBytes -= batch.length;
    await this.#fence();
  }
}
