/**
 * Lines of a service that writes a stream: a frame ends wherever it was full, and the next one goes on with its last line
 * (incoming.split: line-stream). Made by split.ts. Invariant: what is kept is of the socket it came on; a line is a part when
 * its end has come, once.
 * Bounds: MAX_REST of a connection, MAX_RESTS in all; what would exceed them is taken as it is, as if its line had ended.
 */
import type { Incoming } from "./conversation.ts";
import type { SplitOwner, Splitter } from "./splitter.ts";

const LINE_FEED = 0x0a;
const MAX_REST = 1 << 20;
const MAX_RESTS = 64 << 20;

interface Rest {
  readonly incarnation: number;
  readonly bytes: Buffer;
}

export class LineStream implements Splitter {
  readonly #lines: Splitter;
  /** By slot. */
  readonly #rests = new Map<number, Rest>();
  #kept = 0;
  #isEmpty = false;

  constructor(lines: Splitter) {
    this.#lines = lines;
  }

  get start(): number {
    return this.#lines.start;
  }

  get end(): number {
    return this.#lines.end;
  }

  begin(frame: Incoming, from: SplitOwner): void {
    this.#join(frame, from);
    const { data, start, end } = frame;
    const ended = Math.max(start, data.subarray(start, end).lastIndexOf(LINE_FEED) + 1 + start);
    const size = end - ended;
    const fits = size <= MAX_REST && this.#kept + size <= MAX_RESTS;
    if (size > 0 && fits) {
      const bytes = Buffer.from(data.subarray(ended, end));
      this.#rests.set(from.slot, { incarnation: from.incarnation, bytes });
      this.#kept += size;
      frame.end = ended;
    }
    this.#isEmpty = frame.end === start;
    if (!this.#isEmpty) this.#lines.begin(frame, from);
  }

  next(): boolean {
    return !this.#isEmpty && this.#lines.next();
  }

  /** Puts what was kept ahead of the frame. */
  #join(frame: Incoming, { slot, incarnation }: SplitOwner): void {
    const rest = this.#rests.get(slot);
    if (rest === undefined) return;
    this.#rests.delete(slot);
    this.#kept -= rest.bytes.length;
    if (rest.incarnation !== incarnation) return;
    const bytes = Buffer.concat([rest.bytes, frame.data.subarray(frame.start, frame.end)]);
    frame.take(bytes, 0, bytes.length, frame.binary);
  }
}
