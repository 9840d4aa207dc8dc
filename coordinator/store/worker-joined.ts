/**
 * That a worker takes part in a run, and what is written down of it for good. Part of the words of the journal (event.ts). Invariant:
 * journals only gain: what older versions did not write is optional.
 */

/** What a worker runs on, as far as two runs must agree on it to be compared. */
export interface WorkerMachine {
  readonly cpuModel: string;
  readonly cpus: number;
  readonly node: string;
  /** Of Onrush. */
  readonly version: string;
}

/** What a worker process may have in use, as the system has set it. */
export interface WorkerLimits {
  readonly openFiles: number;
  /** Towards one address. */
  readonly localPorts: number;
}

/** The worker holds slices of this run, or has sent frames of it. */
export interface WorkerJoined {
  readonly type: "worker-joined";
  readonly epoch: number;
  readonly id: string;
  readonly host: string;
  readonly engines: number;
  readonly capacity: number;
  readonly fenceAfterMs: number;
  /** The bus it was seen on (CoordinatorBus.generation). */
  readonly generation: string;
  /** Absent when the worker's session had gone, and in journals of older versions; so are its limits. */
  readonly machine?: WorkerMachine;
  readonly limits?: WorkerLimits;
}
