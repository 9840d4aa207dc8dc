/**
 * How much memory a local run will take: a base per process and engine, and a share per connection, of the worker and
 * of the kernel. Called by the plan text and by the doctor. An estimate for planning, never part of a result.
 */
import type { Sizing } from "./sizing.ts";

/**
 * Resident memory of a worker with one engine, seen on Linux with Node 20 (lean driver, stamped 100 B echoes at
 * 0.3/s): 88 MB with 500 connections, 90 MB with 5,000, 104 MB with 10,000, 142 MB with 19,000. Rounded up.
 */
const PROCESS_BYTES = 60e6;
const ENGINE_BYTES = 30e6;
const CONNECTION_BYTES = 5e3;
/**
 * Of the kernel for one idle socket: Slab in /proc/meminfo grew by 146 MB with 30,000 sockets (15,000 connections over
 * loopback, Linux). Buffers for data under way come on top.
 */
const SOCKET_BYTES = 5e3;

export interface MemoryEstimate {
  readonly bytes: number;
  /** What it rests on, for people. */
  readonly basis: string;
}

export function estimateMemory(connections: number, sizing: Sizing): MemoryEstimate {
  const engines = sizing.workers * sizing.enginesPerWorker;
  const bytes =
    sizing.workers * PROCESS_BYTES +
    engines * ENGINE_BYTES +
    connections * (CONNECTION_BYTES + SOCKET_BYTES);
  return {
    bytes,
    basis: "workers and the kernel's sockets, with small messages; data under way comes on top",
  };
}

/** Bytes of one more connection, its part of its worker process included. */
export function bytesPerConnection(connectionsPerWorker: number): number {
  const share = (PROCESS_BYTES + ENGINE_BYTES) / Math.max(1, connectionsPerWorker);
  return CONNECTION_BYTES + SOCKET_BYTES + share;
}
