/**
 * Marks of users, {{canary}}: what a connection puts into its private messages, so that whoever else sees it can tell whose
 * they are. Rendered for messages and handshakes, read by the worker's search for those of others. Pure.
 * Invariant: one mark for each index of a run, the same in every worker; nobody makes or reads one without the run's id,
 * which no target is told. Bound: MAX_KEPT marks are kept ready.
 *
 *   prefix (6 characters, the run's) + base32 of: tag (68 bits, HMAC of the index) + index (32 bits, under a pad made of the tag)
 */
import { createHmac } from "node:crypto";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const PREFIX_CHARS = 6;
const BODY_CHARS = 20;
export const MARK_CHARS = PREFIX_CHARS + BODY_CHARS;
const BITS = 5;
/** Of a body: 68 bits tell that it is one, 32 hold the index. */
const TAG_BITS = 68n;
const INDEX_BITS = 32n;
const MAX_KEPT = 1 << 18;

export class UserMarks {
  /** What every mark of the run begins with, and nothing else does. */
  readonly prefix: string;
  readonly #key: Buffer;
  #kept = new Map<number, string>();

  constructor(run: string) {
    this.#key = createHmac("sha256", "onrush user mark").update(run).digest();
    this.prefix = encoded(
      bitsOf(this.#digest("prefix"), BigInt(PREFIX_CHARS * BITS)),
      PREFIX_CHARS,
    );
  }

  /** The mark of the user with this index. */
  of(index: number): string {
    const known = this.#kept.get(index);
    if (known !== undefined) return known;
    const tag = bitsOf(this.#digest(`tag|${index}`), TAG_BITS);
    const body = (tag << INDEX_BITS) | (BigInt(index) ^ this.#pad(tag));
    const mark = this.prefix + encoded(body, BODY_CHARS);
    if (this.#kept.size >= MAX_KEPT) this.#kept = new Map();
    this.#kept.set(index, mark);
    return mark;
  }

  /** Whose mark stands at the start of a text; -1 when none does. */
  ownerOf(text: string): number {
    if (!text.startsWith(this.prefix)) return -1;
    const body = decoded(text.slice(PREFIX_CHARS, MARK_CHARS));
    if (body === null) return -1;
    const tag = body >> INDEX_BITS;
    const index = Number((body & ((1n << INDEX_BITS) - 1n)) ^ this.#pad(tag));
    return this.of(index) === text.slice(0, MARK_CHARS) ? index : -1;
  }

  #pad(tag: bigint): bigint {
    return bitsOf(this.#digest(`pad|${tag}`), INDEX_BITS);
  }

  #digest(text: string): Buffer {
    return createHmac("sha256", this.#key).update(text).digest();
  }
}

function bitsOf(digest: Buffer, bits: bigint): bigint {
  return BigInt(`0x${digest.toString("hex")}`) & ((1n << bits) - 1n);
}

/** RFC 4648 base32: letters and digits that no escape of JSON or a URL changes. */
function encoded(value: bigint, chars: number): string {
  let text = "";
  for (let at = chars - 1; at >= 0; at--) {
    text += ALPHABET[Number((value >> BigInt(at * BITS)) & 31n)];
  }
  return text;
}

function decoded(text: string): bigint | null {
  if (text.length !== BODY_CHARS) return null;
  let value = 0n;
  for (const char of text) {
    const digit = ALPHABET.indexOf(char);
    if (digit < 0) return null;
    value = (value << BigInt(BITS)) | BigInt(digit);
  }
  return value;
}
