/** Frames for the tests of shared/wire: small, valid, with every field in use. */
import {
  NAME_COUNTERS,
  PHASE_COUNTERS,
  ROLE_COUNTERS,
  SHARD_FIELDS,
  TARGET_COUNTERS,
  TICK_SERIES,
} from "../../../shared/stats/counters.ts";
import { HotHistogram, MergedHistogram } from "../../../shared/stats/histogram.ts";
import type { ConnectionMoment } from "../../../shared/wire/frame/failure-event.ts";
import type { Frame } from "../../../shared/wire/frame/frame.ts";
import { KERNEL_FIELDS } from "../../../shared/wire/frame/kernel.ts";

export function histogramOf(...values: number[]): Uint8Array {
  const histogram = new HotHistogram();
  for (const value of values) histogram.record(value);
  return histogram.encode();
}

export function bucketsOf(bytes: Uint8Array): (readonly [number, number])[] {
  const histogram = new MergedHistogram();
  histogram.add(bytes);
  return [...histogram.buckets()];
}

const counts = (names: readonly string[], first: number) =>
  names.map((_, index) => Math.max(first, 0) + index);

const NO_CLOCKS = { ageMs: null, idleRxMs: null, idleTxMs: null, tokenAgeMs: null };

function momentOf(second: number): ConnectionMoment {
  const clocks = { ageMs: 9_000_000_000, idleRxMs: 0, idleTxMs: 17, tokenAgeMs: 3_600_000 };
  return {
    ...{ atUs: Math.max(0, second) * 1_000_000 + 5, connection: 4_999_999, attempt: 2 },
    ...{ target: 1, role: 1, phase: 2, address: "2001:db8::1", ...clocks },
    ...{ source: "2001:db8::5", servedBy: "b-3" },
    ...{ sent: 12, received: 2 ** 33, bytesSent: 4e9, open: 100, inFlight: 3, bufferedBytes: 7 },
    ...{ lastName: -1, lastBytes: 65_536, recent: Uint8Array.of(1, 0, 33, 200) },
  };
}

/** Second `second` of engine 1; figures differ from second to second. */
export function frameOf(second: number, change: Partial<Frame> = {}): Frame {
  return {
    engine: 1,
    second,
    spanSeconds: 1,
    final: false,
    shards: [
      { shard: 0, counters: counts(SHARD_FIELDS, second) },
      { shard: 4095, counters: counts(SHARD_FIELDS, 5_000_000_000) },
    ],
    phases: [{ phase: 2, counters: counts(PHASE_COUNTERS, second * 100) }],
    names: [{ phase: 2, name: 0, counters: counts(NAME_COUNTERS, second) }],
    histograms: [
      { metric: 0, phase: 2, name: 0, bytes: histogramOf(second, 1000) },
      { metric: 9, phase: 0, name: -1, bytes: histogramOf(3_600_000_000) },
    ],
    ticks: TICK_SERIES.map((_, series) =>
      Array.from({ length: 10 }, (_, i) => Math.abs(second) * i + series),
    ),
    failures: [
      {
        kind: "upgrade-status",
        signature: "503",
        phase: 2,
        target: 0,
        count: 17,
        sample: {
          connection: 12,
          attempt: 0,
          atUs: -250.5,
          ageUs: 0,
          detail: "503 \u00e9 \u{1f600}",
        },
      },
      { kind: "lost", signature: "", phase: 2, target: 1, count: 1, sample: null },
    ],
    closes: [{ cause: "peer", count: 3 }],
    health: {
      utilisation: 0.5,
      processCpu: 1.25,
      rssBytes: 5_000_000_000,
      heapUsedBytes: 1e7 + second,
      heapLimitBytes: 4e9,
      sockets: 100 + second,
      openFiles: 130 + second,
      ports: 100 + second,
      bufferedBytes: 0,
      gcCount: 2,
      loopLagMaxUs: 1234.5,
      throttled: 0.25,
      processorWait: 0.125,
    },
    cumulative: null,
    targets: [{ phase: 2, target: 1, counters: counts(TARGET_COUNTERS, second) }],
    roles: [{ phase: 2, role: 1, counters: counts(ROLE_COUNTERS, second) }],
    agreed: [{ protocol: "chat.v2", extensions: "permessage-deflate", count: second + 1 }],
    codes: [{ kind: "upgrade-status", code: 429, count: second + 2 }],
    scopes: [
      { name: 0, scope: 2 ** 53 - 1, label: "room-1", received: 9, late: 1, members: 50 },
      { name: 1, scope: 0, label: "", received: Math.abs(second), late: 0, members: 0 },
    ],
    reaches: [
      {
        ...{ name: 0, phase: 2, scope: 2 ** 53 - 1, key: 2 ** 52 + second, sentUs: -12, level: 3 },
        ...{ members: 9, reached: 6, left: 1, missed: 2, others: 4, repeated: 1 },
        timesUs: [-5, 0, 17, 1_000_000],
        unreached: [0, 4_999_999],
      },
    ],
    events: [
      { kind: "close-code", signature: "1012 restart", weight: 2.5, ...momentOf(second) },
      { kind: "lost", signature: "", weight: 1, ...momentOf(second), ...NO_CLOCKS },
    ],
    controls: [{ weight: 20, ...momentOf(second) }],
    kernel: KERNEL_FIELDS.map((_, at) => (at === 2 ? undefined : at * 7)),
    ...change,
  };
}
