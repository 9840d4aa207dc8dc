/**
 * One placeholder of a template as UTF-8 bytes, written straight into a buffer. Called by compiled-template.ts on the data plane.
 * Invariant: the bytes are those of the text that segment.ts makes; what has a fixed form is written without making text.
 */
import { draw, type RenderContext, randomInt } from "./render.ts";
import { Mode, renderSegment, type Segment } from "./segment.ts";

/** Instead of an offset: the buffer is too short. */
export const NO_ROOM = -1;
/** A UUID between quotes is the longest of what has a fixed form. */
const FIXED_BYTES = 38;
/** Of a character of a string, in UTF-8. */
const MAX_BYTES_PER_CHAR = 3;

const QUOTE = 0x22;
const HYPHEN = 0x2d;
const ZERO = 0x30;
const LETTER_C = 0x63;
const HEX = Buffer.from("0123456789abcdef");
/** Nine digits at a time are a small integer. */
const BILLION = 1_000_000_000;

/** Writes at `at`. @returns the offset after it, or NO_ROOM */
export function writeSegment(
  segment: Segment,
  context: RenderContext,
  target: Buffer,
  at: number,
): number {
  if (target.length - at < FIXED_BYTES) return NO_ROOM;
  const { placeholder, mode, site } = segment;
  const isQuoted = mode === Mode.jsonValue;
  switch (placeholder.kind) {
    case "conn.index":
      return writeWhole(context.connectionIndex, target, at);
    case "conn.attempt":
      return writeWhole(context.attempt, target, at);
    case "seq":
      return writeWhole(context.seq, target, at);
    case "now":
      return writeWhole(context.nowMs, target, at);
    case "int":
      return writeWhole(randomInt(placeholder.min, placeholder.max, site, context), target, at);
    case "conn.id": {
      if (isQuoted) target[at] = QUOTE;
      const letterAt = isQuoted ? at + 1 : at;
      target[letterAt] = LETTER_C;
      return closed(target, writeWhole(context.connectionIndex, target, letterAt + 1), isQuoted);
    }
    case "uuid":
      if (isQuoted) target[at] = QUOTE;
      return closed(target, writeUuid(segment, context, target, isQuoted ? at + 1 : at), isQuoted);
    default:
      return writeText(renderSegment(segment, context), target, at);
  }
}

function closed(target: Buffer, at: number, isQuoted: boolean): number {
  if (!isQuoted) return at;
  target[at] = QUOTE;
  return at + 1;
}

function writeText(text: string, target: Buffer, at: number): number {
  if (text.length * MAX_BYTES_PER_CHAR > target.length - at) return NO_ROOM;
  return at + target.write(text, at);
}

/** A number, mostly a whole one; in at most 25 bytes. */
function writeWhole(value: number, target: Buffer, at: number): number {
  if (!Number.isSafeInteger(value) || value < 0) return writeText(`${value}`, target, at);
  if (value < BILLION) return writeDigits(value, target, at);
  const high = Math.floor(value / BILLION);
  const from = writeDigits(high, target, at);
  return writePadded(value - high * BILLION, target, from);
}

/** @param value below 2^31 */
function writeDigits(value: number, target: Buffer, at: number): number {
  let digits = 1;
  for (let power = 10; power <= value; power *= 10) digits++;
  writeLast(value, target, at, digits);
  return at + digits;
}

/** Nine digits, zeros in front. */
function writePadded(value: number, target: Buffer, at: number): number {
  writeLast(value, target, at, 9);
  return at + 9;
}

/** The last `digits` digits. */
function writeLast(value: number, target: Buffer, at: number, digits: number): void {
  let left = value | 0;
  for (let to = at + digits - 1; to >= at; to--) {
    const next = (left / 10) | 0;
    target[to] = ZERO + left - next * 10;
    left = next;
  }
}

/** As uuid() of render.ts. */
function writeUuid({ site }: Segment, context: RenderContext, target: Buffer, at: number): number {
  const a = draw(site, 0, context);
  const b = draw(site, 1, context);
  const c = draw(site, 2, context);
  const d = draw(site, 3, context);
  writeHex(a, target, at, 8);
  target[at + 8] = HYPHEN;
  writeHex(b >>> 16, target, at + 9, 4);
  target[at + 13] = HYPHEN;
  writeHex((b & 0xfff) | 0x4000, target, at + 14, 4);
  target[at + 18] = HYPHEN;
  writeHex(((c >>> 16) & 0x3fff) | 0x8000, target, at + 19, 4);
  target[at + 23] = HYPHEN;
  writeHex(c & 0xffff, target, at + 24, 4);
  writeHex(d, target, at + 28, 8);
  return at + 36;
}

/** The last `digits` hexadecimal digits. */
function writeHex(word: number, target: Buffer, at: number, digits: number): void {
  let left = word;
  for (let to = at + digits - 1; to >= at; to--) {
    target[to] = HEX[left & 15] as number;
    left >>>= 4;
  }
}
