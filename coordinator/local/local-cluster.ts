/**
 * A cluster of one machine: forks worker processes and serves them the bus this process holds. Called by the
 * command line. Workers are started by path and never imported.
 * Invariant: no worker outlives the cluster: they leave on SIGTERM, are killed after the grace period, and end
 * by themselves when this process dies. A worker's death is known at once and ends its sessions.
 */
import { extname } from "node:path";
import type { CoordinatorBus } from "../../shared/bus/bus.ts";
import { MemoryStore } from "../../shared/bus/memory/store.ts";
import { MemoryBus } from "../../shared/bus/memory-bus.ts";
import { granted } from "../../shared/cgroup/granted.ts";
import { type Clock, systemClock } from "../../shared/time/clock.ts";
import { sleep, systemTimers, type Timers } from "../../shared/time/timer.ts";
import { forkWorker, type WorkerExit, type WorkerProcess } from "./worker-process.ts";

export interface LocalClusterOptions {
  readonly workers: number;
  readonly enginesPerWorker: number;
  /** Connections each worker may hold. */
  readonly capacityPerWorker: number;
  /** Environment of the workers. */
  readonly env: Readonly<Record<string, string>>;
  readonly fenceAfterMs?: number;
  /** Extra flags for node, e.g. for memory. */
  readonly execArgv?: readonly string[];
  /** The worker's program; default: the one built beside this. */
  readonly workerEntry?: URL;
  /** Takes what workers write, whole lines with the worker's name; default: stderr. */
  readonly write?: (line: string) => void;
  readonly clock?: Clock;
  readonly timers?: Timers;
}

export interface LocalCluster {
  readonly bus: CoordinatorBus;
  readonly workers: readonly { readonly pid: number; readonly id: string }[];
  /**
   * Called when a worker process has ended, for whatever reason, and all it had sent has arrived. Its sessions
   * are ended once the listeners are done, so that they can fence its epochs first. The bus is open until then.
   */
  onWorkerExit(listener: (exit: WorkerExit) => void | Promise<void>): void;
  /** SIGTERM, then SIGKILL after graceMs. Resolves when every worker process is gone. Idempotent. */
  close(graceMs: number): Promise<void>;
}

/** For a worker to start and open its session; generous, the machine may be busy. */
const START_MS = 60_000;

/** @throws OnrushError ONRUSH_WORKER_FAILED when a worker ends or does not open its session in time. */
export async function startLocalCluster(options: LocalClusterOptions): Promise<LocalCluster> {
  const { clock = systemClock, timers = systemTimers } = options;
  const cluster = new Cluster(new MemoryStore({ clock, timers }), timers);
  try {
    await cluster.start(options);
    return cluster;
  } catch (error) {
    await cluster.close(0);
    throw error;
  }
}

/** Part of a control group's limit that each worker may plan with, as this process takes one, too; null without a limit. */
function memoryOfEach(workers: number): number | null {
  const { memoryBytes } = granted().limits;
  return memoryBytes === null ? null : Math.floor(memoryBytes / (workers + 1));
}

/** URLs are not rewritten by the compiler, so the ending is that of this very file. */
function workerEntry(): URL {
  return new URL(`../../worker/main${extname(import.meta.url)}`, import.meta.url);
}

class Cluster implements LocalCluster {
  readonly bus: MemoryBus;
  readonly #store: MemoryStore;
  readonly #timers: Timers;
  readonly #listeners: ((exit: WorkerExit) => void | Promise<void>)[] = [];
  #workers: readonly WorkerProcess[] = [];
  /** One for each worker, settled when its exit has been dealt with. */
  #farewells: readonly Promise<void>[] = [];

  constructor(store: MemoryStore, timers: Timers) {
    this.bus = new MemoryBus(store);
    this.#store = store;
    this.#timers = timers;
  }

  get workers(): readonly { readonly pid: number; readonly id: string }[] {
    return this.#workers.map(({ pid, id }) => ({ pid, id }));
  }

  async start(options: LocalClusterOptions): Promise<void> {
    const entry = options.workerEntry ?? workerEntry();
    const write = options.write ?? ((line: string) => process.stderr.write(line));
    const memoryBytes = memoryOfEach(options.workers);
    const common = { ...options, entry, store: this.#store, write, memoryBytes };
    this.#workers = Array.from({ length: options.workers }, (_, index) =>
      forkWorker({ ...common, id: `worker-${index + 1}` }),
    );
    this.#farewells = this.#workers.map(({ exit }) => exit.then((how) => this.#exited(how)));
    await Promise.all(this.#workers.map((worker) => worker.ready(this.#timers, START_MS)));
  }

  onWorkerExit(listener: (exit: WorkerExit) => void | Promise<void>): void {
    this.#listeners.push(listener);
  }

  async close(graceMs: number): Promise<void> {
    for (const worker of this.#workers) worker.kill("SIGTERM");
    const allGone = Promise.all(this.#farewells);
    const waiting = new AbortController();
    await Promise.race([allGone, sleep(this.#timers, graceMs, waiting.signal)]);
    waiting.abort();
    for (const worker of this.#workers) worker.kill("SIGKILL");
    await allGone;
    await this.bus.close();
  }

  async #exited(exit: WorkerExit): Promise<void> {
    await Promise.all(this.#listeners.map((listener) => listener(exit)));
    for (const epoch of exit.epochs) await this.bus.endSession(epoch);
  }
}
