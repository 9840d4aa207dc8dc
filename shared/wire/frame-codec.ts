/**
 * Frames as bytes: one MessagePack array of arrays, fields by position in the order of `Frame`. Engines encode,
 * the coordinator decodes. The wire also travels through brokers, so decoding trusts nothing: everything
 * is bounded and checked while it is read, and what comes out is a Frame that nobody needs to check again.
 * Invariant: decodeFrame(encodeFrame(frame)) equals frame.
 */
import { Packr } from "msgpackr";
import { OnrushError } from "../errors.ts";
import { MAX_CONNECTIONS } from "../load/arrivals.ts";
import { MAX_SHARDS } from "../load/split.ts";
import {
  METRICS,
  NAME_COUNTERS,
  PHASE_COUNTERS,
  SHARD_FIELDS,
  TICK_SERIES,
} from "../stats/counters.ts";
import { CLOSE_CAUSES, FAILURE_KINDS } from "../stats/failure-kind.ts";
import { MAX_ENCODED_BYTES } from "../stats/hdr-v2.ts";
import type {
  CumulativeTotals,
  EngineHealth,
  FailureGroup,
  FailureSample,
  Frame,
  FrameHistogram,
} from "./frame.ts";
import { FrameReader } from "./frame-reader.ts";

export const FRAME_VERSION = 1;

/** What a frame may hold at most. A frame of several seconds may hold several seconds' failure groups. */
export const FRAME_LIMITS = {
  bodyBytes: 8 * 1024 * 1024,
  shards: MAX_SHARDS,
  phases: 1000,
  names: 10_000,
  /** Rows of names, and of histograms. */
  rows: 20_000,
  failureGroupsPerSecond: 1000,
  signature: 120,
  detail: 1000,
  targets: 10_000,
  spanSeconds: 8,
} as const;

const TICKS_PER_SECOND = 10;
const MAX_SECOND = 1e8;
const MAX_ENGINE = 65_535;

const packr = new Packr({ useRecords: false });

/**
 * The bytes own their memory, so they may be transferred to another thread.
 * @throws OnrushError ONRUSH_FRAME_INVALID when the body is larger than may be sent.
 */
export function encodeFrame(frame: Frame): Uint8Array {
  const { health, cumulative } = frame;
  const body = packr.pack([
    FRAME_VERSION,
    frame.engine,
    frame.second,
    frame.spanSeconds,
    frame.final,
    frame.shards.map(({ shard, counters }) => [shard, counters]),
    frame.phases.map(({ phase, counters }) => [phase, counters]),
    frame.names.map(({ phase, name, counters }) => [phase, name, counters]),
    frame.histograms.map(({ metric, phase, name, bytes }) => [metric, phase, name, bytes]),
    frame.ticks,
    frame.failures.map(failureRow),
    frame.closes.map(({ cause, count }) => [CLOSE_CAUSES.indexOf(cause), count]),
    HEALTH_FIELDS.map((field) => health[field]),
    cumulative === null ? null : [cumulative.counters, cumulative.histogramValues],
  ]);
  if (body.length > FRAME_LIMITS.bodyBytes) throw tooLarge(body.length);
  // The packer hands out views into a buffer that it goes on using.
  return new Uint8Array(body);
}

function failureRow({ kind, signature, phase, target, count, sample }: FailureGroup): unknown[] {
  return [FAILURE_KINDS.indexOf(kind), signature, phase, target, count, sampleRow(sample)];
}

function sampleRow(sample: FailureSample | null): unknown[] | null {
  if (sample === null) return null;
  const { connection, attempt, atUs, ageUs, detail } = sample;
  return [connection, attempt, atUs, ageUs, detail.slice(0, FRAME_LIMITS.detail)];
}

const HEALTH_FIELDS = [
  "utilisation",
  "processCpu",
  "rssBytes",
  "heapUsedBytes",
  "heapLimitBytes",
  "sockets",
  "openFiles",
  "ports",
  "bufferedBytes",
  "gcCount",
  "loopLagMaxUs",
] as const satisfies readonly (keyof EngineHealth)[];

/**
 * Histogram bytes are views into `bytes`; their content is checked when they are added (MergedHistogram.add).
 * @throws OnrushError ONRUSH_FRAME_INVALID naming the first field that is wrong, whatever the bytes are.
 */
export function decodeFrame(bytes: Uint8Array): Frame {
  if (bytes.length > FRAME_LIMITS.bodyBytes) throw tooLarge(bytes.length);
  const reader = new FrameReader(bytes);
  reader.tuple("the frame", 14);
  reader.integer("version", FRAME_VERSION, FRAME_VERSION);
  const engine = reader.integer("engine", 0, MAX_ENGINE);
  const second = reader.integer("second", -1, MAX_SECOND);
  const spanSeconds = reader.integer("spanSeconds", 1, FRAME_LIMITS.spanSeconds);
  if (!isPowerOfTwo(spanSeconds)) reader.refuse("spanSeconds", "is not 1, 2, 4 or 8");
  const frame: Frame = {
    version: FRAME_VERSION,
    engine,
    second,
    spanSeconds,
    final: reader.boolean("final"),
    shards: readShards(reader),
    phases: readPhases(reader),
    names: readNames(reader),
    histograms: readHistograms(reader),
    ticks: readTicks(reader, spanSeconds),
    failures: readFailures(reader, spanSeconds),
    closes: readCloses(reader),
    health: readHealth(reader),
    cumulative: readCumulative(reader),
  };
  reader.end();
  return frame;
}

/** Reads an array of rows that must have different keys. */
function rows<Row>(
  reader: FrameReader,
  { what, most }: { readonly what: string; readonly most: number },
  read: () => readonly [key: number | string, row: Row],
): Row[] {
  const length = reader.array(what, most);
  const keys = new Set<number | string>();
  const list: Row[] = [];
  for (let at = 0; at < length; at++) {
    const [key, row] = read();
    list.push(row);
    keys.add(key);
    if (keys.size !== list.length) reader.refuse(what, "names one thing twice");
  }
  return list;
}

function readShards(reader: FrameReader): Frame["shards"] {
  return rows(reader, { what: "shards", most: FRAME_LIMITS.shards }, () => {
    reader.tuple("shards", 2);
    const shard = reader.integer("shards.shard", 0, FRAME_LIMITS.shards - 1);
    const counters = reader.counts("shards.counters", SHARD_FIELDS.length);
    return [shard, { shard, counters }];
  });
}

function readPhases(reader: FrameReader): Frame["phases"] {
  return rows(reader, { what: "phases", most: FRAME_LIMITS.phases }, () => {
    reader.tuple("phases", 2);
    const phase = readPhase(reader, "phases.phase");
    const counters = reader.counts("phases.counters", PHASE_COUNTERS.length);
    return [phase, { phase, counters }];
  });
}

function readNames(reader: FrameReader): Frame["names"] {
  return rows(reader, { what: "names", most: FRAME_LIMITS.rows }, () => {
    reader.tuple("names", 3);
    const phase = readPhase(reader, "names.phase");
    const name = reader.integer("names.name", 0, FRAME_LIMITS.names - 1);
    const counters = reader.counts("names.counters", NAME_COUNTERS.length);
    return [phase * FRAME_LIMITS.names + name, { phase, name, counters }];
  });
}

function readHistograms(reader: FrameReader): FrameHistogram[] {
  return rows(reader, { what: "histograms", most: FRAME_LIMITS.rows }, () => {
    reader.tuple("histograms", 4);
    const metric = reader.integer("histograms.metric", 0, METRICS.length - 1);
    const phase = readPhase(reader, "histograms.phase");
    const name = reader.integer("histograms.name", -1, FRAME_LIMITS.names - 1);
    const bytes = reader.binary("histograms.bytes", MAX_ENCODED_BYTES);
    const key = (metric * FRAME_LIMITS.phases + phase) * (FRAME_LIMITS.names + 1) + name;
    return [key, { metric, phase, name, bytes }];
  });
}

function readTicks(reader: FrameReader, spanSeconds: number): Frame["ticks"] {
  reader.tuple("ticks", TICK_SERIES.length);
  return TICK_SERIES.map((series) =>
    reader.counts(`ticks.${series}`, spanSeconds * TICKS_PER_SECOND),
  );
}

function readFailures(reader: FrameReader, spanSeconds: number): FailureGroup[] {
  const most = FRAME_LIMITS.failureGroupsPerSecond * spanSeconds;
  return rows(reader, { what: "failures", most }, () => {
    reader.tuple("failures", 6);
    const index = reader.integer("failures.kind", 0, FAILURE_KINDS.length - 1);
    const kind = FAILURE_KINDS[index] ?? reader.refuse("failures.kind", "is unknown");
    const signature = reader.text("failures.signature", FRAME_LIMITS.signature);
    if (CONTROL_CHARACTER.test(signature)) {
      reader.refuse("failures.signature", "has a control character");
    }
    const phase = readPhase(reader, "failures.phase");
    const target = reader.integer("failures.target", 0, FRAME_LIMITS.targets - 1);
    const count = reader.count("failures.count");
    const sample = readSample(reader);
    return [
      failureKey(index, phase, target, signature),
      { kind, signature, phase, target, count, sample },
    ];
  });
}

/** Identity of a failure group within a frame. */
function failureKey(kind: number, phase: number, target: number, signature: string): string {
  return `${kind} ${phase} ${target} ${signature}`;
}

function readSample(reader: FrameReader): FailureSample | null {
  if (reader.skipNull()) return null;
  reader.tuple("failures.sample", 5);
  return {
    connection: reader.integer("failures.sample.connection", 0, MAX_CONNECTIONS - 1),
    attempt: reader.count("failures.sample.attempt"),
    atUs: reader.number("failures.sample.atUs"),
    ageUs: reader.size("failures.sample.ageUs"),
    detail: reader.text("failures.sample.detail", FRAME_LIMITS.detail),
  };
}

function readCloses(reader: FrameReader): Frame["closes"] {
  return rows(reader, { what: "closes", most: CLOSE_CAUSES.length }, () => {
    reader.tuple("closes", 2);
    const index = reader.integer("closes.cause", 0, CLOSE_CAUSES.length - 1);
    const cause = CLOSE_CAUSES[index] ?? reader.refuse("closes.cause", "is unknown");
    return [index, { cause, count: reader.count("closes.count") }];
  });
}

function readHealth(reader: FrameReader): EngineHealth {
  reader.tuple("health", HEALTH_FIELDS.length);
  const read = (field: (typeof HEALTH_FIELDS)[number]) => reader.size(`health.${field}`);
  return {
    utilisation: read("utilisation"),
    processCpu: read("processCpu"),
    rssBytes: read("rssBytes"),
    heapUsedBytes: read("heapUsedBytes"),
    heapLimitBytes: read("heapLimitBytes"),
    sockets: read("sockets"),
    openFiles: read("openFiles"),
    ports: read("ports"),
    bufferedBytes: read("bufferedBytes"),
    gcCount: read("gcCount"),
    loopLagMaxUs: read("loopLagMaxUs"),
  };
}

function readCumulative(reader: FrameReader): CumulativeTotals | null {
  if (reader.skipNull()) return null;
  reader.tuple("cumulative", 2);
  return {
    counters: reader.counts("cumulative.counters", PHASE_COUNTERS.length),
    histogramValues: reader.count("cumulative.histogramValues"),
  };
}

function readPhase(reader: FrameReader, what: string): number {
  return reader.integer(what, 0, FRAME_LIMITS.phases - 1);
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const CONTROL_CHARACTER = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

function isPowerOfTwo(value: number): boolean {
  return (value & (value - 1)) === 0;
}

function tooLarge(bytes: number): OnrushError {
  return new OnrushError({
    code: "ONRUSH_FRAME_INVALID",
    message: `frame refused: ${bytes} bytes, more than ${FRAME_LIMITS.bodyBytes}`,
    remedy: "Use fewer phases or message names.",
  });
}
