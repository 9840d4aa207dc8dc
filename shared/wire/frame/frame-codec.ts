/**
 * Frames as bytes: one MessagePack array of arrays, fields by position in the order of `Frame`, and what positions in lists
 * mean by the dictionary that the frame names. Engines encode, the coordinator decodes. The wire also travels through
 * brokers, so decoding trusts nothing: everything is bounded and checked while it is read, and what comes out is a
 * Frame that nobody needs to check again.
 * Invariants: decodeFrame(encodeFrame(frame)) equals frame; every frame ever written can be decoded.
 */
import { Packr } from "msgpackr";
import { OnrushError } from "../../errors.ts";
import { CODED_KINDS } from "../../stats/failure-code.ts";
import { CLOSE_CAUSES, FAILURE_KINDS } from "../../stats/failure-kind.ts";
import { observedSection, readObserved } from "./event-rows.ts";
import { type FailureGroup, type FailureSample, type Frame, HEALTH_FIELDS } from "./frame.ts";
import {
  type FrameDictionaries,
  type FrameDictionary,
  OWN_DICTIONARIES,
  OWN_DICTIONARY,
} from "./frame-dictionary.ts";
import { FRAME_LIMITS } from "./frame-limits.ts";
import { FrameReader } from "./frame-reader.ts";
import { readAgreed, readCodes, readFailures } from "./frame-rows.ts";
import * as sections from "./frame-sections.ts";
import { placesSection, readPlaces } from "./place-rows.ts";
import { reachRow, readReaches, readScopes, scopeRow } from "./push-rows.ts";
import { readSentinel, sentinelSection } from "./sentinel-rows.ts";

const FRAME_VERSION = 2;
/** Its frames name no dictionary. */
const FIRST_VERSION = 1;

const MAX_SECOND = 1e8;
const MAX_ENGINE = 65_535;
const MAX_CHECKSUM = 0xffff_ffff;
/** Sections every frame has; later ones follow behind them. */
const FIRST_SECTIONS = 14;

const NOTHING_OBSERVED = { events: [], controls: [] };

const packr = new Packr({ useRecords: false });

/**
 * The bytes own their memory, so they may be transferred to another thread.
 * @throws OnrushError ONRUSH_FRAME_INVALID when the body is larger than may be sent.
 */
export function encodeFrame(frame: Frame): Uint8Array {
  const { health, cumulative } = frame;
  const body = packr.pack([
    [FRAME_VERSION, OWN_DICTIONARY.checksum],
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
    frame.scopes.map(scopeRow),
    frame.reaches.map(reachRow),
    frame.roles.map(({ phase, role, counters }) => [phase, role, counters]),
    observedSection(frame),
    frame.kernel?.map((value) => value ?? null) ?? null,
    frame.sentinel === undefined ? null : sentinelSection(frame.sentinel),
    placesSection(frame),
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

/**
 * Histogram bytes are views into `bytes`; their content is checked when they are added (MergedHistogram.add).
 * @param dictionaries those of the run; without them, frames of this build and of those before dictionaries are read
 * @throws OnrushError ONRUSH_FRAME_INVALID naming the first field that is wrong, whatever the bytes are.
 */
export function decodeFrame(
  bytes: Uint8Array,
  dictionaries: Pick<FrameDictionaries, "find"> = OWN_DICTIONARIES,
): Frame {
  if (bytes.length > FRAME_LIMITS.bodyBytes) throw tooLarge(bytes.length);
  const reader = new FrameReader(bytes);
  let more = reader.atLeast("the frame", FIRST_SECTIONS);
  const checksum = readVersion(reader);
  const by: FrameDictionary =
    dictionaries.find(checksum) ??
    reader.refuse("dictionary", `${checksum} is one that no worker of this run has announced`);
  const added = <T>(read: () => T[]): T[] => (more-- > 0 ? read() : []);
  const engine = reader.integer("engine", 0, MAX_ENGINE);
  const second = reader.integer("second", -1, MAX_SECOND);
  const spanSeconds = reader.integer("spanSeconds", 1, FRAME_LIMITS.spanSeconds);
  if (!isPowerOfTwo(spanSeconds)) reader.refuse("spanSeconds", "is not 1, 2, 4 or 8");
  const frame: Frame = {
    engine,
    second,
    spanSeconds,
    final: reader.boolean("final"),
    shards: sections.readShards(reader, by),
    phases: sections.readPhases(reader, by),
    names: sections.readNames(reader, by),
    ...sections.readHistograms(reader, by),
    ticks: sections.readTicks(reader, by, spanSeconds),
    failures: readFailures(reader, by, spanSeconds),
    closes: sections.readCloses(reader, by),
    health: sections.readHealth(reader, by),
    cumulative: sections.readCumulative(reader, by),
    targets: added(() => sections.readTargets(reader, by)),
    agreed: added(() => readAgreed(reader)),
    codes: added(() => readCodes(reader, by)),
    scopes: added(() => readScopes(reader)),
    reaches: added(() => readReaches(reader)),
    roles: added(() => sections.readRoles(reader, by)),
    ...(more-- > 0 ? readObserved(reader, by) : NOTHING_OBSERVED),
    ...(more-- > 0 ? sections.readKernel(reader, by) : {}),
    ...(more-- > 0 ? readSentinel(reader) : {}),
  };
  const places = more-- > 0 ? readPlaces(reader, frame) : {};
  while (more-- > 0) reader.skipValue("a later section");
  reader.end();
  return { ...frame, ...places };
}

/**
 * Checksum of the dictionary a frame names; null for frames from before there were any, and for what is no frame.
 * Reads nothing else.
 */
export function dictionaryOf(bytes: Uint8Array): number | null {
  const reader = new FrameReader(bytes);
  try {
    reader.atLeast("the frame", FIRST_SECTIONS);
    return readVersion(reader);
  } catch (error) {
    if (error instanceof OnrushError) return null;
    throw error;
  }
}

function readVersion(reader: FrameReader): number | null {
  if (!reader.startsArray) {
    reader.integer("version", FIRST_VERSION, FIRST_VERSION);
    return null;
  }
  reader.tuple("version", 2);
  reader.integer("version", FRAME_VERSION, FRAME_VERSION);
  return reader.integer("dictionary", 0, MAX_CHECKSUM);
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
