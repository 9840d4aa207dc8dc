/**
 * Text in one form, however its characters are encoded: percent-encoded (also more than once), escaped as in JSON or
 * JavaScript, as HTML entities; lower case; a plus is a space; other characters than ASCII are their UTF-8 bytes. Used
 * by mask.ts to find secrets. Pure and linear. Invariant: equal texts in different encodings decode alike, and each
 * decoded character knows the stretch of the original it came from.
 * What stands before a secret may make an escape of its first characters (`%` before `41ab`, a backslash before `new`), and a
 * secret may look like one itself, so a text has several readings.
 */

export interface DecodedText {
  readonly text: string;
  /** Per decoded character, where its original begins and ends. */
  readonly starts: readonly number[];
  readonly ends: readonly number[];
}

const ENTITIES: Readonly<Record<string, number>> = { amp: 38, lt: 60, gt: 62, quot: 34, apos: 39 };
const ESCAPES: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9, b: 8, f: 12 };
const MAX_ENTITY_CHARS = 10;

/** What one encoded character stands for, and where what follows it begins. */
interface Unit {
  readonly code: number;
  readonly end: number;
}

/** What counts as an escape: every kind, however often it was encoded; %HH alone, encoded once; nothing. */
type Escapes = "all" | "percent" | "none";

/** All readings of a text, each as it is looked through. */
export function readingsOf(original: string): readonly DecodedText[] {
  const decoded = decodeText(original);
  if (!/[%\\&]/.test(original)) return [decoded];
  const once = original.includes("%") ? [decodeText(original, "percent")] : [];
  return [decoded, ...once, decodeText(original, "none")];
}

export function decodeText(original: string, escapes: Escapes = "all"): DecodedText {
  const text: string[] = [];
  const starts: number[] = [];
  const ends: number[] = [];
  const add = (character: string, start: number, end: number) => {
    text.push(character);
    starts.push(start);
    ends.push(end);
  };
  for (let at = 0; at < original.length; ) {
    const byte = escapes === "none" ? null : percentByte(original, at, escapes === "all");
    if (byte !== null) {
      add(lower(byte.code), at, byte.end);
      at = byte.end;
      continue;
    }
    const unit =
      (escapes === "all" ? (escaped(original, at) ?? entity(original, at)) : null) ??
      plain(original, at);
    if (unit.code >= 0) {
      for (const part of utf8(unit.code)) add(lower(part), at, unit.end);
    }
    at = unit.end;
  }
  return { text: text.join(""), starts, ends };
}

/** A byte as %HH. @param isNested the percent sign may be encoded itself */
function percentByte(text: string, at: number, isNested: boolean): Unit | null {
  if (text[at] !== "%") return null;
  let digits = at + 1;
  while (isNested && text.startsWith("25", digits) && hex(text, digits + 2, 2) !== null)
    digits += 2;
  const code = hex(text, digits, 2);
  return code === null ? null : { code, end: digits + 2 };
}

/** Backslashes and what they escape; alone, they stand for nothing, since each escaping doubles them. */
function escaped(text: string, at: number): Unit | null {
  if (text[at] !== "\\") return null;
  let next = at + 1;
  while (text[next] === "\\") next++;
  const kind = text[next];
  if (kind === "x") return found(hex(text, next + 1, 2), next + 3) ?? { code: -1, end: next };
  if (kind === "u") return unicode(text, next + 1) ?? { code: -1, end: next };
  const code = kind === undefined ? undefined : ESCAPES[kind];
  return code === undefined ? { code: -1, end: next } : { code, end: next + 1 };
}

/** After \u: four digits, two times four for what is beyond, or digits in braces. */
function unicode(text: string, at: number): Unit | null {
  if (text[at] === "{") {
    const close = text.indexOf("}", at);
    if (close < 0 || close - at > MAX_ENTITY_CHARS) return null;
    return found(hex(text, at + 1, close - at - 1), close + 1);
  }
  const high = hex(text, at, 4);
  if (high === null || (high & 0xfc00) !== 0xd800) return found(high, at + 4);
  let next = at + 4;
  while (text[next] === "\\") next++;
  const low = text[next] === "u" ? hex(text, next + 1, 4) : null;
  if (low === null || (low & 0xfc00) !== 0xdc00) return { code: high, end: at + 4 };
  return { code: 0x10000 + ((high & 0x3ff) << 10) + (low & 0x3ff), end: next + 5 };
}

function entity(text: string, at: number): Unit | null {
  if (text[at] !== "&") return null;
  const end = text.indexOf(";", at);
  if (end < 0 || end - at > MAX_ENTITY_CHARS) return null;
  const name = text.slice(at + 1, end).toLowerCase();
  const digits = /^#(?:x([0-9a-f]+)|(\d+))$/.exec(name);
  if (digits === null) return found(ENTITIES[name] ?? null, end + 1);
  const code = digits[1] === undefined ? Number(digits[2]) : Number.parseInt(digits[1], 16);
  return found(code <= 0x10ffff ? code : null, end + 1);
}

function plain(text: string, at: number): Unit {
  const code = text.codePointAt(at) as number;
  return { code, end: at + (code > 0xffff ? 2 : 1) };
}

function found(code: number | null, end: number): Unit | null {
  return code === null || code > 0x10ffff ? null : { code, end };
}

function hex(text: string, at: number, digits: number): number | null {
  let value = 0;
  if (digits < 1) return null;
  for (let digit = at; digit < at + digits; digit++) {
    const place = "0123456789abcdef".indexOf((text[digit] ?? "").toLowerCase() || "-");
    if (place < 0) return null;
    value = value * 16 + place;
  }
  return value;
}

function utf8(code: number): Iterable<number> {
  return code < 128 ? [code] : Buffer.from(String.fromCodePoint(code));
}

/** A byte as a character; ASCII letters in lower case. */
function lower(byte: number): string {
  if (byte === 0x2b) return " ";
  return String.fromCharCode(byte >= 65 && byte <= 90 ? byte + 32 : byte);
}
