/**
 * How much memory the workers of a local run will take: a base per process and engine, and a share per
 * connection. Called by plan-text.ts. An estimate for planning, never part of a result.
 */
import type { Sizing } from "../../local/sizing.ts";

const PROCESS_BYTES = 60e6;
const ENGINE_BYTES = 30e6;
const CONNECTION_BYTES = 8e3;

export interface MemoryEstimate {
  readonly bytes: number;
  /** What it rests on, for people. */
  readonly basis: string;
}

export function estimateMemory(connections: number, sizing: Sizing): MemoryEstimate {
  const engines = sizing.workers * sizing.enginesPerWorker;
  const bytes =
    sizing.workers * PROCESS_BYTES + engines * ENGINE_BYTES + connections * CONNECTION_BYTES;
  return { bytes, basis: "resident, without the kernel's socket buffers" };
}
