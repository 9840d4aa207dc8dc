/**
 * One record of the journal as bytes. Layout, big-endian: length u32 of what follows the checksum,
 * CRC-32 u32 of it, then type u8 and payload. A frame's payload is epoch f64, seq f64 and the frame body
 * verbatim, whether it is a late one or not; the others are UTF-8 JSON.
 * Invariant: a record is read back as it was written, or not at all.
 */
import { crc32 } from "node:zlib";
import { assert } from "../../shared/assert.ts";
import { OnrushError } from "../../shared/errors.ts";
import type { RunEvent } from "./event.ts";
import { currentNames } from "./older-events.ts";

/** Opens every journal: eight bytes that name the format and its version. */
export const JOURNAL_MAGIC = Buffer.from("ONRUSHJ1", "latin1");
export const RECORD_HEAD_BYTES = 8;
/** A longer length is damage, not a record. */
export const MAX_RECORD_BYTES = 64 * 1024 * 1024;

const FRAME_HEAD_BYTES = 16;
const TYPE = { header: 1, frame: 2, event: 3, state: 4, lateFrame: 5 } as const;

export type JournalRecord =
  /** The first record: what the run is; the shape is the reader's business (merge/facts.ts). */
  | { readonly type: "header"; readonly header: unknown }
  | {
      readonly type: "frame";
      readonly epoch: number;
      readonly seq: number;
      readonly body: Uint8Array;
      /** It came by appendLateFrame: its epoch was fenced already. */
      readonly late: boolean;
    }
  /** State changes have a record type of their own on disk, so that they can be found without parsing. */
  | { readonly type: "event"; readonly event: RunEvent };

/** The record's bytes, head included. */
export function encodeRecord(record: JournalRecord): Buffer {
  const payload = record.type === "frame" ? framePayload(record) : jsonPayload(record);
  assert(payload.length + 1 <= MAX_RECORD_BYTES, "journal record within its bound");
  const bytes = Buffer.allocUnsafe(RECORD_HEAD_BYTES + 1 + payload.length);
  bytes.writeUInt32BE(payload.length + 1, 0);
  bytes.writeUInt8(typeOf(record), RECORD_HEAD_BYTES);
  payload.copy(bytes, RECORD_HEAD_BYTES + 1);
  bytes.writeUInt32BE(crc32(bytes.subarray(RECORD_HEAD_BYTES)), 4);
  return bytes;
}

/** What a record's head announces, or null when it cannot be the head of one. */
export function readRecordHead(head: Buffer): { length: number; checksum: number } | null {
  const length = head.readUInt32BE(0);
  if (length < 1 || length > MAX_RECORD_BYTES) return null;
  return { length, checksum: head.readUInt32BE(4) };
}

/**
 * @param content type and payload, as long as the head says; kept by a frame record, so not to be reused
 * @returns null when the checksum does not fit
 * @throws OnrushError ONRUSH_JOURNAL_CORRUPT for a whole record that is no known one
 */
export function decodeRecord(content: Buffer, checksum: number): JournalRecord | null {
  if (crc32(content) !== checksum) return null;
  const payload = content.subarray(1);
  switch (content[0]) {
    case TYPE.header:
      return { type: "header", header: JSON.parse(payload.toString("utf8")) };
    case TYPE.event:
    case TYPE.state:
      return {
        type: "event",
        event: JSON.parse(payload.toString("utf8"), currentNames) as RunEvent,
      };
    case TYPE.frame:
    case TYPE.lateFrame:
      return {
        type: "frame",
        epoch: payload.readDoubleBE(0),
        seq: payload.readDoubleBE(8),
        body: payload.subarray(FRAME_HEAD_BYTES),
        late: content[0] === TYPE.lateFrame,
      };
    default:
      throw new OnrushError({
        code: "ONRUSH_JOURNAL_CORRUPT",
        message: `The journal holds a record of the unknown type ${content[0]}.`,
        remedy: "Read it with the version of Onrush that wrote it, or a later one.",
      });
  }
}

function typeOf(record: JournalRecord): number {
  if (record.type === "event" && record.event.type === "state") return TYPE.state;
  if (record.type === "frame" && record.late) return TYPE.lateFrame;
  return TYPE[record.type];
}

function framePayload(record: { epoch: number; seq: number; body: Uint8Array }): Buffer {
  const payload = Buffer.allocUnsafe(FRAME_HEAD_BYTES + record.body.length);
  payload.writeDoubleBE(record.epoch, 0);
  payload.writeDoubleBE(record.seq, 8);
  payload.set(record.body, FRAME_HEAD_BYTES);
  return payload;
}

function jsonPayload(record: Exclude<JournalRecord, { type: "frame" }>): Buffer {
  return Buffer.from(JSON.stringify(record.type === "header" ? record.header : record.event));
}

/** A file system error as an operating error of the run directory. */
export function directoryError(what: string, path: string, cause: unknown): OnrushError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new OnrushError({
    code: "ONRUSH_RUN_DIRECTORY",
    message: `${what} ${path}: ${reason}`,
    remedy:
      "Check free space and permissions, or choose another place: `onrush run --run-dir DIR`, `onrush coordinator --data DIR`.",
    cause,
  });
}
