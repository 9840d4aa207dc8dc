/**
 * Reads a journal record by record in bounded memory (one chunk, one record). Used to rebuild a run, live or
 * killed. Invariant: every whole record up to the first damage is given, nothing after it; the damage
 * is said, never repaired silently.
 */
import { type FileHandle, open } from "node:fs/promises";
import { OnrushError } from "../../shared/errors.ts";
import {
  decodeRecord,
  directoryError,
  JOURNAL_MAGIC,
  type JournalRecord,
  RECORD_HEAD_BYTES,
  readRecordHead,
} from "./journal-record.ts";

const CHUNK_BYTES = 256 * 1024;

export interface JournalTail {
  /** Offset behind the last whole record. */
  readonly endByte: number;
  /** Bytes behind it that belong to no whole record; 0 for an intact journal. */
  readonly tornBytes: number;
}

/**
 * All whole records in order; returns what the tail looks like.
 * @param fromByte where an earlier reading ended (JournalTail.endByte); 0 for the start
 * @throws OnrushError ONRUSH_RUN_DIRECTORY when it cannot be read, ONRUSH_JOURNAL_CORRUPT when it is no journal
 */
export async function* readJournal(
  path: string,
  fromByte = 0,
): AsyncGenerator<JournalRecord, JournalTail, undefined> {
  const file = await open(path, "r").catch((error: unknown) => {
    throw directoryError("cannot read the journal", path, error);
  });
  try {
    const reader = new ByteReader(file, fromByte);
    if (fromByte === 0) await checkMagic(reader, path);
    let endByte = reader.offset;
    for (;;) {
      const record = await readRecord(reader);
      if (!record) break;
      endByte = reader.offset;
      yield record;
    }
    return { endByte, tornBytes: (await file.stat()).size - endByte };
  } finally {
    await file.close();
  }
}

/** Offset behind the last whole record; 0 when not even the magic is whole. */
export async function endOfLastRecord(path: string): Promise<number> {
  const records = readJournal(path);
  for (;;) {
    const step = await records.next();
    if (step.done) return step.value.endByte;
  }
}

async function checkMagic(reader: ByteReader, path: string): Promise<void> {
  const magic = await reader.take(JOURNAL_MAGIC.length);
  // Torn inside the magic: an empty journal whose tail is all there is.
  if (magic === null || magic.equals(JOURNAL_MAGIC)) return;
  throw new OnrushError({
    code: "ONRUSH_JOURNAL_CORRUPT",
    message: `${path} is not a journal this version can read.`,
    remedy: "Read it with the version of Onrush that wrote it.",
  });
}

async function readRecord(reader: ByteReader): Promise<JournalRecord | null> {
  const headBytes = await reader.take(RECORD_HEAD_BYTES);
  const head = headBytes === null ? null : readRecordHead(headBytes);
  if (!head) return null;
  const content = await reader.take(head.length);
  return content === null ? null : decodeRecord(content, head.checksum);
}

/** Reads ahead in chunks. */
class ByteReader {
  readonly #file: FileHandle;
  #buffer: Buffer = Buffer.alloc(0);
  #position: number;
  /** Where what was taken ends. */
  offset: number;

  constructor(file: FileHandle, fromByte: number) {
    this.#file = file;
    this.#position = fromByte;
    this.offset = fromByte;
  }

  /** The next `length` bytes as a buffer of their own, or null when the file ends before. */
  async take(length: number): Promise<Buffer | null> {
    while (this.#buffer.length < length) {
      // Doubles with what is there, not with what a damaged head announces.
      const chunk = Buffer.allocUnsafe(Math.max(CHUNK_BYTES, this.#buffer.length));
      const { bytesRead } = await this.#file.read(chunk, 0, chunk.length, this.#position);
      if (bytesRead === 0) return null;
      this.#position += bytesRead;
      this.#buffer = Buffer.concat([this.#buffer, chunk.subarray(0, bytesRead)]);
    }
    const taken = Buffer.from(this.#buffer.subarray(0, length));
    this.#buffer = this.#buffer.subarray(length);
    this.offset += length;
    return taken;
  }
}
