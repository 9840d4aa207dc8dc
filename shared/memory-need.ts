/**
 * How much memory worker processes take, for planning: a base per process and engine, and a share per connection, of the
 * worker and of the kernel. Used by workers (what they can hold) and by the coordinator (what a run takes). Estimates with
 * small messages, never part of a result; data under way comes on top.
 */

/**
 * Resident memory of a worker with one engine, seen on Linux with Node 20 (lean driver, stamped 100 B echoes at
 * 0.3/s): 88 MB with 500 connections, 90 MB with 5,000, 104 MB with 10,000, 142 MB with 19,000. Rounded up.
 */
const PROCESS_BYTES = 60e6;
const ENGINE_BYTES = 30e6;
const CONNECTION_BYTES = 5e3;
/**
 * Of the kernel for one idle socket: Slab in /proc/meminfo grew by 146 MB with 30,000 sockets (15,000 connections over
 * loopback, Linux). Buffers for data under way come on top. Control groups count it, too.
 */
const SOCKET_BYTES = 5e3;
/** Part of a limit that is planned with. */
const USABLE = 0.9;
/** Part of what is left for connections that may lie in the engines' heaps; the rest is buffers and the kernel's. */
const HEAP_SHARE = 0.6;
/** Below it an engine cannot even compile its plan. */
const LEAST_HEAP_MB = 48;

export interface Processes {
  readonly workers: number;
  readonly enginesPerWorker: number;
}

/** Bytes of so many worker processes with so many connections in all. */
export function memoryNeed(connections: number, { workers, enginesPerWorker }: Processes): number {
  const base = workers * (PROCESS_BYTES + enginesPerWorker * ENGINE_BYTES);
  return base + connections * (CONNECTION_BYTES + SOCKET_BYTES);
}

/** Connections that one worker process can hold within a limit; 1 at least. */
export function connectionsWithin(limitBytes: number, engines: number): number {
  const left = limitBytes * USABLE - memoryNeed(0, { workers: 1, enginesPerWorker: engines });
  return Math.max(1, Math.floor(left / (CONNECTION_BYTES + SOCKET_BYTES)));
}

/**
 * Heap of one engine thread within a process' limit, in MiB: an engine that would outgrow it ends by itself and says so, its
 * slices go to others, and the kernel does not end the whole process.
 */
export function engineHeapMb(limitBytes: number, engines: number): number {
  const each = ((limitBytes * USABLE - PROCESS_BYTES) * HEAP_SHARE) / engines;
  return Math.max(LEAST_HEAP_MB, Math.floor(each / 2 ** 20));
}
