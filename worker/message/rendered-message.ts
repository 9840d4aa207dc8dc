/**
 * A text message with placeholders, rendered into bytes and framed without making an object of it. Called by payload.ts; one
 * instance per engine.
 * Invariant: the frame handed out belongs to this object again with the next one of its length, unless kept() was called. Each
 * frame has a mask key of its own. Bound: frames of up to MAX_REUSED bytes are held, one of each length that occurs.
 */
import { endianness } from "node:os";
import type { RenderContext, Template, Watched } from "../../shared/scenario/template/template.ts";
import {
  buildFrame,
  frameOverhead,
  nextMask,
  Opcode,
  writeHeader,
} from "../socket/lean/frame-builder.ts";

/** Room before a payload for the longest header; whole words, so that payloads are masked by the word. */
const HEAD = 16;
const WORD = 4;
const FIRST_BYTES = 4096;
/** Longer frames are made anew each time. */
const MAX_REUSED = 1024;
/** A text of n characters has at most 3 n bytes in UTF-8. */
const BYTES_PER_CHAR = 3;
/** Mask keys are numbers whose lowest byte is the first on the wire; so are words here. */
const CAN_MASK_WORDS = endianness() === "LE";

interface Reused {
  readonly frame: Buffer;
  /** Of the payload in the frame; its last word may have room behind the payload. */
  readonly words: Int32Array;
}

export class RenderedMessage {
  /** The payload last rendered is bytes [start, start + length) of this, until the next one. */
  bytes = Buffer.alloc(0);
  readonly start = HEAD;
  length = 0;
  #words = new Int32Array(0);
  readonly #reused: (Reused | undefined)[] = [];

  constructor() {
    this.#resize(FIRST_BYTES);
  }

  get end(): number {
    return this.start + this.length;
  }

  /** @param watched is told where its segment lies, or that nobody knows: from 0 to 0 */
  render(template: Template, context: RenderContext, watched: Watched | undefined): void {
    const end = template.renderInto(this.bytes, HEAD, context, watched);
    if (end >= HEAD) {
      this.length = end - HEAD;
      return;
    }
    if (watched) {
      watched.start = 0;
      watched.end = 0;
    }
    const text = template.render(context);
    this.#resize(text.length * BYTES_PER_CHAR);
    this.length = this.bytes.write(text, HEAD);
  }

  /** The payload in a buffer of its own. */
  payload(): Buffer {
    return Buffer.from(this.bytes.subarray(this.start, this.end));
  }

  /** A whole masked frame of the payload. */
  frame(): Buffer {
    const { length } = this;
    if (length > MAX_REUSED || !CAN_MASK_WORDS) {
      return buildFrame(Opcode.text, this.bytes.subarray(this.start, this.end), nextMask());
    }
    this.#reused[length] ??= made(length);
    const { frame, words } = this.#reused[length];
    const from = this.#words;
    const maskKey = nextMask();
    writeHeader(frame, Opcode.text, length, maskKey);
    for (let at = 0; at < words.length; at++) {
      words[at] = (from[HEAD / WORD + at] as number) ^ maskKey;
    }
    return frame;
  }

  /** Somebody else has the frame last handed out now. */
  kept(): void {
    if (this.length <= MAX_REUSED) this.#reused[this.length] = undefined;
  }

  /** Makes room for a payload of so many bytes, and a last word. */
  #resize(payloadBytes: number): void {
    const needed = HEAD + payloadBytes + WORD;
    if (needed <= this.bytes.length) return;
    this.bytes = Buffer.alloc(Math.ceil(needed / WORD) * WORD);
    this.#words = new Int32Array(this.bytes.buffer, this.bytes.byteOffset);
  }
}

function made(length: number): Reused {
  const count = Math.ceil(length / WORD);
  const buffer = new ArrayBuffer(HEAD + count * WORD);
  const overhead = frameOverhead(length);
  return {
    frame: Buffer.from(buffer, HEAD - overhead, overhead + length),
    words: new Int32Array(buffer, HEAD, count),
  };
}
