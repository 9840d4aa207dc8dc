/**
 * Laws of the lean codec. Goal: how bytes are cut never shows, nothing throws, memory is bounded by what was
 * allowed, and what one side writes the other reads.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  buildFrame,
  frameOverhead,
  maskInto,
  nextMask,
  Opcode,
} from "../../worker/socket/lean/frame-builder.ts";
import { isValidUtf8 } from "../../worker/socket/lean/utf8.ts";
import { ClientFrameReader, frame, show } from "../conformance/server-frame.ts";
import {
  cutInto,
  MAX_MESSAGE_BYTES,
  mutatedStream,
  pieceSizes,
  traceOf,
} from "./codec-arbitraries.ts";

const LENGTHS = [0, 1, 2, 3, 4, 5, 125, 126, 127, 128, 1000, 65535, 65536, 65537];
const maskKey = fc.integer({ min: 0, max: 0xffffffff });
const CONTROL_BYTES = 125;

describe("decoder", () => {
  it("gives the same trace however the bytes are cut", () => {
    fc.assert(
      fc.property(mutatedStream, pieceSizes, (stream, sizes) => {
        const whole = traceOf([stream]);
        expect(traceOf(cutInto(stream, sizes))).toEqual(whole);
        expect(traceOf(cutInto(stream, [1]))).toEqual(whole);
      }),
      { numRuns: 1500 },
    );
  });

  it("never throws on random bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), pieceSizes, (raw, sizes) => {
        const stream = Buffer.from(raw);
        expect(traceOf(cutInto(stream, sizes))).toEqual(traceOf([stream]));
      }),
      { numRuns: 1500 },
    );
  });

  it("holds no more than the limit allows, and nothing between messages", () => {
    fc.assert(
      fc.property(mutatedStream, pieceSizes, (stream, sizes) => {
        traceOf(cutInto(stream, sizes), (sink) => {
          const held = sink.partial?.heldBytes ?? 0;
          expect(held).toBeLessThanOrEqual(MAX_MESSAGE_BYTES + CONTROL_BYTES);
          if (!sink.receiving) expect(sink.partial).toBeNull();
        });
      }),
      { numRuns: 500 },
    );
  });

  it.each(LENGTHS.filter((length) => length <= MAX_MESSAGE_BYTES))(
    "reads a message of %d bytes and is left empty",
    (length) => {
      const payload = Buffer.alloc(length, "x");
      for (const sizes of [[1], [3], [100_000]]) {
        let left: unknown = "unset";
        const lines = traceOf(cutInto(frame({ opcode: 2, payload }), sizes), (sink) => {
          left = sink.partial;
        });
        expect(lines).toEqual([`binary ${show(payload)}`]);
        expect(left).toBeNull();
      }
    },
  );

  it.each([8, 9, 10])("is left empty by a control frame of opcode %d, cut anywhere", (opcode) => {
    for (const sizes of [[1], [3], [100_000]]) {
      let left: unknown = "unset";
      const payload = Buffer.from([0x03, 0xe8, 0x61]);
      const lines = traceOf(cutInto(frame({ opcode, payload }), sizes), (sink) => {
        left = sink.partial;
      });
      expect(lines).toHaveLength(1);
      expect(left).toBeNull();
    }
  });

  it("holds for an announced length only what has arrived", () => {
    const header = frame({ opcode: 2, announce: BigInt(MAX_MESSAGE_BYTES), lengthBits: 64 });
    traceOf([header], (sink) => expect(sink.partial?.heldBytes).toBe(0));
  });
});

describe("frame builder", () => {
  it.each(LENGTHS)("writes %d bytes as a server reads them", (length) => {
    const payload = Buffer.from(Array.from({ length }, (_, at) => (at * 31 + 5) & 0xff));
    const key = nextMask();
    const built = buildFrame(Opcode.binary, payload, key);
    expect(built.length).toBe(payload.length + frameOverhead(payload.length));
    const [read, ...rest] = new ClientFrameReader().take(built);
    expect(rest).toEqual([]);
    expect(read).toMatchObject({ opcode: 2, maskKey: key, fault: "" });
    expect(read?.payload.equals(payload)).toBe(true);
  });

  it("masks a payload anywhere in a buffer, in place too", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 600 }),
        maskKey,
        fc.nat({ max: 9 }),
        (raw, key, offset) => {
          const keyBytes = Buffer.alloc(4);
          keyBytes.writeUInt32LE(key);
          const wanted = raw.map((byte, at) => byte ^ (keyBytes[at & 3] ?? 0));
          const target = Buffer.alloc(raw.length + offset);
          maskInto(target, offset, raw, key);
          expect(target.subarray(offset).equals(wanted)).toBe(true);
          const same = Buffer.from(raw);
          maskInto(same, 0, same, key);
          expect(same.equals(wanted)).toBe(true);
        },
      ),
    );
  });

  it("hands out mask keys that differ and use all bits", () => {
    const keys = Array.from({ length: 20_000 }, nextMask);
    // 20,000 draws from 2^32: 0.05 repeats expected; a stuck or short generator has thousands.
    expect(new Set(keys).size).toBeGreaterThan(19_990);
    for (let bit = 0; bit < 32; bit++) {
      const ones = keys.filter((key) => ((key >>> bit) & 1) === 1).length;
      // Binomial(20,000, 1/2) has sigma 71; ten sigma.
      expect(Math.abs(ones - 10_000)).toBeLessThan(710);
    }
  });
});

describe("UTF-8 check", () => {
  it("agrees with TextDecoder on any range", () => {
    const decoder = new TextDecoder("utf-8", { fatal: true });
    const isUtf8 = (raw: Uint8Array): boolean => {
      try {
        decoder.decode(raw);
        return true;
      } catch {
        return false;
      }
    };
    const content = fc.oneof(
      fc.string({ unit: "binary", maxLength: 300 }).map((word) => Buffer.from(word)),
      fc.uint8Array({ maxLength: 12 }).map((raw) => Buffer.from(raw)),
    );
    fc.assert(
      fc.property(content, fc.nat({ max: 5 }), fc.nat({ max: 5 }), (raw, before, after) => {
        const framed = Buffer.concat([Buffer.alloc(before, 0xff), raw, Buffer.alloc(after, 0xbf)]);
        expect(isValidUtf8(framed, before, before + raw.length)).toBe(isUtf8(raw));
      }),
      { numRuns: 1000 },
    );
  });
});
