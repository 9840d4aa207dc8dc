/**
 * Reads the few kinds of MessagePack value that frames consist of, one after another, as the schema in
 * frame-codec.ts asks for them. Invariant: the bytes are hostile; no length is believed before it was
 * compared with its cap and with the bytes that are left, so memory stays in proportion to the input.
 */
import { OnrushError } from "../../errors.ts";

/** Entries a list may have beyond those this version knows. */
const MAX_UNKNOWN = 64;
/** Bounds of a value that is skipped because this version does not know it. */
const MAX_SKIPPED = 65_536;
const MAX_DEPTH = 4;

export class FrameReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** @throws OnrushError ONRUSH_FRAME_INVALID, naming the field and the place. */
  refuse(what: string, why: string): never {
    throw new OnrushError({
      code: "ONRUSH_FRAME_INVALID",
      message: `frame refused: ${what} ${why} (before byte ${this.#at})`,
      remedy: "Run the same version of Onrush on the coordinator and on all workers.",
    });
  }

  end(): void {
    if (this.#at !== this.#bytes.length) this.refuse("the frame", "has bytes after its end");
  }

  /** Length of the array that follows. */
  array(what: string, most: number): number {
    const type = this.#byte(what);
    let length: number;
    if (type >= 0x90 && type <= 0x9f) length = type - 0x90;
    else if (type === 0xdc) length = this.#bytes.readUInt16BE(this.#skip(2, what));
    else if (type === 0xdd) length = this.#bytes.readUInt32BE(this.#skip(4, what));
    else return this.refuse(what, "is not an array");
    if (length > most) this.refuse(what, `has ${length} entries, more than ${most}`);
    // Every entry takes at least one byte.
    if (length > this.#bytes.length - this.#at) this.refuse(what, "is cut short");
    return length;
  }

  /** An array of exactly this many entries follows. */
  tuple(what: string, length: number): void {
    const actual = this.array(what, length);
    if (actual !== length) this.refuse(what, `has ${actual} entries, not ${length}`);
  }

  /** Whether an array follows. */
  get startsArray(): boolean {
    const type = this.#bytes[this.#at];
    return type !== undefined && ((type >= 0x90 && type <= 0x9f) || type === 0xdc || type === 0xdd);
  }

  boolean(what: string): boolean {
    const type = this.#byte(what);
    if (type === 0xc3) return true;
    if (type === 0xc2) return false;
    return this.refuse(what, "is not a boolean");
  }

  /** True, and consumed, when null follows. */
  skipNull(): boolean {
    if (this.#bytes[this.#at] !== 0xc0) return false;
    this.#at++;
    return true;
  }

  /** A finite number. */
  number(what: string): number {
    const type = this.#byte(what);
    if (type <= 0x7f) return type;
    if (type >= 0xe0) return type - 0x100;
    let value: number;
    if (type === 0xcc) value = this.#byte(what);
    else if (type === 0xcd) value = this.#bytes.readUInt16BE(this.#skip(2, what));
    else if (type === 0xce) value = this.#bytes.readUInt32BE(this.#skip(4, what));
    else if (type === 0xcb) value = this.#bytes.readDoubleBE(this.#skip(8, what));
    else if (type === 0xca) value = this.#bytes.readFloatBE(this.#skip(4, what));
    else if (type === 0xd0) value = this.#bytes.readInt8(this.#skip(1, what));
    else if (type === 0xd1) value = this.#bytes.readInt16BE(this.#skip(2, what));
    else if (type === 0xd2) value = this.#bytes.readInt32BE(this.#skip(4, what));
    else return this.refuse(what, "is not a number");
    if (!Number.isFinite(value)) this.refuse(what, "is not finite");
    return value;
  }

  /** A finite number of at least 0. */
  size(what: string): number {
    const value = this.number(what);
    if (value < 0) this.refuse(what, "is negative");
    return value;
  }

  /** An integer in [least, most]. */
  integer(what: string, least: number, most: number): number {
    const value = this.number(what);
    if (!Number.isInteger(value)) this.refuse(what, "is not an integer");
    if (value < least || value > most) {
      this.refuse(what, `is ${value}, outside ${least}..${most}`);
    }
    return value;
  }

  /** An exact count. */
  count(what: string): number {
    return this.integer(what, 0, Number.MAX_SAFE_INTEGER);
  }

  /** An array of at least this many entries follows; how many there are beyond. */
  atLeast(what: string, length: number): number {
    const actual = this.array(what, length + MAX_UNKNOWN);
    if (actual < length) this.refuse(what, `has ${actual} entries, not ${length}`);
    return actual - length;
  }

  /** Counts of a list that may have had fewer entries when the frame was written, or more: as many as there are. */
  grownCounts(what: string, known: number): number[] {
    const length = this.array(what, known + MAX_UNKNOWN);
    const counts: number[] = [];
    for (let at = 0; at < length; at++) counts.push(this.count(what));
    return counts;
  }

  /** Consumes one value of any kind that frames consist of, arrays up to MAX_DEPTH deep. */
  skipValue(what: string, depth = 0): void {
    const type = this.#bytes[this.#at];
    if (type === undefined) this.refuse(what, "is cut short");
    if (depth > MAX_DEPTH) this.refuse(what, "is nested too deep");
    if ((type >= 0x90 && type <= 0x9f) || type === 0xdc || type === 0xdd) {
      const length = this.array(what, MAX_SKIPPED);
      for (let at = 0; at < length; at++) this.skipValue(what, depth + 1);
    } else if (type === 0xc0) this.#at++;
    else if (type === 0xc2 || type === 0xc3) this.boolean(what);
    else if (type >= 0xc4 && type <= 0xc6) this.binary(what, MAX_SKIPPED);
    else if ((type >= 0xa0 && type <= 0xbf) || type === 0xd9 || type === 0xda) {
      this.text(what, MAX_SKIPPED);
    } else this.number(what);
  }

  /** `length` exact counts, as an array. */
  counts(what: string, length: number): number[] {
    this.tuple(what, length);
    const counts: number[] = [];
    for (let at = 0; at < length; at++) counts.push(this.count(what));
    return counts;
  }

  text(what: string, most: number): string {
    const type = this.#byte(what);
    let length: number;
    if (type >= 0xa0 && type <= 0xbf) length = type - 0xa0;
    else if (type === 0xd9) length = this.#byte(what);
    else if (type === 0xda) length = this.#bytes.readUInt16BE(this.#skip(2, what));
    else return this.refuse(what, "is not a text, or too long a one");
    const start = this.#skip(length, what);
    const text = this.#bytes.toString("utf8", start, start + length);
    if (text.length > most) this.refuse(what, `has more than ${most} characters`);
    return text;
  }

  /** Bytes, as a view into the frame. */
  binary(what: string, most: number): Uint8Array {
    const type = this.#byte(what);
    let length: number;
    if (type === 0xc4) length = this.#byte(what);
    else if (type === 0xc5) length = this.#bytes.readUInt16BE(this.#skip(2, what));
    else if (type === 0xc6) length = this.#bytes.readUInt32BE(this.#skip(4, what));
    else return this.refuse(what, "is not binary");
    if (length > most) this.refuse(what, `has ${length} bytes, more than ${most}`);
    const start = this.#skip(length, what);
    return this.#bytes.subarray(start, start + length);
  }

  #byte(what: string): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) return this.refuse(what, "is cut short");
    this.#at++;
    return byte;
  }

  /** Position of the next `length` bytes, which are consumed. */
  #skip(length: number, what: string): number {
    const start = this.#at;
    if (length > this.#bytes.length - start) this.refuse(what, "is cut short");
    this.#at += length;
    return start;
  }
}
