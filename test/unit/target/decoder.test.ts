/**
 * Goal: whatever a client sends, cut wherever the network cuts it, comes back byte for byte, and nothing
 * that breaks RFC 6455 passes. Method: laws over random messages and cuts, on the decoder alone, compared
 * with frames built independently.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Decoder, type EchoRun, type Framed } from "../../../target/connection/decoder.ts";
import { frameOf, isSendableCode, payloadStart } from "../../../target/connection/frame.ts";
import { blockOf, unmask } from "../../../target/connection/unmask.ts";
import { clientFrame } from "./harness.ts";

class Recorder implements Framed {
  partial: Buffer | null = null;
  partialBytes = 0;
  fragments: Buffer[] | null = null;
  fragmentBytes = 0;
  fragmentOpcode = 0;
  readable = true;
  out: Buffer[] = [];
  controls: [number, string][] = [];
  failed: number | null = null;
  messages = 0;
  payloadBytes = 0;
  plain: boolean;
  reusable: boolean;
  limit: number;
  constructor(plain: boolean, reusable = true, limit = 16_777_216) {
    this.plain = plain;
    this.reusable = reusable;
    this.limit = limit;
  }
  maxMessageBytes(): number {
    return this.limit;
  }
  isPlain(): boolean {
    return this.plain;
  }
  echo(run: EchoRun): boolean {
    this.messages += run.messages;
    this.payloadBytes += run.payloadBytes;
    const bytes = run.block.bytes.subarray(run.from, run.to);
    // Kept as it is when the memory was given away; a copy when it may be reused.
    this.out.push(this.reusable ? Buffer.from(bytes) : bytes);
    return this.reusable;
  }
  message(frame: Buffer): void {
    this.messages += 1;
    this.payloadBytes += frame.length - payloadStart(frame);
    this.out.push(Buffer.from(frame));
  }
  control(opcode: number, payload: Buffer): void {
    this.controls.push([opcode, payload.toString("latin1")]);
  }
  violation(code: number): void {
    this.failed = code;
    this.readable = false;
  }
}

/** Feeds bytes in the given cuts, through the shared buffer or as owned buffers. */
function feed(to: Recorder, bytes: Buffer, cuts: number[], shared: boolean): void {
  const decoder = new Decoder();
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  let from = 0;
  for (const place of [...places, bytes.length]) {
    for (; from < place; ) {
      const end = Math.min(place, from + 65536);
      const piece = bytes.subarray(from, end);
      if (shared) {
        piece.copy(decoder.shared.bytes);
        decoder.readShared(to, piece.length);
      } else decoder.readOwned(to, Buffer.from(piece));
      from = end;
    }
  }
}

const sizes = fc.oneof(
  fc.constantFrom(0, 1, 31, 32, 33, 125, 126, 127, 1024, 65535, 65536, 65537),
  fc.integer({ min: 0, max: 3000 }),
);
const message = fc.record({
  size: sizes,
  text: fc.boolean(),
  parts: fc.integer({ min: 1, max: 4 }),
  ping: fc.boolean(),
});

function payloadOf(size: number, salt: number): Buffer {
  return Buffer.from(Array.from({ length: size }, (_, at) => 0x20 + ((at * 7 + salt * 13) % 90)));
}

describe("decoder", () => {
  it("gives back every message unchanged, however it was fragmented and cut", () => {
    fc.assert(
      fc.property(
        fc.array(message, { maxLength: 12 }),
        fc.array(fc.nat(), { maxLength: 20 }),
        fc.record({ shared: fc.boolean(), plain: fc.boolean(), reusable: fc.boolean() }),
        (messages, cuts, { shared, plain, reusable }) => {
          const wire: Buffer[] = [];
          const expected: Buffer[] = [];
          let pings = 0;
          for (const [place, { size, text, parts, ping }] of messages.entries()) {
            const payload = payloadOf(size, place);
            const opcode = text ? 1 : 2;
            const step = Math.ceil(size / parts);
            for (let part = 0; part < parts; part += 1) {
              const piece = payload.subarray(
                part * step,
                part === parts - 1 ? size : (part + 1) * step,
              );
              wire.push(clientFrame(part === 0 ? opcode : 0, piece, { fin: part === parts - 1 }));
              if (ping) {
                wire.push(clientFrame(9, Buffer.from("p")));
                pings += 1;
              }
            }
            expected.push(frameOf(opcode, payload));
          }
          const recorder = new Recorder(plain, reusable);
          feed(recorder, Buffer.concat(wire), cuts, shared);
          expect(recorder.failed).toBeNull();
          expect(Buffer.concat(recorder.out).equals(Buffer.concat(expected))).toBe(true);
          expect(recorder.messages).toBe(messages.length);
          expect(recorder.controls.length).toBe(pings);
          expect(recorder.payloadBytes).toBe(messages.reduce((sum, { size }) => sum + size, 0));
        },
      ),
      { numRuns: 300 },
    );
  });

  it("survives any cut of a 16 MiB message, and refuses one byte more", () => {
    const payload = Buffer.alloc(16_777_216, 0x61);
    const recorder = new Recorder(true);
    feed(recorder, clientFrame(2, payload), [5, 70_000, 9_000_001], true);
    expect(recorder.out[0]?.equals(frameOf(2, payload))).toBe(true);
    const refused = new Recorder(true);
    feed(refused, clientFrame(2, Buffer.alloc(16_777_217)), [], true);
    expect(refused.failed).toBe(1009);
    expect(refused.partial).toBeNull();
  });

  it("counts the fragments of one message together against the limit", () => {
    const recorder = new Recorder(true, true, 100);
    const wire = [
      clientFrame(2, Buffer.alloc(60), { fin: false }),
      clientFrame(0, Buffer.alloc(40), { fin: true }),
      clientFrame(2, Buffer.alloc(60), { fin: false }),
      clientFrame(0, Buffer.alloc(41), { fin: true }),
    ];
    feed(recorder, Buffer.concat(wire), [], true);
    expect(recorder.messages).toBe(1);
    expect(recorder.failed).toBe(1009);
  });

  const bad: [string, Buffer, number][] = [
    ["unmasked frame", clientFrame(2, Buffer.from("a"), { masked: false }), 1002],
    ["reserved bit 1", clientFrame(2, Buffer.from("a"), { rsv: 4 }), 1002],
    ["reserved bit 3", clientFrame(1, Buffer.from("a"), { rsv: 1 }), 1002],
    ["opcode 3", clientFrame(3, Buffer.from("a")), 1002],
    ["opcode 11", clientFrame(11, Buffer.from("a")), 1002],
    ["fragmented ping", clientFrame(9, Buffer.from("a"), { fin: false }), 1002],
    ["ping of 126 bytes", clientFrame(9, Buffer.alloc(126)), 1002],
    ["continuation of nothing", clientFrame(0, Buffer.from("a")), 1002],
    ["length 125 in 16 bits", clientFrame(2, Buffer.alloc(125), { lengthForm: 126 }), 1002],
    ["length 65535 in 64 bits", clientFrame(2, Buffer.alloc(65535), { lengthForm: 127 }), 1002],
    [
      "text inside a message",
      Buffer.concat([
        clientFrame(2, Buffer.from("a"), { fin: false }),
        clientFrame(1, Buffer.from("b")),
      ]),
      1002,
    ],
    [
      "64-bit length with the top bit",
      Buffer.from([0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
      1002,
    ],
    ["bad UTF-8", clientFrame(1, Buffer.from([0x61, 0xc3, 0x28])), 1007],
    ["a surrogate in UTF-8", clientFrame(1, Buffer.from([0xed, 0xa0, 0x80])), 1007],
    [
      "bad UTF-8 over fragments",
      Buffer.concat([
        clientFrame(1, Buffer.from([0xc3]), { fin: false }),
        clientFrame(0, Buffer.from("(")),
      ]),
      1007,
    ],
  ];
  for (const [name, wire, code] of bad) {
    it(`refuses: ${name}, after answering what came before it`, () => {
      for (const cuts of [[], [3], [8, 9, 10, 11, 12, 13]]) {
        for (const shared of [true, false]) {
          const recorder = new Recorder(true);
          const first = clientFrame(1, Buffer.from("ok"));
          const after = clientFrame(1, Buffer.from("no"));
          feed(recorder, Buffer.concat([first, wire, after]), cuts, shared);
          expect(recorder.failed).toBe(code);
          expect(Buffer.concat(recorder.out).toString("latin1")).toBe("\x81\x02ok");
        }
      }
    });
  }

  it("accepts text whose characters are cut by fragments", () => {
    const euro = Buffer.from("€uro");
    const wire = [
      clientFrame(1, euro.subarray(0, 1), { fin: false }),
      clientFrame(0, euro.subarray(1, 2), { fin: false }),
      clientFrame(0, euro.subarray(2)),
    ];
    const recorder = new Recorder(true);
    feed(recorder, Buffer.concat(wire), [], true);
    expect(recorder.out[0]?.subarray(2).toString()).toBe("€uro");
  });
});

describe("unmask", () => {
  it("equals the byte-wise definition for every alignment, also in place", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.uint8Array({ minLength: 4, maxLength: 4 }),
        fc.record({
          from: fc.integer({ min: 4, max: 12 }),
          back: fc.integer({ min: 0, max: 4 }),
          inPlace: fc.boolean(),
        }),
        (payload, key, { from, back, inPlace }) => {
          const bytes = Buffer.alloc(300);
          bytes.set(key, from - 4);
          bytes.set(payload, from);
          const source = blockOf(bytes);
          const target = inPlace ? source : blockOf(Buffer.alloc(300));
          const expected = Buffer.from(payload.map((byte, at) => byte ^ key[at & 3]!));
          const to = from - back;
          const seen = unmask(source, target, { from, to, length: payload.length });
          expect(target.bytes.subarray(to, to + payload.length).equals(expected)).toBe(true);
          expect((seen & 0x80) !== 0).toBe(expected.some((byte) => byte >= 0x80));
        },
      ),
    );
  });
});

describe("frame", () => {
  it("knows the codes that may be sent", () => {
    const codes = Array.from({ length: 5100 }, (_, code) => code).filter(isSendableCode);
    expect(codes.slice(0, 12)).toEqual([
      1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014,
    ]);
    expect(codes.slice(12).every((code) => code >= 3000 && code <= 4999)).toBe(true);
    expect(codes.length).toBe(12 + 2000);
  });
});
