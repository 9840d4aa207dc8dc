/**
 * Text in one form, however its characters are encoded: percent-encoded, escaped as in JSON or JavaScript, as HTML entities, each also
 * several times and one in the other; lower case; a plus is a space; other characters than ASCII are their UTF-8 bytes. Used
 * by mask.ts to find secrets. Pure, and linear in the text. Invariant: equal texts in different encodings decode alike, and each
 * decoded character knows the stretch of the original it came from.
 * What stands before a secret may make an escape of its first characters (`%` before `41ab`, a backslash before `new`), and a
 * secret may look like one itself, so a text has several readings.
 */
import { escapeOf } from "./escapes.ts";

export interface DecodedText {
  readonly text: string;
  /** Per decoded character, where its original begins and ends. */
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
}

/** One encoding undone once; all: every kind, however often it was encoded. */
type Layer = keyof typeof LAYERS | "all";

/** Encodings within one another that are undone one by one, with their signs; more of one kind are by the reading of all. */
const LAYERS = { percent: "%", backslash: "\\", entity: "&" } as const;
const DEPTH = 2;

/** All readings of a text, each as it is looked through; the first is that of all escapes. */
export function readingsOf(original: string): readonly DecodedText[] {
  const plain = bytesOf(original);
  if (!/[%\\&]/.test(original)) return [alike(plain)];
  const whole = undone(plain, "all");
  const found = new Map([[plain.text, plain]]);
  let last = [plain];
  for (let depth = 0; depth < DEPTH; depth++) {
    const next: DecodedText[] = [];
    for (const one of last.flatMap(layersUndone)) {
      if (found.has(one.text)) continue;
      found.set(one.text, one);
      next.push(one);
    }
    last = next;
  }
  found.delete(whole.text);
  return [whole, ...found.values()].map(alike);
}

/** Without each of the encodings that may be there: a text without the sign of one is the same without it. */
function layersUndone(of: DecodedText): DecodedText[] {
  return Object.entries(LAYERS)
    .filter(([, sign]) => of.text.includes(sign))
    .map(([layer]) => undone(of, layer as keyof typeof LAYERS));
}

/** Without undoing any. */
export function plainText(original: string): string {
  return alike(bytesOf(original)).text;
}

/** The reading of all escapes. */
export function decodeText(original: string): DecodedText {
  return alike(undone(bytesOf(original), "all"));
}

/** Its bytes in UTF-8, each as a character. */
function bytesOf(original: string): DecodedText {
  const read = new Reading(Buffer.byteLength(original));
  for (let at = 0; at < original.length; ) {
    const code = original.codePointAt(at) as number;
    const end = at + (code > 0xffff ? 2 : 1);
    read.add(code, at, end);
    at = end;
  }
  return read.whole;
}

/** @param of bytes; what is no escape stays as it is */
function undone(of: DecodedText, layer: Layer): DecodedText {
  const { text, starts, ends } = of;
  const read = new Reading(text.length);
  for (let at = 0; at < text.length; ) {
    const one = escapeOf(text, at, layer);
    const end = one?.end ?? at + 1;
    const [from = 0, to = 0] = [starts[at], ends[end - 1]];
    if (one === null) read.addByte(text.charCodeAt(at), from, to);
    else if (one.isByte) read.addByte(one.code, from, to);
    else if (one.code >= 0) read.add(one.code, from, to);
    at = end;
  }
  return read.whole;
}

/** Lower case, a plus a space. */
function alike({ text, starts, ends }: DecodedText): DecodedText {
  const lower = text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
  return { text: lower.replaceAll("+", " "), starts, ends };
}

/** Of a text that is written character by character; in arrays of bytes, as texts may have a million of them. */
class Reading {
  readonly #bytes: Buffer;
  readonly #starts: Uint32Array;
  readonly #ends: Uint32Array;
  #length = 0;

  /** @param room bytes at most: no escape stands for more than it has itself */
  constructor(room: number) {
    this.#bytes = Buffer.allocUnsafe(room);
    this.#starts = new Uint32Array(room);
    this.#ends = new Uint32Array(room);
  }

  /** The UTF-8 of a code point. */
  add(code: number, start: number, end: number): void {
    if (code < 128) this.addByte(code, start, end);
    else for (const byte of Buffer.from(String.fromCodePoint(code))) this.addByte(byte, start, end);
  }

  addByte(byte: number, start: number, end: number): void {
    this.#bytes[this.#length] = byte;
    this.#starts[this.#length] = start;
    this.#ends[this.#length] = end;
    this.#length++;
  }

  get whole(): DecodedText {
    return {
      text: this.#bytes.toString("latin1", 0, this.#length),
      starts: this.#starts.subarray(0, this.#length),
      ends: this.#ends.subarray(0, this.#length),
    };
  }
}
