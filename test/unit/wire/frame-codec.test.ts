/** Goal: frames survive the wire unchanged, and whatever is wrong with one is named when it is refused. */
import { Packr } from "msgpackr";
import { describe, expect, it } from "vitest";
import { PHASE_COUNTERS } from "../../../shared/stats/counters.ts";
import { CLOSE_CAUSES } from "../../../shared/stats/failure-kind.ts";
import type { Frame } from "../../../shared/wire/frame/frame.ts";
import { decodeFrame, encodeFrame } from "../../../shared/wire/frame/frame-codec.ts";
import { FRAME_LIMITS } from "../../../shared/wire/frame/frame-limits.ts";
import { bucketsOf, frameOf } from "./frames.ts";

const plain = (frame: Frame) => ({
  ...frame,
  histograms: frame.histograms.map((row) => ({ ...row, bytes: [...row.bytes] })),
});

describe("round trip", () => {
  it.each([
    ["every field in use", frameOf(7)],
    ["from before the start", frameOf(-1, { phases: [], names: [] })],
    [
      "final, with cumulative totals",
      frameOf(9, {
        final: true,
        cumulative: { counters: PHASE_COUNTERS.map((_, i) => i * 1e12), histogramValues: 3 },
      }),
    ],
    [
      "with nothing in it",
      frameOf(0, {
        shards: [],
        phases: [],
        names: [],
        histograms: [],
        failures: [],
        closes: [],
      }),
    ],
    [
      "eight seconds wide",
      frameOf(8, {
        spanSeconds: 8,
        ticks: frameOf(8).ticks.map((row) => Array.from({ length: 8 }, () => row).flat()),
      }),
    ],
  ])("%s", (_, frame) => {
    expect(plain(decodeFrame(encodeFrame(frame)))).toEqual(plain(frame));
  });

  it("histograms are still histograms", () => {
    const [latency] = decodeFrame(encodeFrame(frameOf(7))).histograms;
    expect(bucketsOf(latency?.bytes ?? new Uint8Array())).toEqual([
      [7, 1],
      [1000, 1],
    ]);
  });

  it("encoded bytes own their memory, and later frames leave them alone", () => {
    const bytes = encodeFrame(frameOf(1));
    const copy = [...bytes];
    for (let second = 2; second < 50; second++) encodeFrame(frameOf(second));
    expect([...bytes]).toEqual(copy);
    expect(bytes.buffer.byteLength).toBe(bytes.byteLength);
  });

  it("a sample's detail is cut to its bound", () => {
    const [group] = frameOf(1).failures;
    const sample = { connection: 0, attempt: 0, atUs: 0, ageUs: 0, detail: "x".repeat(5000) };
    const frame = frameOf(1, { failures: group ? [{ ...group, sample }] : [] });
    const decoded = decodeFrame(encodeFrame(frame));
    expect(decoded.failures[0]?.sample?.detail).toHaveLength(FRAME_LIMITS.detail);
  });
});

describe("refusal", () => {
  const packr = new Packr({ useRecords: false });
  const good = packr.unpack(encodeFrame(frameOf(7))) as unknown[];

  /** The frame with one value replaced, at a path of positions. */
  function withChange(path: number[], value: unknown): Uint8Array {
    const copy = structuredClone(good);
    let place: unknown[] = copy;
    for (const index of path.slice(0, -1)) place = place[index] as unknown[];
    place[path.at(-1) ?? 0] = value;
    return new Uint8Array(packr.pack(copy));
  }

  function expectRefusal(bytes: Uint8Array, why: string): void {
    expect(() => decodeFrame(bytes)).toThrow(
      expect.objectContaining({ code: "ONRUSH_FRAME_INVALID" }),
    );
    expect(() => decodeFrame(bytes)).toThrow(why);
  }

  it("the unchanged frame is accepted, so it is the change that is refused", () => {
    expect(decodeFrame(new Uint8Array(packr.pack(good))).second).toBe(7);
  });

  it.each<[what: string, path: number[], value: unknown, why: string]>([
    ["another version", [0], 2, "version is 2, outside 1..1"],
    ["a negative engine", [1], -1, "engine is -1"],
    ["half a second", [2], 1.5, "second is not an integer"],
    ["a span of three", [3], 3, "spanSeconds is not 1, 2, 4 or 8"],
    ["a span of sixteen", [3], 16, "spanSeconds is 16"],
    ["final as a number", [4], 1, "final is not a boolean"],
    ["shards as a number", [5], 7, "shards is not an array"],
    ["a shard beyond the last", [5, 0, 0], 4096, "shards.shard is 4096, outside 0..4095"],
    ["a shard twice", [5, 1, 0], 0, "shards names one thing twice"],
    ["a short ledger", [5, 0, 1], [1, 2, 3, 4], "shards.counters has 4 entries, not 5"],
    ["a negative count", [5, 0, 1, 2], -3, "shards.counters is -3"],
    ["a fractional count", [5, 0, 1, 2], 0.5, "shards.counters is not an integer"],
    ["an inexact count", [5, 0, 1, 2], 2 ** 53, "shards.counters is 9007199254740992"],
    ["no number", [5, 0, 1, 2], Number.NaN, "shards.counters is not finite"],
    ["infinity", [6, 0, 1, 0], Number.POSITIVE_INFINITY, "phases.counters is not finite"],
    ["a phase beyond the last", [6, 0, 0], 1000, "phases.phase is 1000"],
    ["an endless counter list", [6, 0, 1], Array(200).fill(0), "phases.counters has 200 entries"],
    ["a negative count of a target", [14, 0, 2, 0], -1, "targets.counters is -1"],
    ["a target beyond the last", [14, 0, 1], 10_000, "targets.target is 10000"],
    ["a name without a number", [7, 0, 1], -1, "names.name is -1"],
    ["an unknown metric", [8, 0, 0], 99, "histograms.metric is 99"],
    ["a histogram as a list", [8, 0, 3], [1, 2], "histograms.bytes is not binary"],
    ["a huge histogram", [8, 0, 3], Buffer.alloc(300_000), "histograms.bytes has 300000 bytes"],
    ["a tick series less", [9], [[], [], [], [], []], "ticks has 5 entries, not 6"],
    ["a tick less", [9, 0], [1, 2], "ticks.open has 2 entries, not 10"],
    ["an unknown failure", [10, 0, 0], 400, "failures.kind is 400"],
    ["a long signature", [10, 0, 1], "x".repeat(121), "failures.signature has more than 120"],
    ["a control character", [10, 0, 1], "a\u001b[2J", "failures.signature has a control character"],
    ["a sample as a map", [10, 0, 5], { a: 1 }, "failures.sample is not an array"],
    ["a long detail", [10, 0, 5, 4], "x".repeat(1001), "failures.sample.detail has more than"],
    ["an unknown cause", [11, 0, 0], CLOSE_CAUSES.length, `closes.cause is ${CLOSE_CAUSES.length}`],
    ["a negative share", [12, 0], -0.5, "health.utilisation is negative"],
    ["a text for a number", [12, 3], "9", "health.heapUsedBytes is not a number"],
    ["totals as a text", [13], "none", "cumulative is not an array"],
  ])("%s", (_, path, value, why) => {
    expectRefusal(withChange(path, value), why);
  });

  it("cut short anywhere", () => {
    const bytes = encodeFrame(frameOf(7));
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeFrame(bytes.subarray(0, length))).toThrow(
        expect.objectContaining({ code: "ONRUSH_FRAME_INVALID" }),
      );
    }
    expectRefusal(bytes.subarray(0, bytes.length - 1), "cut short");
  });

  it("with something after its end", () => {
    expectRefusal(Buffer.concat([encodeFrame(frameOf(7)), Buffer.of(0)]), "bytes after its end");
  });

  it("an array that claims more than there is, or may be", () => {
    const head = Buffer.of(0x9f, 1, 0, 0, 1, 0xc2);
    const claim = (entries: number) => {
      const array = Buffer.alloc(5);
      array[0] = 0xdd;
      array.writeUInt32BE(entries, 1);
      return Buffer.concat([head, array, Buffer.alloc(100)]);
    };
    expectRefusal(claim(0xffff_ffff), "shards has 4294967295 entries, more than 4096");
    expectRefusal(claim(4000), "shards is cut short");
  });

  it("a later section that is nested without end, or cut short", () => {
    const later = 24;
    const deep = [[[[[[[[0]]]]]]]];
    expectRefusal(withChange([later], deep), "a later section is nested too deep");
    const bytes = withChange([later], "x".repeat(100));
    expectRefusal(bytes.subarray(0, bytes.length - 50), "a later section is cut short");
  });

  it("larger than a frame may be, when encoding too", () => {
    expectRefusal(new Uint8Array(FRAME_LIMITS.bodyBytes + 1), "more than 8388608");
    const bytes = new Uint8Array(150_000);
    const histograms = Array.from({ length: 60 }, (_, name) => ({
      metric: 0,
      phase: 0,
      name,
      bytes,
    }));
    expect(() => encodeFrame(frameOf(0, { histograms }))).toThrow("more than 8388608");
  });
});

describe("frames of other versions", () => {
  const packr = new Packr({ useRecords: false });
  const now = () => packr.unpack(encodeFrame(frameOf(7))) as unknown[];

  it("one that lacks later counters and sections is read: what it lacks is absent, not 0", () => {
    const old = now().slice(0, 14);
    old[6] = [[2, [5, 4]]];
    old[7] = [[2, 0, [3, 2, 1]]];
    const frame = decodeFrame(new Uint8Array(packr.pack(old)));
    expect(frame.phases).toEqual([{ phase: 2, counters: [5, 4] }]);
    expect(frame.names).toEqual([{ phase: 2, name: 0, counters: [3, 2, 1] }]);
    expect(frame.targets).toEqual([]);
  });

  it("one that does not say where its sampled connections go has the samples without it", () => {
    const { events, controls } = decodeFrame(new Uint8Array(packr.pack(now().slice(0, 23))));
    const unknown = <One>(one: One) => ({ ...one, source: "", servedBy: "" });
    expect(events).toEqual(frameOf(7).events.map(unknown));
    expect(controls).toEqual(frameOf(7).controls.map(unknown));
  });

  it("one that has counters and sections this version does not know is read, too", () => {
    const later = now();
    later[6] = [[2, [...PHASE_COUNTERS.map((_, at) => at), 71, 72]]];
    later.push([["a text", 1.5, null, true, Buffer.of(1, 2, 3)]], null, -7);
    const frame = decodeFrame(new Uint8Array(packr.pack(later)));
    expect(frame.phases[0]?.counters).toEqual([...PHASE_COUNTERS.map((_, at) => at), 71, 72]);
    expect(frame.second).toBe(7);
  });
});

it("every kind of MessagePack number is understood", () => {
  const packr = new Packr({ useRecords: false });
  const numbers = [0, 127, 128, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1];
  const signed = [-1, -32, -33, -128, -129, -32_768, -32_769, -(2 ** 31), -0.5];
  for (const atUs of [...numbers, ...signed]) {
    const sample = { connection: 0, attempt: 0, atUs, ageUs: 0, detail: "" };
    const frame = frameOf(1, {
      failures: [{ kind: "lost", signature: "", phase: 0, target: 0, count: 1, sample }],
    });
    expect(decodeFrame(encodeFrame(frame)).failures[0]?.sample?.atUs).toBe(atUs);
  }
  // A peer's packer may choose single precision.
  const row = packr.unpack(encodeFrame(frameOf(1))) as unknown[];
  const bytes = Buffer.from(
    packr.pack([...row.slice(0, 12), [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0.5, 0, 0], null]),
  );
  const at = bytes.indexOf(Buffer.of(0xcb, 0x3f, 0xe0));
  const single = Buffer.concat([
    bytes.subarray(0, at),
    Buffer.of(0xca, 0x3f, 0, 0, 0),
    bytes.subarray(at + 9),
  ]);
  expect(decodeFrame(single).health.loopLagMaxUs).toBe(0.5);
});
