/**
 * The sentinel thread as its engine sees it. Made by the engine's entry (worker/engine/main.ts) where the scenario observes
 * something; asked for what it saw when a frame is cut. Invariant: a thread that ends says nothing any more, and nothing else
 * follows. Bound: MOST_SENTINEL_ROWS rows of a kind from one frame to the next.
 */
import { Worker as Thread } from "node:worker_threads";
import { MOST_SENTINEL_ROWS, type SentinelRows } from "../../shared/wire/frame/sentinel-rows.ts";
import type { Slice } from "../../shared/wire/slice.ts";
import type { Seen, SentinelCommand, SentinelData } from "./protocol.ts";

const LIMITS = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 16 };

export class Sentinel {
  readonly #thread: Thread;
  #probes: SentinelRows["probes"][number][] = [];
  #readings: SentinelRows["readings"][number][] = [];
  readonly #isProbing: boolean;
  /** Run time 0; null before it is known. */
  #startUs: number | null = null;
  /** Its engine holds the shard whose engine reads pages, so that one of all does. */
  #readsPages = false;
  #isReading = false;

  /** @param entry the thread's program @param onProblem told why there is nothing to see */
  constructor(entry: URL, data: SentinelData, onProblem: (problem: string) => void) {
    const options = { name: "sentinel", workerData: data, resourceLimits: LIMITS };
    this.#isProbing = data.probes;
    this.#thread = new Thread(entry, { ...options, env: {}, argv: [] });
    this.#thread.on("message", (seen: Seen) => this.#keep(seen));
    this.#thread.on("error", (error) => onProblem(error.message));
    // It keeps no process alive.
    this.#thread.unref();
  }

  /** @param startUs run time 0 on the host's monotonic clock */
  start(startUs: number): void {
    this.#startUs = startUs;
    if (this.#isProbing) this.#tell("probe", startUs);
    this.#readPages();
  }

  /** Its engine has got these. */
  hold(slices: readonly Pick<Slice, "shard">[]): void {
    this.#readsPages ||= slices.some(({ shard }) => shard === 0);
    this.#readPages();
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
    void this.#thread.terminate();
  }

  #readPages(): void {
    if (!this.#readsPages || this.#isReading || this.#startUs === null) return;
    this.#isReading = true;
    this.#tell("read", this.#startUs);
  }

  #tell(type: SentinelCommand["type"], fromUs: number): void {
    this.#thread.postMessage({ type, fromUs } satisfies SentinelCommand);
  }

  #keep(seen: Seen): void {
    if ("probe" in seen) {
      if (this.#probes.length < MOST_SENTINEL_ROWS) this.#probes.push(seen.probe);
    } else if (this.#readings.length < MOST_SENTINEL_ROWS) this.#readings.push(seen.reading);
  }
}
