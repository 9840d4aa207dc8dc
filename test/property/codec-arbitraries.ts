/**
 * Random server streams for the codec laws: mostly valid sequences of messages and control frames, some with
 * one thing wrong, then a few bytes changed; and random ways of cutting them. And what a decoder makes of
 * them, as lines.
 */
import fc from "fast-check";
import { decode } from "../../worker/socket/lean/codec-decoder.ts";
import type { FrameSink } from "../../worker/socket/lean/frame-sink.ts";
import type { PartialFrame } from "../../worker/socket/lean/partial-frame.ts";
import type { ProtocolFault } from "../../worker/socket/protocol-fault.ts";
import { type FrameSpec, frame, show, showClose } from "../conformance/server-frame.ts";

export const MAX_MESSAGE_BYTES = 1024;

const LENGTH_EDGES = [0, 1, 2, 124, 125, 126, 127, 128, 1000, 1023, 1024, 1025];

const length = fc.oneof(fc.nat({ max: 40 }), fc.constantFrom(...LENGTH_EDGES));
const bytes = length.chain((size) => fc.uint8Array({ minLength: size, maxLength: size }));
const words = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 20 }),
  length.map((size) => "a".repeat(size)),
);

const textPayload = fc.oneof(
  { weight: 6, arbitrary: words.map((word) => Buffer.from(word)) },
  { weight: 1, arbitrary: bytes.map((raw) => Buffer.from(raw)) },
);
const binaryPayload = bytes.map((raw) => Buffer.from(raw));
const controlPayload = fc.uint8Array({ maxLength: 125 }).map((raw) => Buffer.from(raw));

const control = fc.record({ opcode: fc.constantFrom(9, 10), payload: controlPayload });

const closing = fc
  .record({
    code: fc.oneof(fc.constantFrom(1000, 1001, 1005, 1006, 1015, 3000, 4999), fc.nat(65535)),
    reason: words,
  })
  .map(({ code, reason }): FrameSpec => {
    const head = Buffer.alloc(2);
    head.writeUInt16BE(code);
    return { opcode: 8, payload: Buffer.concat([head, Buffer.from(reason).subarray(0, 123)]) };
  });

const whole = fc.oneof(
  textPayload.map((payload): FrameSpec[] => [{ opcode: 1, payload }]),
  binaryPayload.map((payload): FrameSpec[] => [{ opcode: 2, payload }]),
);

/** A message cut into frames at random places, control frames between them. */
const fragmented = fc
  .record({
    opcode: fc.constantFrom(1, 2),
    payload: textPayload,
    cuts: fc.array(fc.nat({ max: 1100 }), { maxLength: 4 }),
    between: fc.array(control, { maxLength: 2 }),
  })
  .map(({ opcode, payload, cuts, between }): FrameSpec[] => {
    const marks = [0, ...cuts.map((at) => Math.min(at, payload.length)), payload.length];
    marks.sort((a, b) => a - b);
    return marks.slice(1).flatMap((end, at) => {
      const part = payload.subarray(marks[at], end);
      const fin = at === marks.length - 2;
      const data: FrameSpec = { opcode: at === 0 ? opcode : 0, payload: part, fin };
      return fin ? [data] : [data, ...between];
    });
  });

/** Anything at all: reserved bits and opcodes, masks, odd lengths. */
const odd = fc
  .record(
    {
      opcode: fc.nat({ max: 15 }),
      payload: binaryPayload,
      fin: fc.boolean(),
      rsv: fc.nat({ max: 7 }),
      mask: fc.nat(),
      lengthBits: fc.constantFrom(16 as const, 64 as const),
    },
    { requiredKeys: ["opcode", "payload"] },
  )
  .map((spec): FrameSpec[] => [spec]);

const announced = fc
  .record({
    opcode: fc.constantFrom(0, 1, 2),
    announce: fc.oneof(fc.bigInt(0n, 2n ** 64n - 1n), fc.bigInt(1000n, 70000n)),
  })
  .map(({ opcode, announce }): FrameSpec[] => [{ opcode, announce, lengthBits: 64 }]);

/** Bytes of a server, mostly valid. */
export const serverStream = fc
  .array(
    fc.oneof(
      { weight: 8, arbitrary: whole },
      { weight: 6, arbitrary: fragmented },
      { weight: 4, arbitrary: control.map((spec): FrameSpec[] => [spec]) },
      { weight: 1, arbitrary: closing.map((spec) => [spec]) },
      { weight: 1, arbitrary: odd },
      { weight: 1, arbitrary: announced },
    ),
    { maxLength: 6 },
  )
  .map((parts) => Buffer.concat(parts.flat().map(frame)));

interface Change {
  readonly at: number;
  readonly value: number;
  readonly kind: "set" | "flip" | "drop" | "add";
}

const change: fc.Arbitrary<Change> = fc.record({
  at: fc.nat(),
  value: fc.nat({ max: 255 }),
  kind: fc.constantFrom("set", "flip", "drop", "add"),
});

function changed(stream: Buffer, { at, value, kind }: Change): Buffer {
  if (stream.length === 0) return Buffer.from([value]);
  const index = at % stream.length;
  const before = stream.subarray(0, index);
  const byte = stream.readUInt8(index);
  const after = stream.subarray(index + 1);
  if (kind === "drop") return Buffer.concat([before, after]);
  if (kind === "add") return Buffer.concat([before, Buffer.from([value, byte]), after]);
  const put = kind === "set" ? value : byte ^ (1 << (value & 7));
  return Buffer.concat([before, Buffer.from([put]), after]);
}

/** The same with up to three bytes changed, lost or added. */
export const mutatedStream = fc
  .tuple(serverStream, fc.array(change, { maxLength: 3 }))
  .map(([stream, changes]) => changes.reduce(changed, stream));

/** Sizes of the pieces a stream is cut into; used round and round. */
export const pieceSizes = fc.array(
  fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 2000 })),
  {
    minLength: 1,
    maxLength: 5,
  },
);

export function cutInto(stream: Buffer, sizes: readonly number[]): Buffer[] {
  const pieces: Buffer[] = [];
  let at = 0;
  for (let turn = 0; at < stream.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1;
    pieces.push(stream.subarray(at, at + size));
    at += size;
  }
  return pieces;
}

/** Writes down what the lean decoder hands on. */
export class TracingSink implements FrameSink {
  partial: PartialFrame | null = null;
  receiving = true;
  readonly maxMessageBytes = MAX_MESSAGE_BYTES;
  readonly lines: string[] = [];

  onData(data: Buffer, start: number, end: number, binary: boolean): void {
    this.lines.push(`${binary ? "binary" : "text"} ${show(data.subarray(start, end))}`);
  }
  onPing(data: Buffer, start: number, end: number): void {
    this.lines.push(`ping ${show(data.subarray(start, end))}`);
  }
  onPong(data: Buffer, start: number, end: number): void {
    this.lines.push(`pong ${show(data.subarray(start, end))}`);
  }
  onCloseFrame(code: number, data: Buffer, start: number, end: number): void {
    this.lines.push(`close ${code} ${showClose(data.subarray(start, end))}`);
  }
  onFault(fault: ProtocolFault): void {
    this.lines.push(`fault ${fault.code} ${fault.what}`);
  }
}

/** Decodes pieces as a socket delivers them: all in one and the same buffer, overwritten each time. */
export function traceOf(
  pieces: readonly Buffer[],
  onPiece: (sink: TracingSink) => void = () => {},
): string[] {
  const sink = new TracingSink();
  const shared = Buffer.alloc(70_000);
  for (const piece of pieces) {
    const start = 7;
    shared.fill(0xaa);
    piece.copy(shared, start);
    if (sink.receiving) decode(sink, shared, start, start + piece.length);
    onPiece(sink);
  }
  return sink.lines;
}
