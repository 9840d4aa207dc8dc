/** Goal: any frame survives the wire; any bytes either are a frame or are refused with the typed error. */

import fc from "fast-check";
import { Packr } from "msgpackr";
import { expect, it } from "vitest";
import { OnrushError } from "../../shared/errors.ts";
import {
  METRICS,
  NAME_COUNTERS,
  PHASE_COUNTERS,
  ROLE_COUNTERS,
  SHARD_FIELDS,
  TARGET_COUNTERS,
  TICK_SERIES,
} from "../../shared/stats/counters.ts";
import { CODE_LIMIT, CODED_KINDS } from "../../shared/stats/failure-code.ts";
import { CLOSE_CAUSES, FAILURE_KINDS } from "../../shared/stats/failure-kind.ts";
import type { Frame } from "../../shared/wire/frame/frame.ts";
import { decodeFrame, encodeFrame } from "../../shared/wire/frame/frame-codec.ts";
import { KERNEL_FIELDS } from "../../shared/wire/frame/kernel.ts";
import { frameOf } from "../unit/wire/frames.ts";

const count = fc.oneof(fc.nat(300), fc.maxSafeNat());
const counts = (names: readonly unknown[]) =>
  fc.array(count, { minLength: names.length, maxLength: names.length });
const size = fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
const phase = fc.nat(999);
/** As the worker's escaping leaves it: any text without control characters. */
const signature = fc
  .string({ unit: "grapheme", maxLength: 30 })
  .map((text) => [...text.replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, "")].slice(0, 60).join(""));

const sample = fc.option(
  fc.record({
    connection: fc.nat(4_999_999),
    attempt: fc.nat(),
    atUs: fc.integer(),
    ageUs: size,
    detail: fc.string({ maxLength: 200 }),
  }),
);

const weight = fc.double({ min: 0, max: 1e12, noNaN: true }).map((value) => value + 0);
const clock = fc.option(fc.nat());
const moment = {
  ...{ atUs: size, connection: fc.nat(4_999_999), attempt: count, target: fc.nat(9999) },
  ...{
    role: fc.nat(99),
    phase,
    address: signature,
    source: signature,
    servedBy: signature,
    open: count,
    inFlight: count,
  },
  ...{ ageMs: clock, idleRxMs: clock, idleTxMs: clock, tokenAgeMs: clock },
  ...{ sent: count, received: count, bytesSent: count, bufferedBytes: count },
  ...{ lastName: fc.integer({ min: -1, max: 9999 }), lastBytes: count },
  recent: fc.uint8Array({ maxLength: 32 }),
};

const timeUs = fc.integer({ min: -1e9, max: 1e12 });
const reach: fc.Arbitrary<Frame["reaches"][number]> = fc
  .record({
    ...{ name: fc.nat(9999), phase, scope: fc.maxSafeNat(), key: fc.maxSafeNat(), sentUs: timeUs },
    ...{ level: fc.nat(40), reached: fc.nat(), left: fc.nat(), missed: fc.nat(), others: count },
    repeated: count,
    timesUs: fc.array(timeUs, { maxLength: 33 }).map((times) => times.sort((a, b) => a - b)),
    unreached: fc.array(fc.nat(4_999_999), { maxLength: 5 }),
  })
  .map((row) => ({ ...row, members: row.reached + row.left + row.missed }));

const frames: fc.Arbitrary<Frame> = fc.constantFrom(1, 2, 4, 8).chain((spanSeconds) =>
  fc.record({
    engine: fc.nat(500),
    second: fc.integer({ min: -1, max: 100_000 }),
    spanSeconds: fc.constant(spanSeconds),
    final: fc.boolean(),
    shards: fc.uniqueArray(fc.record({ shard: fc.nat(4095), counters: counts(SHARD_FIELDS) }), {
      selector: (row) => row.shard,
    }),
    phases: fc.uniqueArray(fc.record({ phase, counters: counts(PHASE_COUNTERS) }), {
      selector: (row) => row.phase,
      maxLength: 4,
    }),
    roles: fc.uniqueArray(fc.record({ phase, role: fc.nat(99), counters: counts(ROLE_COUNTERS) }), {
      selector: (row) => `${row.phase} ${row.role}`,
    }),
    names: fc.uniqueArray(
      fc.record({ phase, name: fc.nat(9999), counters: counts(NAME_COUNTERS) }),
      { selector: (row) => `${row.phase} ${row.name}` },
    ),
    histograms: fc.uniqueArray(
      fc.record({
        metric: fc.nat(METRICS.length - 1),
        phase,
        name: fc.integer({ min: -1, max: 9999 }),
        bytes: fc.uint8Array({ maxLength: 400 }),
      }),
      { selector: (row) => `${row.metric} ${row.phase} ${row.name}` },
    ),
    ticks: fc.tuple(...TICK_SERIES.map(() => counts(Array(spanSeconds * 10).fill(0)))),
    failures: fc.uniqueArray(
      fc.record({
        kind: fc.constantFrom(...FAILURE_KINDS),
        signature,
        phase,
        target: fc.nat(9999),
        count,
        sample,
      }),
      { selector: (row) => `${row.kind} ${row.phase} ${row.target} ${row.signature}` },
    ),
    closes: fc.uniqueArray(fc.record({ cause: fc.constantFrom(...CLOSE_CAUSES), count }), {
      selector: (row) => row.cause,
    }),
    health: fc.record({
      utilisation: size,
      processCpu: size,
      rssBytes: count,
      heapUsedBytes: count,
      heapLimitBytes: count,
      sockets: count,
      openFiles: count,
      ports: count,
      bufferedBytes: count,
      gcCount: count,
      loopLagMaxUs: size,
      throttled: size,
      processorWait: size,
    }),
    cumulative: fc.option(fc.record({ counters: counts(PHASE_COUNTERS), histogramValues: count })),
    targets: fc.uniqueArray(
      fc.record({ phase, target: fc.nat(9999), counters: counts(TARGET_COUNTERS) }),
      { selector: (row) => `${row.phase} ${row.target}` },
    ),
    agreed: fc.uniqueArray(fc.record({ protocol: signature, extensions: signature, count }), {
      selector: (row) => `${row.protocol}\n${row.extensions}`,
    }),
    scopes: fc.uniqueArray(
      fc.record({
        name: fc.nat(9999),
        scope: fc.maxSafeNat(),
        label: signature,
        received: count,
        late: count,
        members: count,
      }),
      { selector: (row) => `${row.name} ${row.scope}` },
    ),
    reaches: fc.array(reach, { maxLength: 5 }),
    events: fc.array(
      fc.record({ ...moment, kind: fc.constantFrom(...FAILURE_KINDS), signature, weight }),
      { maxLength: 4 },
    ),
    controls: fc.array(fc.record({ ...moment, weight }), { maxLength: 4 }),
    kernel: counts(KERNEL_FIELDS),
    codes: fc.uniqueArray(
      fc.record({ kind: fc.constantFrom(...CODED_KINDS), code: fc.nat(CODE_LIMIT - 1), count }),
      { selector: (row) => `${row.kind} ${row.code}` },
    ),
  }),
);

const plain = (frame: Frame) =>
  structuredClone({
    ...frame,
    histograms: frame.histograms.map((row) => ({ ...row, bytes: [...row.bytes] })),
  });

it("decode(encode(frame)) is the frame", () => {
  fc.assert(
    fc.property(frames, (frame) => {
      expect(plain(decodeFrame(encodeFrame(frame)))).toEqual(plain(frame));
    }),
  );
});

function outcomeOf(bytes: Uint8Array): string {
  try {
    return `second ${typeof decodeFrame(bytes).second}`;
  } catch (error) {
    return error instanceof OnrushError ? error.code : `crashed: ${String(error)}`;
  }
}

it("random bytes are refused with the typed error", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      expect(outcomeOf(bytes)).toBe("ONRUSH_FRAME_INVALID");
    }),
    { numRuns: 1000 },
  );
});

it("any MessagePack value in place of any part is refused or a frame, never a crash", () => {
  const packr = new Packr({ useRecords: false });
  const good = packr.unpack(encodeFrame(frameOf(3))) as unknown[];
  fc.assert(
    fc.property(fc.nat(13), fc.anything({ withNullPrototype: false }), (field, value) => {
      const changed = good.with(field, value);
      let bytes: Uint8Array;
      try {
        bytes = new Uint8Array(packr.pack(changed));
      } catch {
        return;
      }
      expect(["second number", "ONRUSH_FRAME_INVALID"]).toContain(outcomeOf(bytes));
    }),
    { numRuns: 500 },
  );
});

it("damaged frames are refused or a frame, never a crash", () => {
  const good = encodeFrame(frameOf(3));
  const damage = fc.array(fc.tuple(fc.nat(good.length - 1), fc.integer({ min: 0, max: 255 })), {
    minLength: 1,
    maxLength: 6,
  });
  fc.assert(
    fc.property(damage, fc.nat(good.length), (changes, length) => {
      const bytes = good.slice();
      for (const [at, byte] of changes) bytes[at] = byte;
      expect(["second number", "ONRUSH_FRAME_INVALID"]).toContain(outcomeOf(bytes));
      if (length < good.length) {
        expect(outcomeOf(good.subarray(0, length))).toBe("ONRUSH_FRAME_INVALID");
      }
    }),
    { numRuns: 2000 },
  );
});
