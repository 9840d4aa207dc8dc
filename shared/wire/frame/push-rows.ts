/**
 * The sections of a frame about pushed messages: scopes, and who got which message. Part of frame-codec.ts, which describes
 * the whole. Invariant: what is read is within FRAME_LIMITS and obeys members = reached + left + missed.
 */
import { MAX_CONNECTIONS } from "../../load/arrivals.ts";
import type { FrameReach, FrameScope } from "./frame.ts";
import { FRAME_LIMITS } from "./frame-limits.ts";
import type { FrameReader } from "./frame-reader.ts";
import { readHarmless, readPhase, rows } from "./frame-rows.ts";

/** A frame is late, and the clock of a target may be anywhere. */
const MAX_TIME_US = 1e15;
const MAX_LEVEL = 52;

export function scopeRow({ name, scope, label, received, late, members }: FrameScope): unknown[] {
  return [name, scope, label, received, late, members];
}

export function reachRow(row: FrameReach): unknown[] {
  const { name, phase, scope, key, sentUs, level, members, reached, left, missed } = row;
  return [
    ...[name, phase, scope, key, sentUs, level, members, reached, left, missed],
    ...[row.others, row.repeated, row.timesUs, row.unreached],
  ];
}

export function readScopes(reader: FrameReader): FrameScope[] {
  return rows(reader, { what: "scopes", most: FRAME_LIMITS.scopes }, () => {
    reader.tuple("scopes", 6);
    const name = readName(reader, "scopes.name");
    const scope = reader.count("scopes.scope");
    const label = readHarmless(reader, "scopes.label");
    const received = reader.count("scopes.received");
    const late = reader.count("scopes.late");
    const members = readMembers(reader, "scopes.members");
    return [`${name} ${scope}`, { name, scope, label, received, late, members }];
  });
}

export function readReaches(reader: FrameReader): FrameReach[] {
  const length = reader.array("reaches", FRAME_LIMITS.reaches);
  return Array.from({ length }, () => {
    reader.tuple("reaches", 14);
    const row: FrameReach = {
      name: readName(reader, "reaches.name"),
      phase: readPhase(reader, "reaches.phase"),
      scope: reader.count("reaches.scope"),
      key: reader.count("reaches.key"),
      sentUs: readTime(reader, "reaches.sentUs"),
      level: reader.integer("reaches.level", 0, MAX_LEVEL),
      members: readMembers(reader, "reaches.members"),
      reached: readMembers(reader, "reaches.reached"),
      left: readMembers(reader, "reaches.left"),
      missed: readMembers(reader, "reaches.missed"),
      others: reader.count("reaches.others"),
      repeated: reader.count("reaches.repeated"),
      timesUs: readTimes(reader),
      unreached: readUnreached(reader),
    };
    if (row.members !== row.reached + row.left + row.missed) {
      reader.refuse("reaches", "does not share out its members");
    }
    return row;
  });
}

function readName(reader: FrameReader, what: string): number {
  return reader.integer(what, 0, FRAME_LIMITS.names - 1);
}

/** Connections; one that reconnects belongs to a scope anew. */
function readMembers(reader: FrameReader, what: string): number {
  return reader.integer(what, 0, Number.MAX_SAFE_INTEGER);
}

function readTime(reader: FrameReader, what: string): number {
  return reader.integer(what, -MAX_TIME_US, MAX_TIME_US);
}

function readTimes(reader: FrameReader): number[] {
  const length = reader.array("reaches.times", FRAME_LIMITS.reachTimes);
  const times = Array.from({ length }, () => readTime(reader, "reaches.times"));
  if (times.some((time, at) => time < (times[at - 1] ?? time))) {
    reader.refuse("reaches.times", "do not rise");
  }
  return times;
}

function readUnreached(reader: FrameReader): number[] {
  const length = reader.array("reaches.unreached", FRAME_LIMITS.unreached);
  return Array.from({ length }, () => reader.integer("reaches.unreached", 0, MAX_CONNECTIONS - 1));
}
