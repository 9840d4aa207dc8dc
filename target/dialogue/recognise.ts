/**
 * Tells, from a text's bytes, whether it may be a join, say or ask, so that only those are parsed. Called
 * for every text that starts with a brace. Pure. Invariant: never says no to one of the three, whatever
 * the order of its keys or its white space; a wrong yes costs a parse and nothing else.
 */
import { Buffer } from "node:buffer";

/** A longer text is echoed: none of the three needs as much. */
export const MAX_DIALOGUE_BYTES = 65536;

const TYPE_KEY = Buffer.from('"type"');
const WORDS = ["join", "say", "ask"].map((word) => Buffer.from(`"${word}"`));

/** Whether the text in [from, to), which starts with a brace, may be for the dialogue. */
export function maySpeak(bytes: Buffer, from: number, to: number): boolean {
  if (to - from > MAX_DIALOGUE_BYTES) return false;
  // The usual case, `{"type":"…`, is decided by its ninth byte.
  if (bytes[from + 7] === 0x3a && bytes[from + 8] === 0x22 && isTypeKey(bytes, from + 1)) {
    return isWord(bytes, from + 8);
  }
  const text = bytes.subarray(from, to);
  for (let at = text.indexOf(TYPE_KEY); at >= 0; at = text.indexOf(TYPE_KEY, at + 6)) {
    let next = skipSpace(text, at + 6);
    if (text[next] !== 0x3a) continue;
    next = skipSpace(text, next + 1);
    if (isWord(text, next)) return true;
  }
  return false;
}

function isTypeKey(bytes: Buffer, at: number): boolean {
  return (
    bytes[at] === 0x22 && bytes[at + 1] === 0x74 && bytes[at + 2] === 0x79 && bytes[at + 5] === 0x22
  );
}

function isWord(bytes: Buffer, at: number): boolean {
  const initial = bytes[at + 1];
  // j, s or a: nearly everything else is distinguished here.
  if (initial !== 0x6a && initial !== 0x73 && initial !== 0x61) return false;
  return WORDS.some((word) => bytes.compare(word, 0, word.length, at, at + word.length) === 0);
}

function skipSpace(bytes: Buffer, from: number): number {
  let at = from;
  for (let byte = bytes[at]; byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09; ) {
    at += 1;
    byte = bytes[at];
  }
  return at;
}
