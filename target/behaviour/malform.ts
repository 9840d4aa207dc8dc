/**
 * Damage: one flipped bit in a reply, and frames no server may send. Called by the replies. Pure.
 * Invariant: a corrupted text stays UTF-8, so that what a client sees is damage and not a protocol error;
 * each malformed frame breaks exactly one rule.
 */
import { Buffer } from "node:buffer";
import { frameOf, headerBytes, Opcode, payloadStart } from "../connection/frame.ts";

/** Frames no server may send. */
export const MALFORMED_FRAMES = [
  "masked",
  "bad-utf8",
  "bad-opcode",
  "reserved-bit",
  "oversize-control",
  "fragmented-control",
  "orphan-continuation",
  "long-length",
  "bad-close-code",
] as const;
type MalformedFrame = (typeof MALFORMED_FRAMES)[number];

/** Where a flipped bit may lie. */
interface CorruptionPlace {
  readonly where: "any" | "stamp" | "body";
  readonly stampBytes: number;
}

/**
 * A copy of the frame with one payload bit flipped, chosen by `draw` (32 bits); null when it has no byte
 * there. Subtle: in text only bit 0 of a character's last byte is flipped, which always gives UTF-8 again.
 */
export function corrupted(frame: Buffer, place: CorruptionPlace, draw: number): Buffer | null {
  const start = payloadStart(frame);
  const stampEnd = Math.min(frame.length, start + place.stampBytes);
  const from = place.where === "body" ? stampEnd : start;
  const end = place.where === "stamp" ? stampEnd : frame.length;
  if (from >= end) return null;
  let at = from + ((draw >>> 3) % (end - from));
  const copy = Buffer.from(frame);
  const isText = ((frame[0] ?? 0) & 0x0f) === Opcode.text;
  while (isText && ((copy[at + 1] ?? 0) & 0xc0) === 0x80) at += 1;
  copy[at] = (copy[at] ?? 0) ^ (isText ? 1 : 1 << (draw & 7));
  return copy;
}

/** A frame that breaks one rule of RFC 6455; `frame` is the reply it stands in for. */
export function malformed(kind: MalformedFrame, frame: Buffer): Buffer {
  const payload = frame.subarray(payloadStart(frame));
  const first = frame[0] ?? 0x82;
  switch (kind) {
    case "masked":
      return masked(first, payload);
    case "bad-utf8":
      return frameOf(Opcode.text, Buffer.from([0x6f, 0x6b, 0xc3, 0x28]));
    case "bad-opcode":
      return frameOf(0, payload, 0x8b);
    case "reserved-bit":
      return frameOf(0, payload, first | 0x20);
    case "oversize-control":
      return frameOf(Opcode.ping, Buffer.alloc(126, 0x70));
    case "fragmented-control":
      return frameOf(Opcode.ping, Buffer.from("ping"), Opcode.ping);
    case "orphan-continuation":
      return frameOf(0, payload, 0x80);
    case "long-length":
      return Buffer.concat([Buffer.from([0x82, 126, 0, 5]), Buffer.alloc(5, 0x61)]);
    case "bad-close-code":
      return frameOf(Opcode.close, Buffer.from([0x03, 0xed]));
  }
}

/** A frame with a mask, as only clients may send; the key is zero, so the payload reads as it is. */
function masked(first: number, payload: Buffer): Buffer {
  const size = headerBytes(payload.length);
  const plain = frameOf(0, payload, first);
  plain[1] = (plain[1] ?? 0) | 0x80;
  return Buffer.concat([plain.subarray(0, size), Buffer.alloc(4), plain.subarray(size)]);
}
