/**
 * Payloads that are made once: framed, masked, and where there is room for one, stamped in place. Made and used by payload.ts.
 * Invariant: a send writes 16 stamp bytes over a variant and nothing else.
 */
import { endianness } from "node:os";
import { crc32 } from "node:zlib";
import { draw32, Stream } from "../../shared/time/random.ts";
import { buildFrame, frameOverhead, nextMask, type Opcode } from "../socket/lean/frame-builder.ts";
import { STAMP_BYTES, stampCheck } from "./stamp.ts";

const STAMP_WORDS = STAMP_BYTES / 4;
const IS_LITTLE_ENDIAN = endianness() === "LE";

/** How a reply is recognised. */
export const Match = { none: 0, stamp: 1, hash: 2, next: 3, where: 4 } as const;
export type Match = (typeof Match)[keyof typeof Match];

/** A payload that is made once; `bytes` is what the driver takes. */
export interface Variant {
  bytes: Buffer;
  /** The stamp's place in `bytes`, as words; none without a stamp. */
  stamp: Int32Array;
  /** Where the payload begins in `bytes`, and the mask over it as one little-endian word (0: none). */
  readonly offset: number;
  readonly maskWord: number;
  readonly payload: Buffer;
  readonly hash: number;
  readonly match: Match;
  /** As an expression sees it, where one needs it. */
  readonly sent: unknown;
}

/** Whose message is built. */
export interface Sender {
  readonly index: number;
  readonly incarnation: number;
}

/** @param framed the driver takes whole frames */
export function variantOf(
  framed: boolean,
  opcode: Opcode,
  payload: Buffer,
  told: { readonly match: Match; readonly sent?: unknown },
): Variant {
  const hash = crc32(payload) | 0;
  const maskWord = framed ? nextMask() : 0;
  const offset = framed ? frameOverhead(payload.length) : 0;
  const bytes = framed ? buildFrame(opcode, payload, maskWord) : payload;
  const { match, sent } = told;
  return { ...stampable(bytes, offset), offset, maskWord, payload, hash, match, sent };
}

/** The driver keeps the variant's buffer: another takes its place. */
export function renew(variant: Variant): void {
  Object.assign(variant, stampable(variant.bytes, variant.offset));
}

export function writeStamp(variant: Variant, tag: number, sender: Sender, seq: number): void {
  const { stamp, maskWord } = variant;
  const { index, incarnation } = sender;
  const check = stampCheck(tag, index, incarnation, seq);
  stamp[0] = onWire(check ^ maskWord);
  stamp[1] = onWire(index ^ maskWord);
  stamp[2] = onWire(incarnation ^ maskWord);
  stamp[3] = onWire(seq ^ maskWord);
}

/** Bytes of a damaged message that differ from what they were. */
const DAMAGED_BYTES = 16;

/** A copy of a message, or of its masked frame, whose payload lies behind `offset`; text stays text. */
export function damaged(bytes: Buffer, offset: number): Buffer {
  const copy = Buffer.from(bytes);
  const end = Math.min(copy.length, offset + DAMAGED_BYTES);
  for (let at = offset; at < end; at++) copy[at] = (copy[at] as number) ^ 1;
  return copy;
}

/** Payload content that depends on the seed alone, so a run can be repeated byte for byte. */
export function filled(
  seed: number,
  content: { readonly fill: "random" | "zero"; readonly size: number; readonly key: number },
): Buffer {
  const payload = Buffer.alloc(content.size);
  if (content.fill === "zero") return payload;
  for (let at = 0; at < content.size; at += 4) {
    const word = draw32(seed, Stream.template, content.key, at);
    for (let byte = 0; byte < 4 && at + byte < content.size; byte++) {
      payload[at + byte] = (word >>> (byte * 8)) & 0xff;
    }
  }
  return payload;
}

/** A copy in which the payload, from `offset` on, lies so that its stamp can be written by the word. */
function stampable(bytes: Buffer, offset: number): Pick<Variant, "bytes" | "stamp"> {
  const payloadAt = Math.ceil(offset / STAMP_BYTES) * STAMP_BYTES;
  const start = payloadAt - offset;
  const buffer = new ArrayBuffer(start + bytes.length);
  const copy = Buffer.from(buffer, start);
  copy.set(bytes);
  const hasRoom = bytes.length - offset >= STAMP_BYTES;
  return { bytes: copy, stamp: new Int32Array(buffer, payloadAt, hasRoom ? STAMP_WORDS : 0) };
}

/** A word as it is kept so that its lowest byte is the first on the wire. */
function onWire(word: number): number {
  return IS_LITTLE_ENDIAN ? word : swapped(word);
}

function swapped(word: number): number {
  const swap = Buffer.alloc(4);
  swap.writeInt32LE(word | 0);
  return swap.readInt32BE();
}
