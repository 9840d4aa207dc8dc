/**
 * Reading the sections of a frame that hold counters, histograms, ticks, closes and health: positions by the frame's
 * dictionary. Part of frame-codec.ts, which describes the whole. Invariant: what is read is within FRAME_LIMITS, and stands
 * where this build's lists have it; what the frame's build did not record is absent, not 0.
 */
import { TICK_SERIES } from "../../stats/counters.ts";
import { CLOSE_CAUSES, type CloseCause } from "../../stats/failure-kind.ts";
import { MAX_ENCODED_BYTES } from "../../stats/hdr-v2.ts";
import {
  type Counts,
  type CumulativeTotals,
  type EngineHealth,
  type Frame,
  type FrameHistogram,
  HEALTH_FIELDS,
} from "./frame.ts";
import type { FrameDictionary, ListMap } from "./frame-dictionary.ts";
import { FRAME_LIMITS } from "./frame-limits.ts";
import type { FrameReader } from "./frame-reader.ts";
import { readPhase, rows } from "./frame-rows.ts";

const TICKS_PER_SECOND = 10;

export function readShards(reader: FrameReader, by: FrameDictionary): Frame["shards"] {
  const fields = by.map("shards");
  return rows(reader, { what: "shards", most: FRAME_LIMITS.shards }, () => {
    reader.tuple("shards", 2);
    const shard = reader.integer("shards.shard", 0, FRAME_LIMITS.shards - 1);
    const counters = placed(fields, reader.counts("shards.counters", fields.names.length));
    return [shard, { shard, counters }];
  });
}

export function readPhases(reader: FrameReader, by: FrameDictionary): Frame["phases"] {
  return rows(reader, { what: "phases", most: FRAME_LIMITS.phases }, () => {
    reader.tuple("phases", 2);
    const phase = readPhase(reader, "phases.phase");
    const counters = grown(reader, "phases.counters", by.map("phases"));
    return [phase, { phase, counters }];
  });
}

export function readNames(reader: FrameReader, by: FrameDictionary): Frame["names"] {
  return rows(reader, { what: "names", most: FRAME_LIMITS.rows }, () => {
    reader.tuple("names", 3);
    const phase = readPhase(reader, "names.phase");
    const name = reader.integer("names.name", 0, FRAME_LIMITS.names - 1);
    const counters = grown(reader, "names.counters", by.map("names"));
    return [phase * FRAME_LIMITS.names + name, { phase, name, counters }];
  });
}

export function readTargets(reader: FrameReader, by: FrameDictionary): Frame["targets"][number][] {
  return rows(reader, { what: "targets", most: FRAME_LIMITS.targetRows }, () => {
    reader.tuple("targets", 3);
    const phase = readPhase(reader, "targets.phase");
    const target = reader.integer("targets.target", 0, FRAME_LIMITS.targets - 1);
    const counters = grown(reader, "targets.counters", by.map("targets"));
    return [phase * FRAME_LIMITS.targets + target, { phase, target, counters }];
  });
}

export function readRoles(reader: FrameReader, by: FrameDictionary): Frame["roles"][number][] {
  return rows(reader, { what: "roles", most: FRAME_LIMITS.roleRows }, () => {
    reader.tuple("roles", 3);
    const phase = readPhase(reader, "roles.phase");
    const role = reader.integer("roles.role", 0, FRAME_LIMITS.roles - 1);
    const counters = grown(reader, "roles.counters", by.map("roles"));
    return [phase * FRAME_LIMITS.roles + role, { phase, role, counters }];
  });
}

export function readHistograms(
  reader: FrameReader,
  by: FrameDictionary,
): Pick<Frame, "histograms" | "unknownHistograms"> {
  const most = by.map("metrics").names.length - 1;
  const read = rows(reader, { what: "histograms", most: FRAME_LIMITS.rows }, () => {
    reader.tuple("histograms", 4);
    const at = reader.integer("histograms.metric", 0, most);
    const phase = readPhase(reader, "histograms.phase");
    const name = reader.integer("histograms.name", -1, FRAME_LIMITS.names - 1);
    const bytes = reader.binary("histograms.bytes", MAX_ENCODED_BYTES);
    const key = (at * FRAME_LIMITS.phases + phase) * (FRAME_LIMITS.names + 1) + name;
    const row: FrameHistogram = { metric: by.position("metrics", at), phase, name, bytes };
    return [key, row];
  });
  const histograms = read.filter(({ metric }) => metric >= 0);
  if (histograms.length === read.length) return { histograms };
  const unknownHistograms = read.flatMap(({ metric, bytes }) => (metric < 0 ? [bytes] : []));
  return { histograms, unknownHistograms };
}

export function readTicks(
  reader: FrameReader,
  by: FrameDictionary,
  spanSeconds: number,
): Frame["ticks"] {
  const { names } = by.map("ticks");
  reader.tuple("ticks", names.length);
  const ticks: number[][] = TICK_SERIES.map(() => []);
  for (const [at, series] of names.entries()) {
    const row = reader.counts(`ticks.${series}`, spanSeconds * TICKS_PER_SECOND);
    const own = by.position("ticks", at);
    if (own >= 0) ticks[own] = row;
  }
  return ticks;
}

export function readCloses(reader: FrameReader, by: FrameDictionary): Frame["closes"] {
  const { names } = by.map("closes");
  let unknown = 0;
  const known = rows(reader, { what: "closes", most: names.length }, () => {
    reader.tuple("closes", 2);
    const at = reader.integer("closes.cause", 0, names.length - 1);
    const count = reader.count("closes.count");
    const cause = CLOSE_CAUSES[by.position("closes", at)] ?? null;
    if (cause === null) unknown += count;
    return [at, { cause, count }];
  }).filter((row): row is { cause: CloseCause; count: number } => row.cause !== null);
  return unknown === 0 ? known : [...known, { cause: "unknown", count: unknown }];
}

export function readHealth(reader: FrameReader, by: FrameDictionary): EngineHealth {
  const { names } = by.map("health");
  reader.tuple("health", names.length);
  const values = HEALTH_FIELDS.map(() => 0);
  for (const [at, field] of names.entries()) {
    const value = reader.size(`health.${field}`);
    const own = by.position("health", at);
    if (own >= 0) values[own] = value;
  }
  return Object.fromEntries(
    HEALTH_FIELDS.map((field, at) => [field, values[at]]),
  ) as unknown as EngineHealth;
}

/** Absent where the frame does not tell. */
export function readKernel(reader: FrameReader, by: FrameDictionary): Pick<Frame, "kernel"> {
  if (reader.skipNull()) return {};
  const list = by.map("kernel");
  reader.tuple("kernel", list.names.length);
  const values = list.names.map((name) =>
    reader.skipNull() ? undefined : reader.count(`kernel.${name}`),
  );
  return { kernel: placed(list, values) };
}

export function readCumulative(reader: FrameReader, by: FrameDictionary): CumulativeTotals | null {
  if (reader.skipNull()) return null;
  reader.tuple("cumulative", 2);
  return {
    counters: grown(reader, "cumulative.counters", by.map("phases")),
    histogramValues: reader.count("cumulative.histogramValues"),
  };
}

/** Counts of a list that may have had fewer entries when the frame was written. */
function grown(reader: FrameReader, what: string, list: ListMap): Counts {
  return placed(list, reader.grownCounts(what, list.names.length));
}

/** In the order of this build's list. */
function placed({ positions, size }: ListMap, counts: Counts): Counts {
  if (positions === null) return counts;
  const own = new Array<number | undefined>(size).fill(undefined);
  for (const [at, count] of counts.entries()) {
    const position = positions[at] ?? -1;
    if (position >= 0) own[position] = count;
  }
  return own;
}
