/**
 * Unmasking (RFC 6455 section 5.3), four bytes at a time where source and destination are aligned alike,
 * which the decoder arranges. Called by the decoder only. Invariant: the destination never lies behind the
 * source in the same memory, so unmasking in place, or moving towards the front, is safe.
 */
import type { Buffer } from "node:buffer";

/** Bytes with a view on the same memory as 32-bit words; null when it is not aligned. */
export interface Block {
  readonly bytes: Buffer;
  readonly words: Int32Array | null;
}

/** Below this the word loop costs more than it saves. */
const WORD_LOOP_FROM_BYTES = 32;

/** A block over `bytes`, with words when its memory is aligned. */
export function blockOf(bytes: Buffer): Block {
  const words =
    (bytes.byteOffset & 3) === 0 && bytes.length >= WORD_LOOP_FROM_BYTES
      ? new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >>> 2)
      : null;
  return { bytes, words };
}

/** What to unmask: `length` payload bytes at `from`, right behind their 4-byte masking key, to `to`. */
export interface Span {
  from: number;
  to: number;
  length: number;
}

/**
 * Writes the span of `source`, unmasked, into `target`. Returns a number whose bit 7 is set when any byte
 * is not ASCII, so that UTF-8 needs no second look in the common case.
 */
export function unmask(source: Block, target: Block, span: Span): number {
  const input = source.bytes;
  const output = target.bytes;
  let from = span.from;
  let to = span.to;
  const end = from + span.length;
  let key =
    (input[from - 4] ?? 0) |
    ((input[from - 3] ?? 0) << 8) |
    ((input[from - 2] ?? 0) << 16) |
    ((input[from - 1] ?? 0) << 24);
  let seen = 0;
  const { words } = source;
  const outWords = target.words;
  const aligned = words !== null && outWords !== null && ((from ^ to) & 3) === 0;
  if (aligned && span.length >= WORD_LOOP_FROM_BYTES) {
    while ((from & 3) !== 0) {
      const byte = ((input[from++] ?? 0) ^ key) & 0xff;
      output[to++] = byte;
      seen |= byte;
      key = (key >>> 8) | (key << 24);
    }
    const lastWord = end >>> 2;
    let word = from >>> 2;
    let outWord = to >>> 2;
    let seenWords = 0;
    while (word < lastWord) {
      const value = (words[word++] ?? 0) ^ key;
      outWords[outWord++] = value;
      seenWords |= value;
    }
    to += (lastWord << 2) - from;
    from = lastWord << 2;
    seen |= seenWords | (seenWords >>> 8) | (seenWords >>> 16) | (seenWords >>> 24);
  }
  while (from < end) {
    const byte = ((input[from++] ?? 0) ^ key) & 0xff;
    output[to++] = byte;
    seen |= byte;
    key = (key >>> 8) | (key << 24);
  }
  return seen;
}
