/** The bounds of a frame, on both sides of the wire. */
import { MAX_SHARDS } from "../../load/split.ts";
import { MAX_ROLES } from "../../scenario/limits.ts";

/** What a frame may hold at most. A frame of several seconds may hold several seconds' failure groups. */
export const FRAME_LIMITS = {
  bodyBytes: 8 * 1024 * 1024,
  shards: MAX_SHARDS,
  phases: 1000,
  names: 10_000,
  /** Rows of names, and of histograms. */
  rows: 20_000,
  /** Rows of targets: ten phases of the most targets there may be. */
  targetRows: 100_000,
  /** Of the connections; rows: all roles of all phases. */
  roles: MAX_ROLES,
  roleRows: 100_000,
  failureGroupsPerSecond: 1000,
  signature: 120,
  detail: 1000,
  targets: 10_000,
  /** Pairs of subprotocol and extensions. */
  agreed: 1000,
  /** Rows of scopes. */
  scopes: 20_000,
  /** Rows of pushed messages: eight seconds of them, and all that were open at the end. */
  reaches: 32_768,
  /** Of one pushed message. */
  reachTimes: 33,
  unreached: 5,
  spanSeconds: 8,
} as const;
