/**
 * What a worker's sentinel saw of the targets beside the load (worker/sentinel): probes, and readings of what targets tell of
 * themselves; the section `sentinel` of a frame. Part of frame-codec.ts. Invariant: rungs keep their places; what is read is
 * within FRAME_LIMITS.
 */
import { FRAME_LIMITS } from "./frame-limits.ts";
import type { FrameReader } from "./frame-reader.ts";

/**
 * What a probe asks. wake: how late the sentinel's own timer fired, which is the machine's doing; tcp: a connection, which the
 * kernel of the target answers; ping: a WebSocket ping, which its protocol stack answers; echo: a message, which its handler answers.
 */
export const RUNGS = ["wake", "tcp", "ping", "echo"] as const;
export type Rung = (typeof RUNGS)[number];

/** Seen since the frame before. */
export interface SentinelRows {
  readonly probes: readonly {
    readonly target: number;
    readonly rung: Rung;
    /** Microseconds; null: it failed, or took longer than there is patience for. */
    readonly tookUs: number | null;
  }[];
  readonly readings: readonly {
    /** Position among all that is picked (shared/scenario/strict-observe.ts). */
    readonly pick: number;
    readonly value: number;
  }[];
}

/** Kept of one kind for one frame; further ones are left out. */
export const MOST_SENTINEL_ROWS = 256;
const MOST_ROWS = MOST_SENTINEL_ROWS * FRAME_LIMITS.spanSeconds;
/** Of other builds, too. */
const MOST_RUNGS = 64;

export function sentinelSection({ probes, readings }: SentinelRows): unknown[] {
  return [
    probes.map(({ target, rung, tookUs }) => [target, RUNGS.indexOf(rung), tookUs]),
    readings.map(({ pick, value }) => [pick, value]),
  ];
}

/** Absent where the frame has none. */
export function readSentinel(reader: FrameReader): { readonly sentinel?: SentinelRows } {
  if (reader.skipNull()) return {};
  reader.tuple("sentinel", 2);
  const probes = Array.from({ length: reader.array("probes", MOST_ROWS) }, () => {
    reader.tuple("probes", 3);
    const target = reader.integer("probes.target", 0, FRAME_LIMITS.targets - 1);
    const rung = RUNGS[reader.integer("probes.rung", 0, MOST_RUNGS - 1)];
    const tookUs = reader.skipNull() ? null : reader.size("probes.tookUs");
    return rung === undefined ? null : { target, rung, tookUs };
  });
  const readings = Array.from({ length: reader.array("readings", MOST_ROWS) }, () => {
    reader.tuple("readings", 2);
    const pick = reader.integer("readings.pick", 0, FRAME_LIMITS.rows - 1);
    return { pick, value: reader.number("readings.value") };
  });
  return { sentinel: { probes: probes.filter((row) => row !== null), readings } };
}
