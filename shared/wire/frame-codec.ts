/**
 * Frames as bytes: one MessagePack array of arrays, fields by position in the order of `Frame`. Engines encode,
 * the coordinator decodes. The wire also travels through brokers, so decoding trusts nothing: everything
 * is bounded and checked while it is read, and what comes out is a Frame that nobody needs to check again.
 * Invariants: decodeFrame(encodeFrame(frame)) equals frame; every frame ever written can be decoded.
 */
import { Packr } from "msgpackr";
import { OnrushError } from "../errors.ts";
import {
  METRICS,
  NAME_COUNTERS,
  PHASE_COUNTERS,
  SHARD_FIELDS,
  TARGET_COUNTERS,
  TICK_SERIES,
} from "../stats/counters.ts";
import { CODED_KINDS } from "../stats/failure-code.ts";
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
import { FRAME_LIMITS } from "./frame-limits.ts";
import { FrameReader } from "./frame-reader.ts";
import { readAgreed, readCodes, readFailures, readPhase, rows } from "./frame-rows.ts";

export const FRAME_VERSION = 1;

const TICKS_PER_SECOND = 10;
const MAX_SECOND = 1e8;
const MAX_ENGINE = 65_535;
/** Sections every frame has; later ones follow behind them. */
const FIRST_SECTIONS = 14;

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
    frame.targets.map(({ phase, target, counters }) => [phase, target, counters]),
    frame.agreed.map(({ protocol, extensions, count }) => [protocol, extensions, count]),
    frame.codes.map(({ kind, code, count }) => [CODED_KINDS.indexOf(kind), code, count]),
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
  let more = reader.atLeast("the frame", FIRST_SECTIONS);
  const added = <T>(read: () => T[]): T[] => (more-- > 0 ? read() : []);
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
    targets: added(() => readTargets(reader)),
    agreed: added(() => readAgreed(reader)),
    codes: added(() => readCodes(reader)),
  };
  while (more-- > 0) reader.skipValue("a later section");
  reader.end();
  return frame;
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
    const counters = reader.grownCounts("phases.counters", PHASE_COUNTERS.length);
    return [phase, { phase, counters }];
  });
}

function readNames(reader: FrameReader): Frame["names"] {
  return rows(reader, { what: "names", most: FRAME_LIMITS.rows }, () => {
    reader.tuple("names", 3);
    const phase = readPhase(reader, "names.phase");
    const name = reader.integer("names.name", 0, FRAME_LIMITS.names - 1);
    const counters = reader.grownCounts("names.counters", NAME_COUNTERS.length);
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
    counters: reader.grownCounts("cumulative.counters", PHASE_COUNTERS.length),
    histogramValues: reader.count("cumulative.histogramValues"),
  };
}

function readTargets(reader: FrameReader): Frame["targets"][number][] {
  return rows(reader, { what: "targets", most: FRAME_LIMITS.targetRows }, () => {
    reader.tuple("targets", 3);
    const phase = readPhase(reader, "targets.phase");
    const target = reader.integer("targets.target", 0, FRAME_LIMITS.targets - 1);
    const counters = reader.grownCounts("targets.counters", TARGET_COUNTERS.length);
    return [phase * FRAME_LIMITS.targets + target, { phase, target, counters }];
  });
}

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
