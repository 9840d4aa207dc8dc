/**
 * The bytes of a data file: of a file that is read in parts, or at hand. Given by whoever has a scenario parsed; read by
 * row-file.ts. Invariant: no more is in memory than was asked for.
 */
import { CR, isLineEnd, LF } from "./row-format.ts";
import { TableFault } from "./table.ts";

export interface DataSource {
  readonly bytes: number;
  /** It is on disk, and read in parts; false: its bytes are at hand. */
  readonly inParts: boolean;
  /** @returns `length` bytes from `at` on, or fewer where it ends before. Throws as node:fs does. */
  read(at: number, length: number): Buffer;
}

/** Path relative to the scenario file -> its bytes. Throws as node:fs does. */
export type OpenFile = (path: string) => DataSource;

const LOOKED_AT = 1024 ** 2;

export function sourceOf(content: Buffer): DataSource {
  return {
    bytes: content.length,
    inParts: false,
    read: (at, length) => content.subarray(at, at + length),
  };
}

/** @throws TableFault when the file has become shorter */
export function readAll(source: DataSource, at: number, length: number): Buffer {
  const bytes = source.read(at, length);
  if (bytes.length === length) return bytes;
  throw new TableFault("has changed while it was read", 0, "write it first, then start");
}

/** The line of the first byte from `offset` on that is not part of a line end. Reads up to there: for a message. */
export function lineAt(source: DataSource, offset: number): number {
  let at = offset;
  while (at < source.bytes && isLineEnd(source.read(at, 1)[0])) at++;
  return 1 + lineEndsBefore(source, at);
}

/** LF, CR, and CRLF as one. */
export function lineEndsBefore(source: DataSource, offset: number): number {
  let count = 0;
  let before = 0;
  for (let at = 0; at < offset; at += LOOKED_AT) {
    for (const byte of source.read(at, Math.min(LOOKED_AT, offset - at))) {
      if (byte === CR || (byte === LF && before !== CR)) count++;
      before = byte;
    }
  }
  return count;
}
