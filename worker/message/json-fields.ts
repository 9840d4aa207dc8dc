/**
 * Reads single fields of a JSON message from its bytes, without parsing it: what replies are matched by are a few short
 * fields, and the rest of a message is only checked. Called by reply-expressions.ts for what was sent and for what came.
 * Invariant: read() is true only for what JSON.parse takes and that is a map; every other message is left to the parser, as
 * is a field that equal bytes do not settle (texts with escapes, fractions, lists, maps). The last of equal keys counts.
 */
import {
  afterColon,
  BAD,
  digitsEnd,
  plainTextEnd,
  skipSpace,
  textEnd,
  valueEnd,
} from "./json-tokens.ts";

/** Where a field begins: it is not there, or it is there and equal bytes do not settle it. */
export const ABSENT = -1;
export const SUBTLE = -2;

/** More digits than all doubles can tell apart. */
const MAX_DIGITS = 15;

const QUOTE = 0x22;
const SPACE = 0x20;
const COLON = 0x3a;
const COMMA = 0x2c;
const OPEN_MAP = 0x7b;
const CLOSE_MAP = 0x7d;
const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;
const FIRST_LETTER = 0x61;
const LAST_LETTER = 0x7a;

export class JsonFields {
  readonly #names: readonly Buffer[];
  /** Of the message last read, by number of the field: its bytes, quotes included; ABSENT or SUBTLE. */
  readonly starts: Int32Array;
  readonly ends: Int32Array;

  constructor(names: readonly string[]) {
    this.#names = names.map((name) => Buffer.from(name));
    this.starts = new Int32Array(names.length);
    this.ends = new Int32Array(names.length);
  }

  /** Reads the message in [start, end). False: nothing is known of it. */
  read(bytes: Uint8Array, start: number, end: number): boolean {
    this.starts.fill(ABSENT);
    let at = skipSpace(bytes, start, end);
    if (at >= end || bytes[at] !== OPEN_MAP) return false;
    at = skipSpace(bytes, at + 1, end);
    if (at < end && bytes[at] === CLOSE_MAP) return skipSpace(bytes, at + 1, end) === end;
    for (;;) {
      if (at >= end || bytes[at] !== QUOTE) return false;
      const keyEnd = plainTextEnd(bytes, at + 1, end);
      if (keyEnd === BAD) return false;
      const field = this.#numberOf(bytes, at + 1, keyEnd);
      // Mostly there is no white space.
      let value = keyEnd + 2;
      if (value >= end || bytes[value - 1] !== COLON || (bytes[value] as number) <= SPACE) {
        value = afterColon(bytes, keyEnd + 1, end);
        if (value === BAD) return false;
      }
      const valueStop =
        bytes[value] === QUOTE ? textStop(bytes, value + 1, end) : valueEnd(bytes, value, end);
      if (valueStop === BAD) return false;
      if (field >= 0) this.#take(field, bytes, value, valueStop);
      at = skipSpace(bytes, valueStop, end);
      if (at >= end) return false;
      if (bytes[at] === CLOSE_MAP) return skipSpace(bytes, at + 1, end) === end;
      if (bytes[at] !== COMMA) return false;
      at = bytes[at + 1] === QUOTE ? at + 1 : skipSpace(bytes, at + 1, end);
    }
  }

  #take(field: number, bytes: Uint8Array, start: number, end: number): void {
    this.starts[field] = isPlain(bytes, start, end) ? start : SUBTLE;
    this.ends[field] = end;
  }

  /** Number of the field with the name in [start, end); -1 when nobody asks for it. */
  #numberOf(bytes: Uint8Array, start: number, end: number): number {
    const names = this.#names;
    for (let field = 0; field < names.length; field++) {
      const name = names[field] as Buffer;
      if (name.length === end - start && isSame(name, bytes, start, end)) return field;
    }
    return -1;
  }
}

function textStop(bytes: Uint8Array, at: number, end: number): number {
  const close = textEnd(bytes, at, end);
  return close === BAD ? BAD : close + 1;
}

/** `wanted` is what lies in [start, end). */
export function isSame(wanted: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  const { length } = wanted;
  if (end - start !== length) return false;
  for (let at = 0; at < length; at++) if (bytes[start + at] !== wanted[at]) return false;
  return true;
}

/** Equal values of this form have equal bytes: a text without escapes, a whole number, true, false, null. */
export function isPlain(bytes: Uint8Array, start: number, end: number): boolean {
  const first = bytes[start] as number;
  if (first === QUOTE) return plainTextEnd(bytes, start + 1, end) === end - 1;
  if (first >= FIRST_LETTER && first <= LAST_LETTER) return true;
  const digits = first === MINUS ? start + 1 : start;
  const leading = bytes[digits] as number;
  if (leading < ZERO || leading > NINE || end - digits > MAX_DIGITS) return false;
  // -0 is 0.
  if (leading === ZERO) return digits === start && end - start === 1;
  return digitsEnd(bytes, digits, end) === end;
}
