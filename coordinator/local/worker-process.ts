/**
 * One forked worker process and its channel to the bus. Called by local-cluster.ts.
 * Invariant: its exit is reported once, after the process has ended and everything it had sent was served.
 */
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { processChannel } from "../../shared/bus/ipc/channel.ts";
import { type ServedChannel, serveChannel } from "../../shared/bus/ipc/ipc-server.ts";
import type { MemoryStore } from "../../shared/bus/memory/store.ts";
import { OnrushError } from "../../shared/errors.ts";
import { tiedFork } from "../../shared/lifeline.ts";
import { sleep, type Timers } from "../../shared/time/timer.ts";
import { prefixLines } from "./worker-output.ts";

/** An ended process' pipes are read within this, unless somebody else holds them open. */
const LAST_WORDS_MS = 2000;

export interface WorkerExit {
  readonly id: string;
  readonly pid: number;
  /** Exit code, or null when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Sessions it had opened and not closed: what they held is lost. Empty after it left in good order. */
  readonly epochs: readonly number[];
}

export interface ForkOptions {
  readonly id: string;
  readonly entry: URL;
  readonly store: MemoryStore;
  readonly enginesPerWorker: number;
  readonly capacityPerWorker: number;
  /** Its part of a control group's memory; null: no limit. */
  readonly memoryBytes: number | null;
  readonly fenceAfterMs?: number;
  readonly env: Readonly<Record<string, string>>;
  readonly execArgv?: readonly string[];
  readonly write: (line: string) => void;
}

export interface WorkerProcess {
  readonly id: string;
  readonly pid: number;
  readonly exit: Promise<WorkerExit>;
  /** @throws OnrushError ONRUSH_WORKER_FAILED when it ends first, or takes longer. */
  ready(timers: Timers, waitMs: number): Promise<void>;
  /** Harmless when it has ended. */
  kill(signal: "SIGTERM" | "SIGKILL"): void;
}

export function forkWorker(options: ForkOptions): WorkerProcess {
  const { id, entry, store, write } = options;
  const child = fork(fileURLToPath(entry), {
    serialization: "advanced",
    ...tiedFork(options.execArgv),
    env: workerEnvironment(options),
    // stdout of this process is for results, so what workers say there goes with the rest.
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  if (child.stdout !== null) prefixLines(child.stdout, id, write);
  if (child.stderr !== null) prefixLines(child.stderr, id, write);
  const opened = new AbortController();
  const served = serveChannel(store, processChannel(child), { onSession: () => opened.abort() });
  const exit = exitOf(child, id, served);
  const said = new Promise<void>((resolve) => child.on("close", () => resolve()));
  return {
    id,
    pid: child.pid ?? 0,
    exit,
    ready: async (timers, waitMs) => {
      const exited = exit.then((early) => early);
      const early = await Promise.race([sleep(timers, waitMs, opened.signal), exited]);
      if (opened.signal.aborted) return;
      // What it said last may come after its exit; the refusal refers to it.
      if (early) await Promise.race([said, sleep(timers, LAST_WORDS_MS)]);
      throw notStarted(id, early ?? null, waitMs);
    },
    kill: (signal) => {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    },
  };
}

function workerEnvironment(options: ForkOptions): Record<string, string> {
  const { fenceAfterMs, memoryBytes } = options;
  return {
    ...options.env,
    ONRUSH_CLUSTER_KEY: options.store.clusterKey,
    ONRUSH_WORKER_ID: options.id,
    ONRUSH_WORKER_ENGINES: String(options.enginesPerWorker),
    ONRUSH_WORKER_CAPACITY: String(options.capacityPerWorker),
    ...(memoryBytes === null ? {} : { ONRUSH_WORKER_MEMORY_BYTES: String(memoryBytes) }),
    ...(fenceAfterMs === undefined ? {} : { ONRUSH_WORKER_FENCE_AFTER_MS: String(fenceAfterMs) }),
  };
}

/** Ended means both: the process is gone, and its pipe was read to the end. */
function exitOf(child: ChildProcess, id: string, served: ServedChannel): Promise<WorkerExit> {
  return new Promise((resolve) => {
    let ended = false;
    const settle = () => {
      if (!ended || child.connected) return;
      const { exitCode: code, signalCode: signal } = child;
      resolve({ id, pid: child.pid ?? 0, code, signal, epochs: served.epochs() });
    };
    const end = () => {
      ended = true;
      settle();
    };
    child.on("exit", end);
    // It could not even be started.
    child.on("error", () => {
      if (child.pid === undefined) end();
    });
    child.on("disconnect", settle);
  });
}

function notStarted(id: string, exit: WorkerExit | null, waitMs: number): OnrushError {
  const how =
    exit === null
      ? `did not open its session within ${waitMs / 1000} s`
      : `ended at its start with ${exit.signal ?? `exit code ${exit.code}`}`;
  return new OnrushError({
    code: "ONRUSH_WORKER_FAILED",
    message: `Worker process ${id} ${how}.`,
    remedy: "Its messages are above; `onrush doctor` checks the limits of this machine.",
  });
}
