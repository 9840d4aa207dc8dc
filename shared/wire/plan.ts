/**
 * The plan document: everything a worker needs to execute shards of a run. The coordinator writes it
 * once to the bus before tickets are offered; workers read it by run id. It holds resolved secrets, so
 * it is never written to disk. Invariant: two plans with the same hash are the same load, secrets included.
 */
import type { StrictScenario } from "../scenario/strict.ts";

export const WIRE_VERSION = 1;

export interface PlanDocument {
  readonly version: typeof WIRE_VERSION;
  readonly run: string;
  /** HMAC-SHA-256 over the canonical scenario and the sizes below, hex, under a key of the coordinator's process. */
  readonly hash: string;
  readonly scenario: StrictScenario;
  /** S: shard s holds the connections {i : i mod S = s}. */
  readonly shards: number;
  /** N: all global connection indices are below it. */
  readonly connections: number;
  readonly durationUs: number;
  /** Hosts other than loopback that may be targeted (host or host:port). */
  readonly allowTargets: readonly string[];
  /** After the plan's end: how long replies and closing handshakes may take. */
  readonly drainUs: number;
  /**
   * Sessions that should be open already when a running worker gets their lane (their worker was lost, or they moved)
   * are opened evenly over this time.
   */
  readonly recoverWithinUs: number;
  /** When the bus does not answer: fence after the lease, or go on to the end of the plan. */
  readonly onBusLoss: "fence" | "continue";
}
