/**
 * Raw frames for the driver suite, by RFC 6455 §5.2 and independent of the code under test: what a server
 * sends (valid or not) and how it reads what a client sent.
 */
import { createHash } from "node:crypto";

export interface FrameSpec {
  readonly opcode: number;
  readonly payload?: Buffer;
  readonly fin?: boolean;
  /** RSV1..3 as a number 0..7. */
  readonly rsv?: number;
  /** Masks the payload, which a server must not. */
  readonly mask?: number;
  /** Length field to use instead of the shortest: 7, 16 or 64 bits. */
  readonly lengthBits?: 7 | 16 | 64;
  /** Length to announce instead of the payload's. */
  readonly announce?: bigint;
}

export const TEXT = 1;
export const BINARY = 2;
export const CLOSE = 8;
export const PING = 9;
export const PONG = 10;

/** A frame as a server would put it on the wire. */
export function frame(spec: FrameSpec): Buffer {
  const payload = spec.payload ?? Buffer.alloc(0);
  const length = spec.announce ?? BigInt(payload.length);
  const first = (spec.fin === false ? 0 : 0x80) | ((spec.rsv ?? 0) << 4) | spec.opcode;
  const masked = spec.mask === undefined ? 0 : 0x80;
  const head = [first, ...lengthField(length, spec.lengthBits, masked)];
  if (spec.mask === undefined) return Buffer.concat([Buffer.from(head), payload]);
  const key = Buffer.alloc(4);
  key.writeUInt32BE(spec.mask);
  return Buffer.concat([Buffer.from(head), key, unmask(payload, key)]);
}

function lengthField(length: bigint, bits: 7 | 16 | 64 | undefined, masked: number): number[] {
  const shortest = length < 126n ? 7 : length < 65536n ? 16 : 64;
  const used = bits ?? shortest;
  if (used === 7) return [masked | Number(length)];
  const bytes = used === 16 ? 2 : 8;
  const field = Buffer.alloc(8);
  field.writeBigUInt64BE(length);
  return [masked | (used === 16 ? 126 : 127), ...field.subarray(8 - bytes)];
}

export const text = (content: string): Buffer =>
  frame({ opcode: TEXT, payload: Buffer.from(content) });
export const binary = (payload: Buffer): Buffer => frame({ opcode: BINARY, payload });
export const ping = (payload: Buffer): Buffer => frame({ opcode: PING, payload });
export const pong = (payload: Buffer): Buffer => frame({ opcode: PONG, payload });

/** A Close frame; without a code it is empty. */
export function close(code?: number, reason: string | Buffer = ""): Buffer {
  if (code === undefined) return frame({ opcode: CLOSE });
  const head = Buffer.alloc(2);
  head.writeUInt16BE(code);
  return frame({ opcode: CLOSE, payload: Buffer.concat([head, Buffer.from(reason)]) });
}

/** One message as several frames. */
export function fragments(opcode: number, parts: readonly Buffer[]): Buffer[] {
  return parts.map((payload, at) =>
    frame({ opcode: at === 0 ? opcode : 0, payload, fin: at === parts.length - 1 }),
  );
}

/** Splits into pieces of `size` bytes. */
export function cut(bytes: Buffer, size: number): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size));
  return pieces;
}

function unmask(payload: Buffer, key: Buffer): Buffer {
  return Buffer.from(payload.map((byte, at) => byte ^ (key[at & 3] ?? 0)));
}

/** A payload in a trace: short plain text as it is, else length and digest. */
export function show(payload: Buffer): string {
  const plain = payload.toString("latin1");
  if (payload.length <= 24 && /^[\x20-\x7e]*$/.test(plain)) return JSON.stringify(plain);
  return `${payload.length}B ${createHash("sha1").update(payload).digest("hex").slice(0, 12)}`;
}

/** A Close payload in a trace. */
export function showClose(payload: Buffer): string {
  if (payload.length < 2) return payload.length === 0 ? "empty" : "one byte";
  return `${payload.readUInt16BE(0)} ${show(payload.subarray(2))}`;
}

export interface ClientFrame {
  readonly opcode: number;
  readonly payload: Buffer;
  readonly maskKey: number;
  /** What is wrong with it by the rules for clients, or "". */
  readonly fault: string;
}

/** Reads what a client sent, cut anywhere. */
export class ClientFrameReader {
  #carried = Buffer.alloc(0);

  take(chunk: Buffer): ClientFrame[] {
    this.#carried = Buffer.concat([this.#carried, chunk]);
    const found: ClientFrame[] = [];
    for (let next = this.#one(); next !== null; next = this.#one()) found.push(next);
    return found;
  }

  #one(): ClientFrame | null {
    const bytes = this.#carried;
    if (bytes.length < 2) return null;
    const first = bytes.readUInt8(0);
    const marker = bytes.readUInt8(1) & 0x7f;
    const extended = marker === 126 ? 2 : marker === 127 ? 8 : 0;
    if (bytes.length < 6 + extended) return null;
    const field = Buffer.concat([Buffer.alloc(8 - extended), bytes.subarray(2, 2 + extended)]);
    const length = extended === 0 ? marker : Number(field.readBigUInt64BE());
    const start = 6 + extended;
    if (bytes.length < start + length) return null;
    const key = bytes.subarray(start - 4, start);
    const payload = unmask(bytes.subarray(start, start + length), key);
    this.#carried = bytes.subarray(start + length);
    const isMasked = (bytes.readUInt8(1) & 0x80) !== 0;
    const isShortest = extended === (length < 126 ? 0 : length < 65536 ? 2 : 8);
    const fault = !isMasked
      ? "unmasked"
      : (first & 0x70) !== 0
        ? "reserved bits"
        : (first & 0x80) === 0
          ? "fragmented"
          : isShortest
            ? ""
            : "length not minimal";
    return { opcode: first & 0x0f, payload, maskKey: key.readUInt32LE(0), fault };
  }
}
