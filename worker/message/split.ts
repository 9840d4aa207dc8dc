/**
 * The messages in a frame (incoming.split). Called by the correlator for each frame of a scenario that splits. Invariant: the
 * parts lie in the frame in order and do not overlap; a frame has one part at least, itself when it cannot be split. Only one of
 * a stream may have none: it is kept for the frames that go on with it.
 */
import type { StrictIncoming } from "../../shared/scenario/strict-conversation.ts";
import type { Incoming } from "./conversation.ts";
import { MAX_JSON_BYTES, MAX_JSON_DEPTH } from "./json-reading.ts";
import { LineStream } from "./line-stream.ts";
import type { Splitter } from "./splitter.ts";

const LINE_FEED = 0x0a;
const RECORD_SEPARATOR = 0x1e;
const RETURN = 0x0d;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN = 0x5b;
const CLOSE = 0x5d;

const SPLITTERS: Readonly<Record<StrictIncoming["split"], () => Splitter | null>> = {
  none: () => null,
  lines: () => new Lines(LINE_FEED),
  records: () => new Lines(RECORD_SEPARATOR),
  "line-stream": () => new LineStream(new Lines(LINE_FEED)),
  "json-array": () => new Items(),
};

/** null: a frame is a message. */
export function splitterFor(split: StrictIncoming["split"]): Splitter | null {
  return SPLITTERS[split]();
}

/** What a byte ends and is not empty; of a frame of nothing but such bytes, one empty part. A line feed may have a return before it. */
class Lines implements Splitter {
  start = 0;
  end = 0;
  #data: Buffer = Buffer.alloc(0);
  #at = 0;
  #stop = 0;
  #found = false;
  readonly #ending: number;

  constructor(ending: number) {
    this.#ending = ending;
  }

  begin({ data, start, end }: Incoming): void {
    this.#data = data;
    this.#at = start;
    this.#stop = end;
    this.#found = false;
  }

  next(): boolean {
    const data = this.#data;
    while (this.#at < this.#stop) {
      const ending = data.indexOf(this.#ending, this.#at);
      const lineEnd = ending < 0 || ending >= this.#stop ? this.#stop : ending;
      this.start = this.#at;
      this.end = lineEnd;
      const hasReturn = this.#ending === LINE_FEED && data[lineEnd - 1] === RETURN;
      if (hasReturn && lineEnd > this.#at) this.end--;
      this.#at = lineEnd + 1;
      if (this.end === this.start) continue;
      this.#found = true;
      return true;
    }
    if (this.#found) return false;
    this.#found = true;
    this.start = this.#stop;
    this.end = this.#stop;
    return true;
  }
}

/** Items of a JSON array; what is no array is one part. */
class Items implements Splitter {
  start = 0;
  end = 0;
  #bounds: number[] = [];
  #next = 0;

  begin(frame: Incoming): void {
    this.#bounds = boundsOf(frame) ?? [frame.start, frame.end];
    this.#next = 0;
  }

  next(): boolean {
    if (this.#next >= this.#bounds.length) return false;
    this.start = this.#bounds[this.#next] as number;
    this.end = this.#bounds[this.#next + 1] as number;
    this.#next += 2;
    return true;
  }
}

/** Starts and ends of the items; null for what is no array with items. What is inside an item is not judged. */
function boundsOf({ data, start, end }: Incoming): number[] | null {
  if (end - start > MAX_JSON_BYTES) return null;
  let at = skipSpace(data, start, end);
  if (data[at] !== OPEN) return null;
  const bounds: number[] = [];
  let depth = 1;
  let from = ++at;
  for (; at < end; at++) {
    const byte = data[at] as number;
    if (byte === QUOTE) at = textEnd(data, at + 1, end);
    // [ and { differ in one bit, as do ] and }.
    else if ((byte & 0xdf) === OPEN) {
      if (++depth > MAX_JSON_DEPTH) return null;
    } else if ((byte & 0xdf) === CLOSE && --depth === 0) {
      const isLast = skipSpace(data, at + 1, end) === end && byte === CLOSE;
      if (!isLast || !add(bounds, data, from, at)) return null;
      return bounds.length === 0 ? null : bounds;
    } else if (byte === COMMA && depth === 1) {
      if (!add(bounds, data, from, at)) return null;
      from = at + 1;
    }
  }
  return null;
}

/** False for an item of nothing, where there are others. */
function add(bounds: number[], data: Buffer, from: number, to: number): boolean {
  const start = skipSpace(data, from, to);
  let end = to;
  while (end > start && isSpace(data[end - 1] as number)) end--;
  if (start === end) return false;
  bounds.push(start, end);
  return true;
}

function skipSpace(data: Buffer, from: number, to: number): number {
  let at = from;
  while (at < to && isSpace(data[at] as number)) at++;
  return at;
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === LINE_FEED || byte === RETURN || byte === 0x09;
}

/** Where the text that began before `from` ends: at its quote. */
function textEnd(data: Buffer, from: number, end: number): number {
  for (let at = from; at < end; at++) {
    const byte = data[at] as number;
    if (byte === BACKSLASH) at++;
    else if (byte === QUOTE) return at;
  }
  return end;
}
