/**
 * How much memory the workers of a local run will take: a base per process and engine, and a share per
 * connection. Called by plan-text.ts. An estimate for planning, never part of a result.
 */
import type { Sizing } from "../../local/sizing.ts";

/**
 * Resident memory of a worker with one engine, seen on Linux with Node 20 (lean driver, stamped 100 B echoes at
 * 0.3/s): 88 MB with 500 connections, 90 MB with 5,000, 104 MB with 10,000, 142 MB with 19,000. Rounded up.
 */
const PROCESS_BYTES = 60e6;
const ENGINE_BYTES = 30e6;
const CONNECTION_BYTES = 5e3;

export interface MemoryEstimate {
  readonly bytes: number;
  /** What it rests on, for people. */
  readonly basis: string;
}

export function estimateMemory(connections: number, sizing: Sizing): MemoryEstimate {
  const engines = sizing.workers * sizing.enginesPerWorker;
  const bytes =
    sizing.workers * PROCESS_BYTES + engines * ENGINE_BYTES + connections * CONNECTION_BYTES;
  return {
    bytes,
    basis: "resident memory with small messages; the kernel's socket buffers come on top",
  };
}
