/**
 * Single escapes in a text: %HH, backslashes of JSON and JavaScript, HTML entities. Called by decoded-text.ts. Pure. Invariant: an escape
 * ends behind where it begins, and what is none is null.
 */

const ENTITIES: Readonly<Record<string, number>> = { amp: 38, lt: 60, gt: 62, quot: 34, apos: 39 };
const ESCAPES: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9, b: 8, f: 12 };
const BACKSLASH = 92;
const MAX_ENTITY_CHARS = 10;

/** What one encoded character stands for, and where what follows it begins. */
export interface Escape {
  /** A byte, or a code point; -1: nothing. */
  readonly code: number;
  readonly isByte: boolean;
  readonly end: number;
}

/** @param kind all: of any, with a percent sign that is encoded itself, and backslashes that are doubled */
export function escapeOf(
  text: string,
  at: number,
  kind: "percent" | "backslash" | "entity" | "all",
): Escape | null {
  const isAll = kind === "all";
  switch (text[at]) {
    case "%":
      return isAll || kind === "percent" ? percent(text, at, isAll) : null;
    case "\\":
      return isAll || kind === "backslash" ? backslash(text, at, isAll) : null;
    case "&":
      return isAll || kind === "entity" ? entity(text, at) : null;
    default:
      return null;
  }
}

/** A byte as %HH. */
function percent(text: string, at: number, isNested: boolean): Escape | null {
  let digits = at + 1;
  while (isNested && text.startsWith("25", digits) && hex(text, digits + 2, 2) !== null)
    digits += 2;
  const code = hex(text, digits, 2);
  return code === null ? null : { code, isByte: true, end: digits + 2 };
}

/** A backslash and what it escapes. @param isNested each escaping doubled it: all of them stand for nothing */
function backslash(text: string, at: number, isNested: boolean): Escape {
  let next = at + 1;
  while (isNested && text[next] === "\\") next++;
  const kind = text[next];
  if (kind === "\\") return point(BACKSLASH, next + 1);
  if (kind === "x") return found(hex(text, next + 1, 2), next + 3) ?? point(-1, next);
  if (kind === "u") return unicode(text, next + 1) ?? point(-1, next);
  const code = kind === undefined ? undefined : ESCAPES[kind];
  return code === undefined ? point(-1, next) : point(code, next + 1);
}

/** After \u: four digits, two times four for what is beyond, or digits in braces. */
function unicode(text: string, at: number): Escape | null {
  if (text[at] === "{") {
    const close = closeOf(text, at, "}");
    if (close < 0) return null;
    return found(hex(text, at + 1, close - at - 1), close + 1);
  }
  const high = hex(text, at, 4);
  if (high === null || (high & 0xfc00) !== 0xd800) return found(high, at + 4);
  let next = at + 4;
  while (text[next] === "\\") next++;
  const low = text[next] === "u" ? hex(text, next + 1, 4) : null;
  if (low === null || (low & 0xfc00) !== 0xdc00) return point(high, at + 4);
  return point(0x10000 + ((high & 0x3ff) << 10) + (low & 0x3ff), next + 5);
}

function entity(text: string, at: number): Escape | null {
  const end = closeOf(text, at, ";");
  if (end < 0) return null;
  const name = text.slice(at + 1, end).toLowerCase();
  const digits = /^#(?:x([0-9a-f]+)|(\d+))$/.exec(name);
  if (digits === null) return found(ENTITIES[name] ?? null, end + 1);
  const code = digits[1] === undefined ? Number(digits[2]) : Number.parseInt(digits[1], 16);
  return found(code, end + 1);
}

/** Where what begins at `at` is closed; -1: not near. It looks no further, so that a text of many such signs costs its length. */
function closeOf(text: string, at: number, sign: string): number {
  const place = text.slice(at, at + MAX_ENTITY_CHARS + 1).indexOf(sign);
  return place < 0 ? -1 : at + place;
}

function point(code: number, end: number): Escape {
  return { code, isByte: false, end };
}

function found(code: number | null, end: number): Escape | null {
  return code === null || code > 0x10ffff ? null : point(code, end);
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
