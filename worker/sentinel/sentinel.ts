/**
 * The sentinel thread as its engine sees it. Made by the engine's entry (worker/engine/main.ts) where the scenario observes
 * something; asked for what it saw when a frame is cut. Invariant: there is a thread only where there is something to observe; one
 * that ends says nothing any more, and nothing else follows. Bound: MOST_SENTINEL_ROWS rows of a kind from one frame to the next.
 */
import { Worker as Thread } from "node:worker_threads";
import { MOST_SENTINEL_ROWS, type SentinelRows } from "../../shared/wire/frame/sentinel-rows.ts";
import type { Slice } from "../../shared/wire/slice.ts";
import type { Seen, SentinelCommand, SentinelData } from "./protocol.ts";

const LIMITS = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 16 };

export interface SentinelThread {
  postMessage(command: SentinelCommand): void;
  terminate(): unknown;
}

/** Tells each thing it sees, a problem as well. */
type StartThread = (tell: (seen: Seen) => void) => SentinelThread;

/** @param entry the thread's program */
export function startThread(entry: URL, data: SentinelData): StartThread {
  return (tell) => {
    const options = { name: "sentinel", workerData: data, resourceLimits: LIMITS };
    const thread = new Thread(entry, { ...options, env: {}, argv: [] });
    thread.on("message", tell);
    thread.on("error", (error) => tell({ problem: `nothing is observed: ${error.message}` }));
    // It keeps no process alive.
    thread.unref();
    return thread;
  };
}

export class Sentinel {
  readonly #startThread: StartThread;
  readonly #onProblem: (problem: string) => void;
  #thread: SentinelThread | null = null;
  #isOver = false;
  #probes: SentinelRows["probes"][number][] = [];
  #readings: SentinelRows["readings"][number][] = [];
  readonly #observes: { readonly probes: boolean; readonly pages: boolean };
  /** Run time 0; null before it is known. */
  #startUs: number | null = null;
  /** Slices that its engine holds of the shard whose engine reads pages, so that one of all does. */
  readonly #reading = new Set<number>();
  #isReading = false;

  /** @param observes what this engine may be asked to @param onProblem told what cannot be observed, and why */
  constructor(
    start: StartThread,
    observes: { readonly probes: boolean; readonly pages: boolean },
    onProblem: (problem: string) => void,
  ) {
    this.#startThread = start;
    this.#observes = observes;
    this.#onProblem = onProblem;
  }

  /** @param startUs run time 0 on the host's monotonic clock */
  start(startUs: number): void {
    this.#startUs = startUs;
    if (this.#observes.probes) this.#command({ type: "probe", fromUs: startUs });
    this.#readPages();
  }

  /** Its engine has got these. Of a shard that is divided in time the last part counts. */
  hold(slices: readonly Pick<Slice, "id" | "shard" | "toUs">[]): void {
    for (const { id, shard, toUs } of slices) {
      if (shard === 0 && toUs === null) this.#reading.add(id);
    }
    this.#readPages();
  }

  /** Its engine has given this one away, or the last part of it: whoever has that reads the pages. */
  letGo(slice: number): void {
    if (this.#reading.delete(slice)) this.#readPages();
  }

  /** What it saw since the last time; null: nothing. */
  take(): SentinelRows | null {
    const seen = { probes: this.#probes, readings: this.#readings };
    if (seen.probes.length + seen.readings.length === 0) return null;
    this.#probes = [];
    this.#readings = [];
    return seen;
  }

  terminate(): void {
    this.#isOver = true;
    this.#thread?.terminate();
  }

  #readPages(): void {
    const reads = this.#observes.pages && this.#reading.size > 0;
    if (reads === this.#isReading || this.#startUs === null) return;
    this.#isReading = reads;
    this.#command(reads ? { type: "read", fromUs: this.#startUs } : { type: "stopReading" });
  }

  #command(command: SentinelCommand): void {
    if (this.#isOver) return;
    this.#thread ??= this.#startThread((seen) => this.#keep(seen));
    this.#thread.postMessage(command);
  }

  #keep(seen: Seen): void {
    if ("problem" in seen) this.#onProblem(seen.problem);
    else if ("probe" in seen) {
      if (this.#probes.length < MOST_SENTINEL_ROWS) this.#probes.push(seen.probe);
    } else if (this.#readings.length < MOST_SENTINEL_ROWS) this.#readings.push(seen.reading);
  }
}
