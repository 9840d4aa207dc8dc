/**
 * JSON as `where` sees it: what a target sent, read within limits, and what was sent. Called by reply.ts and payload.ts.
 * Invariant: what a target sends that is large or deep is not parsed at all, so a target cannot keep an engine busy with one message.
 */

/** A `where` looks at no larger message; `connect.maxMessage` bounds what is received at all. */
export const MAX_JSON_BYTES = 1024 ** 2;
export const MAX_JSON_DEPTH = 100;

/** In the place of a value: there is one, but it is not read. */
export const UNREAD: unique symbol = Symbol("unread");

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** What a target sent; UNREAD for what is too much, undefined for what is not JSON. */
export function readJson(bytes: Buffer): unknown {
  if (bytes.length > MAX_JSON_BYTES || isDeep(bytes)) return UNREAD;
  return parseJson(bytes.toString());
}

/** What was sent; undefined for what is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Nested deeper than MAX_JSON_DEPTH. Brackets in texts are none. */
function isDeep(bytes: Buffer): boolean {
  if (bytes.length <= MAX_JSON_DEPTH) return false;
  let depth = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] as number;
    if (byte === QUOTE) at = textEnd(bytes, at + 1);
    // [ and { differ in one bit, as do ] and }.
    else if ((byte & 0xdf) === 0x5b) {
      if (++depth > MAX_JSON_DEPTH) return true;
    } else if ((byte & 0xdf) === 0x5d) depth--;
  }
  return false;
}

/** Where the text that began before `from` ends; the end of all when it does not. */
function textEnd(bytes: Buffer, from: number): number {
  for (let at = from; ; at++) {
    const quote = bytes.indexOf(QUOTE, at);
    if (quote < 0) return bytes.length;
    let back = quote;
    while (back > from && bytes[back - 1] === BACKSLASH) back--;
    if ((quote - back) % 2 === 0) return quote;
    at = quote;
  }
}
