/**
 * Decoder of what a server sends (RFC 6455 §5). lean-socket.ts feeds it what arrived; it calls the sink
 * back with whole messages and control frames, as ranges of the chunk wherever a frame lies inside it.
 * Invariant: between frames, outside a fragmented message, a connection holds no decoder memory, and
 * how the bytes were cut into chunks never shows.
 * Index reads are cast to number: every index is below `end`, which each branch has checked.
 */
import { deliverText, type FrameSink } from "./frame-sink.ts";
import { PartialFrame } from "./partial-frame.ts";

const FINAL_TEXT = 0x81;
const FINAL_BINARY = 0x82;
const FINAL_PING = 0x89;
const FINAL_PONG = 0x8a;
const NOT_WHOLE = -1;

/** Decodes bytes [start, end) of `chunk`. */
export function decode(sink: FrameSink, chunk: Buffer, start: number, end: number): void {
  let at = start;
  while (at < end && sink.receiving) {
    let partial = sink.partial;
    if (partial === null) {
      const next = takeWhole(sink, chunk, at, end);
      if (next !== NOT_WHOLE) {
        at = next;
        continue;
      }
      partial = new PartialFrame();
      sink.partial = partial;
    }
    at = partial.take(sink, chunk, at, end);
  }
}

/**
 * The fast path: an unfragmented message, ping or pong of up to 65,535 bytes that lies whole in the
 * chunk. Anything else, faults included, is left to PartialFrame.
 * @returns the offset after the frame, or NOT_WHOLE with nothing consumed.
 */
function takeWhole(sink: FrameSink, chunk: Buffer, at: number, end: number): number {
  if (end - at < 2) return NOT_WHOLE;
  const first = chunk[at] as number;
  let length = chunk[at + 1] as number;
  let payload = at + 2;
  if (length > 125) {
    if (length !== 126 || first > FINAL_BINARY || end - at < 4) return NOT_WHOLE;
    length = ((chunk[at + 2] as number) << 8) | (chunk[at + 3] as number);
    payload = at + 4;
  }
  const next = payload + length;
  if (next > end || length > sink.maxMessageBytes) return NOT_WHOLE;
  if (first === FINAL_BINARY) sink.onData(chunk, payload, next, true);
  else if (first === FINAL_TEXT) deliverText(sink, chunk, payload, next);
  else if (first === FINAL_PING) sink.onPing(chunk, payload, next);
  else if (first === FINAL_PONG) sink.onPong(chunk, payload, next);
  else return NOT_WHOLE;
  return next;
}
