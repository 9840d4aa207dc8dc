/**
 * The server side of the RFC 6455 framing: finds frames in what was read, however it was split, checks
 * them strictly, unmasks them and, on the plain path, turns a whole read of messages into one write.
 * One decoder per process, used by every connection. Invariants: memory per connection is bounded by
 * one message; nothing handed to the connection is kept here; no frame is handed over twice, and all
 * that came before a violation is answered before it.
 */
import { Buffer, isUtf8 } from "node:buffer";
import { headerBytes, Opcode, writeHeader } from "./frame.ts";
import { type Block, blockOf, type Span, unmask } from "./unmask.ts";

/** What the decoder needs of a connection; the fields are the decoder's memory between reads. */
export interface Framed {
  /** Start of a frame whose rest has not come yet, or null. */
  partial: Buffer | null;
  partialBytes: number;
  /** Fragments of a message, unmasked; null outside a fragmented message. */
  fragments: Buffer[] | null;
  fragmentBytes: number;
  fragmentOpcode: number;
  /** False once nothing more is to be read: the rest is thrown away. */
  readable: boolean;
  /** Largest message accepted; a larger one is a violation (1009). */
  maxMessageBytes(): number;
  /** True when this message is to be echoed at once and nothing else; text in [from, to) of `bytes`. */
  isPlain(opcode: number, bytes: Buffer, from: number, to: number): boolean;
  /** Echoes a run of messages. Returns true when the bytes may be reused at once. */
  echo(run: EchoRun): boolean;
  /** A whole message as a complete server frame, valid during the call: copy what you keep. */
  message(frame: Buffer): void;
  /** A whole control frame; the payload is valid during the call. */
  control(opcode: number, payload: Buffer): void;
  /** The client broke the protocol; must set `readable` to false. */
  violation(code: number, what: string): void;
}

/** Messages of one read, already framed for the way back: bytes [from, to) of `block`. */
export interface EchoRun {
  block: Block;
  from: number;
  to: number;
  messages: number;
  payloadBytes: number;
}

/** More fragments than this in one message are refused (1008): each costs memory beyond its bytes. */
export const MAX_FRAGMENTS = 65536;

const READ_BYTES = 65536;
const Parse = { whole: 0, incomplete: 1, failed: 2 } as const;

export class Decoder {
  /** Read buffer shared by every socket; only valid during one read. */
  readonly shared: Block = blockOf(Buffer.allocUnsafeSlow(READ_BYTES));
  private scratch: Block = blockOf(Buffer.allocUnsafeSlow(READ_BYTES + 16));
  /** The header just parsed; on `incomplete`, bodyAt + length bytes are needed to learn more. */
  private first = 0;
  private bodyAt = 0;
  private length = 0;
  private failCode = 0;
  private failWhat = "";
  private readonly span: Span = { from: 0, to: 0, length: 0 };
  private readonly run: EchoRun = {
    block: this.scratch,
    from: 0,
    to: 0,
    messages: 0,
    payloadBytes: 0,
  };

  /** Takes the first `length` bytes of the shared buffer; they may be overwritten afterwards. */
  readShared(connection: Framed, length: number): void {
    this.read(connection, this.shared, length);
  }

  /** Takes a buffer that belongs to us alone, and may be written to. */
  readOwned(connection: Framed, bytes: Buffer): void {
    this.read(connection, blockOf(bytes), bytes.length);
  }

  private read(connection: Framed, block: Block, end: number): void {
    let at = 0;
    if (connection.partial !== null) {
      at = this.complete(connection, block.bytes, end);
      if (connection.partial !== null || !connection.readable) return;
    }
    at = this.frames(connection, block, at, end);
    if (at < end && connection.readable) this.stash(connection, block.bytes, at, end);
  }

  /** Keeps the start of a frame whose header was parsed last. */
  private stash(connection: Framed, bytes: Buffer, at: number, end: number): void {
    const keep = Buffer.allocUnsafe(Math.max(16, this.capacity(end - at)));
    bytes.copy(keep, 0, at, end);
    connection.partial = keep;
    connection.partialBytes = end - at;
  }

  /** Room for a frame of which `have` bytes are there: all of it when small, else at most double. */
  private capacity(have: number): number {
    return Math.min(this.bodyAt + this.length, Math.max(READ_BYTES, 2 * have));
  }

  /** Fills up the partial frame from the front of `bytes`; handles it once whole. Returns what was used. */
  private complete(connection: Framed, bytes: Buffer, end: number): number {
    let at = 0;
    for (let partial = connection.partial; partial !== null; partial = connection.partial) {
      const have = connection.partialBytes;
      const parsed = this.header(connection, partial, 0, have);
      if (parsed === Parse.failed) {
        connection.violation(this.failCode, this.failWhat);
        return end;
      }
      if (parsed === Parse.whole) {
        connection.partial = null;
        connection.partialBytes = 0;
        this.frames(connection, blockOf(partial), 0, have);
        return at;
      }
      const take = Math.min(this.bodyAt + this.length - have, end - at);
      if (take === 0) return at;
      if (have + take > partial.length) {
        const grown = Buffer.allocUnsafe(Math.max(have + take, this.capacity(have)));
        partial.copy(grown, 0, 0, have);
        partial = grown;
        connection.partial = grown;
      }
      bytes.copy(partial, have, at, at + take);
      connection.partialBytes = have + take;
      at += take;
    }
    return at;
  }

  private header(connection: Framed, bytes: Buffer, at: number, end: number): number {
    const have = end - at;
    this.bodyAt = 2;
    this.length = 0;
    if (have < 2) return Parse.incomplete;
    const first = bytes[at] ?? 0;
    const second = bytes[at + 1] ?? 0;
    const short = second & 0x7f;
    this.first = first;
    const problem = headerProblem(first, second, connection.fragments !== null);
    if (problem !== "") return this.failed(1002, problem);
    this.bodyAt = short < 126 ? 6 : short === 126 ? 8 : 14;
    if (have < this.bodyAt) return Parse.incomplete;
    let length = short;
    if (short === 126) {
      length = bytes.readUInt16BE(at + 2);
      if (length < 126) return this.failed(1002, "length not in its shortest form");
    } else if (short === 127) {
      const high = bytes.readUInt32BE(at + 2);
      length = high * 4294967296 + bytes.readUInt32BE(at + 6);
      if (high > 0x7fffffff) return this.failed(1002, "length above 63 bits");
      if (length < 65536) return this.failed(1002, "length not in its shortest form");
    }
    if ((first & 0x08) === 0) {
      const whole = (first & 0x0f) === 0 ? connection.fragmentBytes + length : length;
      if (whole > connection.maxMessageBytes()) return this.failed(1009, "message too big");
    }
    this.length = length;
    return have < this.bodyAt + length ? Parse.incomplete : Parse.whole;
  }

  private failed(code: number, what: string): number {
    this.failCode = code;
    this.failWhat = what;
    return Parse.failed;
  }

  /** Handles every whole frame in [start, end). Returns where the first incomplete one starts, or end. */
  private frames(connection: Framed, block: Block, start: number, end: number): number {
    const shared = block === this.shared;
    const { run } = this;
    let at = start;
    let parsed: number = Parse.whole;
    // A frame loses its 4-byte key on the way back, so output never overtakes input, and both stay aligned alike.
    let out = shared ? (at + 4) & 3 : at + 4;
    this.begin(out);
    while (at < end && connection.readable) {
      parsed = this.header(connection, block.bytes, at, end);
      if (parsed !== Parse.whole) break;
      const { first, length } = this;
      const target = shared ? this.scratch : block;
      run.block = target;
      const body = out + headerBytes(length);
      this.span.from = at + this.bodyAt;
      this.span.to = body;
      this.span.length = length;
      const seen = unmask(block, target, this.span);
      // Subtle: only now, because in place the header may fall on the key.
      writeHeader(target.bytes, out, first, length);
      at += this.bodyAt + length;
      const wellFormed =
        (first & 0x0f) !== Opcode.text ||
        (first & 0x80) === 0 ||
        (seen & 0x80) === 0 ||
        isUtf8(target.bytes.subarray(body, body + length));
      const whole = (first & 0x80) !== 0 && (first & 0x0f) !== 0 && first < 0x88 && wellFormed;
      if (whole && connection.isPlain(first & 0x0f, target.bytes, body, body + length)) {
        out = body + length;
        run.to = out;
        run.messages += 1;
        run.payloadBytes += length;
        continue;
      }
      this.flush(connection, shared);
      const frame = target.bytes.subarray(out, body + length);
      if (!wellFormed) connection.violation(1007, "text is not UTF-8");
      else if (whole) connection.message(frame);
      else this.other(connection, first, frame.subarray(body - out));
      out = shared ? (at + 4) & 3 : at + 4;
      this.begin(out);
    }
    this.flush(connection, shared);
    if (parsed === Parse.failed && connection.readable) {
      connection.violation(this.failCode, this.failWhat);
    }
    return connection.readable ? at : end;
  }

  private begin(out: number): void {
    this.run.from = out;
    this.run.to = out;
    this.run.messages = 0;
    this.run.payloadBytes = 0;
  }

  private flush(connection: Framed, shared: boolean): void {
    if (this.run.messages === 0) return;
    const reusable = connection.echo(this.run);
    if (shared && !reusable) this.scratch = blockOf(Buffer.allocUnsafeSlow(READ_BYTES + 16));
  }

  /** Control frames and fragments. */
  private other(connection: Framed, first: number, payload: Buffer): void {
    const opcode = first & 0x0f;
    if (opcode >= Opcode.close) {
      connection.control(opcode, payload);
      return;
    }
    if (connection.fragments === null) {
      connection.fragments = [];
      connection.fragmentOpcode = opcode;
    }
    const { fragments } = connection;
    if (fragments.length >= MAX_FRAGMENTS) {
      connection.violation(1008, "too many fragments");
      return;
    }
    fragments.push(Buffer.from(payload));
    connection.fragmentBytes += payload.length;
    if ((first & 0x80) !== 0) this.assemble(connection, fragments);
  }

  private assemble(connection: Framed, fragments: readonly Buffer[]): void {
    const opcode = connection.fragmentOpcode;
    const length = connection.fragmentBytes;
    connection.fragments = null;
    connection.fragmentBytes = 0;
    const frame = Buffer.allocUnsafe(length + 10);
    let at = writeHeader(frame, 0, 0x80 | opcode, length);
    const body = at;
    for (const fragment of fragments) {
      frame.set(fragment, at);
      at += fragment.length;
    }
    if (opcode === Opcode.text && !isUtf8(frame.subarray(body, at))) {
      connection.violation(1007, "text is not UTF-8");
      return;
    }
    connection.message(frame.subarray(0, at));
  }
}

/** What is wrong with the first two bytes of a client's frame, or "". */
function headerProblem(first: number, second: number, inMessage: boolean): string {
  if ((first & 0x70) !== 0) return "reserved bit set";
  if ((second & 0x80) === 0) return "frame not masked";
  const opcode = first & 0x0f;
  if (opcode >= Opcode.close) {
    if (opcode > Opcode.pong) return "unknown opcode";
    if ((first & 0x80) === 0) return "fragmented control frame";
    return (second & 0x7f) > 125 ? "control frame too long" : "";
  }
  if (opcode > Opcode.binary) return "unknown opcode";
  if (opcode === Opcode.continuation) return inMessage ? "" : "continuation of nothing";
  return inMessage ? "message inside a fragmented message" : "";
}
