/**
 * How much memory a local run will take, and on what that rests. Called by the plan text and by the doctor. An estimate for
 * planning, never part of a result.
 */
import { memoryNeed } from "../../shared/memory-need.ts";
import type { Sizing } from "./sizing.ts";

export interface MemoryEstimate {
  readonly bytes: number;
  /** What it rests on, for people. */
  readonly basis: string;
}

export function estimateMemory(connections: number, sizing: Sizing): MemoryEstimate {
  return {
    bytes: memoryNeed(connections, sizing),
    basis: "workers and the kernel's sockets, with small messages; data under way comes on top",
  };
}

/** Bytes of one more connection, its part of its worker process included. */
export function bytesPerConnection(connectionsPerWorker: number): number {
  const connections = Math.max(1, connectionsPerWorker);
  return memoryNeed(connections, { workers: 1, enginesPerWorker: 1 }) / connections;
}
