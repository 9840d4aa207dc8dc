/**
 * Server-side RFC 6455 frames as bytes: building them, and finding the payload inside one. Called by the
 * connection, the replies and the faults. Pure. Invariant: a frame built here is complete and unmasked, so
 * it can be written, kept, copied or split without knowing the connection it is for.
 */
import { Buffer } from "node:buffer";

export const Opcode = {
  continuation: 0,
  text: 1,
  binary: 2,
  close: 8,
  ping: 9,
  pong: 10,
} as const;

const FIN = 0x80;

/** Bytes of a server frame's header for a payload of `length` bytes: 2, 4 or 10. */
export function headerBytes(length: number): number {
  if (length < 126) return 2;
  return length < 65536 ? 4 : 10;
}

/** Writes the header of an unmasked frame at `at`; `first` is FIN, RSV and opcode. Returns its size. */
export function writeHeader(bytes: Buffer, at: number, first: number, length: number): number {
  bytes[at] = first;
  if (length < 126) {
    bytes[at + 1] = length;
    return 2;
  }
  if (length < 65536) {
    bytes[at + 1] = 126;
    bytes[at + 2] = length >>> 8;
    bytes[at + 3] = length & 0xff;
    return 4;
  }
  bytes[at + 1] = 127;
  bytes.writeUInt32BE(Math.floor(length / 4294967296), at + 2);
  bytes.writeUInt32BE(length >>> 0, at + 6);
  return 10;
}

/** A complete unmasked frame; `first` overrides FIN + opcode for the frames that break the rules. */
export function frameOf(opcode: number, payload: Uint8Array, first = FIN | opcode): Buffer {
  const frame = Buffer.allocUnsafe(headerBytes(payload.length) + payload.length);
  frame.set(payload, writeHeader(frame, 0, first, payload.length));
  return frame;
}

/** A complete unmasked text frame. */
export function textFrame(text: string): Buffer {
  return frameOf(Opcode.text, Buffer.from(text, "utf8"));
}

/** A Close frame; without a code it has no payload (the peer sees 1005). `reason` is at most 123 bytes. */
export function closeFrame(code: number | null, reason: string): Buffer {
  if (code === null) return frameOf(Opcode.close, Buffer.alloc(0));
  const text = Buffer.from(reason, "utf8");
  const payload = Buffer.allocUnsafe(2 + text.length);
  payload.writeUInt16BE(code, 0);
  payload.set(text, 2);
  return frameOf(Opcode.close, payload);
}

/** Where the payload of a complete unmasked frame starts. */
export function payloadStart(frame: Buffer): number {
  const length = (frame[1] ?? 0) & 0x7f;
  if (length < 126) return 2;
  return length === 126 ? 4 : 10;
}

/** Codes an endpoint may put into a Close frame (RFC 6455 section 7.4 and the IANA registry). */
export function isSendableCode(code: number): boolean {
  if (code >= 3000 && code <= 4999) return true;
  return code >= 1000 && code <= 1014 && code !== 1004 && code !== 1005 && code !== 1006;
}

/** The same message as `parts` frames (a text or binary frame followed by continuations). */
export function fragmentsOf(frame: Buffer, parts: number): Buffer {
  const opcode = (frame[0] ?? 0) & 0x0f;
  const payload = frame.subarray(payloadStart(frame));
  const size = Math.ceil(payload.length / parts);
  const pieces: Buffer[] = [];
  for (let part = 0; part < parts; part += 1) {
    const fin = part === parts - 1 ? FIN : 0;
    const first = fin | (part === 0 ? opcode : Opcode.continuation);
    const piece = payload.subarray(part * size, Math.min(payload.length, (part + 1) * size));
    pieces.push(frameOf(opcode, piece, first));
  }
  return Buffer.concat(pieces);
}
