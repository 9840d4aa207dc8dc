/**
 * Where the parts of a JSON text end, found in its bytes without making anything of them (RFC 8259). Called by json-fields.ts,
 * for messages that were checked to be UTF-8. Invariant: whatever is not JSON, or deeper than MAX_NESTED, is BAD; nothing
 * outside [at, end) is looked at.
 */

/** In place of an offset: not JSON as far as this can tell. */
export const BAD = -1;
/** A bit of one word each. */
const MAX_NESTED = 30;

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_MAP = 0x7b;
const CLOSE_MAP = 0x7d;
const SPACE = 0x20;
const MINUS = 0x2d;
const PLUS = 0x2b;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;

/** What may follow a backslash, but for u. */
const ESCAPED = new Set([...'"\\/bfnrt'].map((character) => character.charCodeAt(0)));
const LITERALS = ["true", "false", "null"].map((text) => Buffer.from(text));

/** First byte from `at` on that is no white space. */
export function skipSpace(bytes: Uint8Array, at: number, end: number): number {
  let next = at;
  while (next < end && (bytes[next] as number) <= SPACE && isSpace(bytes[next] as number)) next++;
  return next;
}

function isSpace(byte: number): boolean {
  return byte === SPACE || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/** @param at where the text's content begins. @returns the offset of its closing quote; BAD with anything escaped, too */
export function plainTextEnd(bytes: Uint8Array, at: number, end: number): number {
  for (let next = at; next < end; next++) {
    const byte = bytes[next] as number;
    if (byte > QUOTE && byte !== BACKSLASH) continue;
    if (byte === QUOTE) return next;
    if (byte < SPACE || byte === BACKSLASH) return BAD;
  }
  return BAD;
}

/** @param at where the text's content begins. @returns the offset of its closing quote */
export function textEnd(bytes: Uint8Array, at: number, end: number): number {
  for (let next = at; next < end; next++) {
    const byte = bytes[next] as number;
    // Letters but for the backslash, and all beyond ASCII, are nothing to look at.
    if (byte > QUOTE && byte !== BACKSLASH) continue;
    if (byte === QUOTE) return next;
    if (byte < SPACE) return BAD;
    if (byte !== BACKSLASH) continue;
    next++;
    if (next >= end) return BAD;
    if (bytes[next] === 0x75) {
      if (!isHex(bytes, next + 1, Math.min(next + 5, end))) return BAD;
      next += 4;
    } else if (!ESCAPED.has(bytes[next] as number)) return BAD;
  }
  return BAD;
}

/** Four hexadecimal digits lie in [at, end). */
function isHex(bytes: Uint8Array, at: number, end: number): boolean {
  if (end - at !== 4) return false;
  for (let next = at; next < end; next++) {
    const byte = bytes[next] as number;
    const letter = byte | 0x20;
    if (!isDigit(byte) && (letter < 0x61 || letter > 0x66)) return false;
  }
  return true;
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= NINE;
}

/** First byte from `at` on that is no digit. */
export function digitsEnd(bytes: Uint8Array, at: number, end: number): number {
  let next = at;
  while (next < end && isDigit(bytes[next] as number)) next++;
  return next;
}

/** A number, true, false or null. @returns the offset after it */
function wordEnd(bytes: Uint8Array, at: number, end: number): number {
  const byte = bytes[at] as number;
  if (byte === MINUS || isDigit(byte)) return numberEnd(bytes, at, end);
  for (const literal of LITERALS) {
    if (literal[0] !== byte) continue;
    if (end - at < literal.length) return BAD;
    for (let i = 1; i < literal.length; i++) if (bytes[at + i] !== literal[i]) return BAD;
    return at + literal.length;
  }
  return BAD;
}

function numberEnd(bytes: Uint8Array, at: number, end: number): number {
  const whole = bytes[at] === MINUS ? at + 1 : at;
  let next = digitsEnd(bytes, whole, end);
  if (next === whole || (bytes[whole] === ZERO && next > whole + 1)) return BAD;
  if (next < end && bytes[next] === POINT) {
    const from = next + 1;
    next = digitsEnd(bytes, from, end);
    if (next === from) return BAD;
  }
  if (next < end && ((bytes[next] as number) | 0x20) === 0x65) {
    let from = next + 1;
    if (from < end && (bytes[from] === PLUS || bytes[from] === MINUS)) from++;
    next = digitsEnd(bytes, from, end);
    if (next === from) return BAD;
  }
  return next;
}

/** @param at after the opening quote of a key. @returns the offset of the value behind the colon */
function valueAfterKey(bytes: Uint8Array, at: number, end: number): number {
  const close = textEnd(bytes, at, end);
  return close === BAD ? BAD : afterColon(bytes, close + 1, end);
}

/** @param at after a key. @returns the offset of the value behind the colon */
export function afterColon(bytes: Uint8Array, at: number, end: number): number {
  const colon = skipSpace(bytes, at, end);
  if (colon >= end || bytes[colon] !== COLON) return BAD;
  return skipSpace(bytes, colon + 1, end);
}

/** Any value. @param at its first byte. @returns the offset after it */
export function valueEnd(bytes: Uint8Array, at: number, end: number): number {
  let next = at;
  let depth = 0;
  // A bit for each level: set for a map.
  let maps = 0;
  for (;;) {
    if (next >= end || next === BAD) return BAD;
    const byte = bytes[next] as number;
    let isOver = true;
    if (byte === OPEN_MAP || byte === OPEN_LIST) {
      if (++depth > MAX_NESTED) return BAD;
      const isMap = byte === OPEN_MAP;
      maps = (maps << 1) | (isMap ? 1 : 0);
      next = skipSpace(bytes, next + 1, end);
      if (next >= end) return BAD;
      if (bytes[next] !== (isMap ? CLOSE_MAP : CLOSE_LIST)) {
        if (isMap) next = keyAt(bytes, next, end);
        isOver = false;
      }
    } else if (byte === QUOTE) {
      const close = textEnd(bytes, next + 1, end);
      if (close === BAD) return BAD;
      next = close + 1;
    } else next = wordEnd(bytes, next, end);
    while (isOver) {
      if (next === BAD) return BAD;
      if (depth === 0) return next;
      next = skipSpace(bytes, next, end);
      if (next >= end) return BAD;
      const isMap = (maps & 1) === 1;
      if (bytes[next] === COMMA) {
        next = skipSpace(bytes, next + 1, end);
        if (isMap) next = keyAt(bytes, next, end);
        isOver = false;
      } else if (bytes[next] === (isMap ? CLOSE_MAP : CLOSE_LIST)) {
        next++;
        depth--;
        maps >>>= 1;
      } else return BAD;
    }
  }
}

/** @param at where a key should begin. @returns the offset of its value */
function keyAt(bytes: Uint8Array, at: number, end: number): number {
  return at < end && bytes[at] === QUOTE ? valueAfterKey(bytes, at + 1, end) : BAD;
}
