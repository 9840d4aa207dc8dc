/**
 * Many workers over one bus, as far as a coordinator can tell: they open sessions, renew them, take slices, and append a frame
 * each at the end of every second of run time, all at once. No load, no engines. Used by the capacity benchmark, in virtual
 * time and in real time. Invariant: what they append is what the production encoder makes, each frame once and in order.
 */

import type { WorkerBus } from "../../../shared/bus/bus.ts";
import { readPlacement, readRun } from "../../../shared/bus/read-document.ts";
import { OnrushError } from "../../../shared/errors.ts";
import { PHASE_COUNTERS } from "../../../shared/stats/counters.ts";
import type { Clock } from "../../../shared/time/clock.ts";
import { sleep, type Timers } from "../../../shared/time/timer.ts";
import { VERSION } from "../../../shared/version.ts";
import { encodeFrame } from "../../../shared/wire/frame/frame-codec.ts";
import { WIRE_VERSION } from "../../../shared/wire/plan.ts";
import type { WorkerInfo, WorkerStatus } from "../../../shared/wire/worker-info.ts";
import { type FrameMaker, newCounts, SHARD_CONNECTIONS, type WorkerCounts } from "./load.ts";

const SECOND_US = 1_000_000;
const TURN_MS = 20;
/** As workers do. */
const RENEW_MS = 1000;
const DOCUMENT_MS = 500;
/** Calls under way at once. */
const BATCH = 100;
const SLICES_AT_MOST = 10;

export interface SyntheticOptions {
  readonly bus: WorkerBus;
  readonly run: string;
  readonly workers: number;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly frames: FrameMaker;
  /** A second's frames are with the bus: how many messages all of them together tell of, since the start. */
  readonly onSecond: (second: number, sentInAll: number) => void;
}

interface SyntheticWorker {
  readonly epoch: number;
  readonly counts: WorkerCounts;
  readonly shards: number[];
  lastSeq: number;
}

export class SyntheticWorkers {
  readonly #options: SyntheticOptions;
  #workers: SyntheticWorker[] = [];
  /** Run time 0 on this host's monotonic clock; null before it is known. */
  startUs: number | null = null;
  /** CPU microseconds spent on making frames. */
  makingCpuUs = 0;
  /** Frames the bus did not take. */
  refused = 0;
  bytes = 0;
  frames = 0;
  #sent = 0;
  #second = 0;
  #prepared: Uint8Array[] = [];
  #over = false;
  #answers = "";

  constructor(options: SyntheticOptions) {
    this.#options = options;
  }

  /** Lives until the run is over. */
  async live(): Promise<void> {
    const { bus, workers, timers } = this.#options;
    const ids = Array.from({ length: workers }, (_, at) => `synthetic-${at}`);
    await inBatches(ids, async (id) => {
      const epoch = await bus.openSession(infoOf(id), id);
      this.#workers.push({ epoch, counts: newCounts(), shards: [], lastSeq: -1 });
    });
    const loops = [this.#renew(), this.#follow()];
    while (!this.#over && this.startUs === null) {
      // As a worker does: a broker that is busy with all of them is asked again.
      await this.#takeSlices().catch((error: unknown) => {
        if (!(error instanceof OnrushError) || error.code !== "ONRUSH_BUS_UNREACHABLE") throw error;
      });
      await sleep(timers, TURN_MS * 5);
    }
    await this.#run();
    await Promise.all(loops);
    await inBatches(this.#workers, ({ epoch }) => bus.closeSession(epoch));
  }

  async #run(): Promise<void> {
    const { clock, timers, frames, onSecond } = this.#options;
    while (!this.#over && this.#second <= frames.seconds) {
      if (this.#prepared.length === 0) this.#prepare();
      // The final frame follows the last whole second at once.
      const dueSeconds = Math.min(this.#second + 1, frames.seconds);
      const dueUs = (this.startUs ?? 0) + dueSeconds * SECOND_US;
      if (clock.monotonicUs() < dueUs) {
        await sleep(timers, Math.max(1, (dueUs - clock.monotonicUs()) / 1000));
        continue;
      }
      await this.#append();
      onSecond(this.#second, this.#sent);
      this.#second++;
    }
    if (!this.#over) for (const worker of this.#workers) worker.lastSeq = this.#second - 1;
    while (!this.#over) await sleep(timers, TURN_MS);
  }

  #prepare(): void {
    const before = process.cpuUsage();
    const { frames } = this.#options;
    this.#prepared = this.#workers.map(({ shards, counts }) => {
      return encodeFrame(frames.frame(shards, this.#second, counts));
    });
    const { user, system } = process.cpuUsage(before);
    this.makingCpuUs += user + system;
  }

  async #append(): Promise<void> {
    const { bus, run } = this.#options;
    const bodies = this.#prepared;
    this.#prepared = [];
    const seq = this.#second;
    await inBatches([...this.#workers.entries()], async ([at, { epoch }]) => {
      const body = bodies[at] as Uint8Array;
      this.bytes += body.length;
      this.frames++;
      const answer = await bus.appendFrame({ run, epoch, seq }, body, 0);
      if (answer !== "ok" && answer !== "duplicate") this.refused++;
    });
    this.#sent = this.#workers.reduce((sum, { counts }) => sum + (counts.counters[SENT] ?? 0), 0);
  }

  async #takeSlices(): Promise<void> {
    const { bus, run } = this.#options;
    const placement = await readPlacement(bus);
    this.#answers = placement?.challenge ?? this.#answers;
    const quotas = new Map(placement?.quotas.map(({ epoch, slices }) => [epoch, slices]));
    await inBatches(this.#workers, async ({ epoch, shards }) => {
      while (shards.length < (quotas.get(epoch) ?? 0)) {
        const taken = await bus.takeTicket(run, 50);
        if (taken === null) return;
        const { slice } = taken.ticket;
        if ((await bus.claimSlice(run, slice.id, epoch)) === "held") shards.push(slice.shard);
        await taken.done();
      }
    });
  }

  /** Start and end. */
  async #follow(): Promise<void> {
    const { bus, run, clock, timers } = this.#options;
    let seen = false;
    while (!this.#over) {
      const document = await readRun(bus, run);
      seen ||= document !== null;
      if (document && document.startAtUs !== null && this.startUs === null) {
        this.startUs = document.startAtUs - (await bus.time()) + clock.monotonicUs();
      }
      const isOver = document && ["merging", "done", "failed", "aborted"].includes(document.state);
      if (isOver || document?.end || (seen && !document)) this.#over = true;
      await sleep(timers, DOCUMENT_MS);
    }
  }

  async #renew(): Promise<void> {
    const { bus, timers } = this.#options;
    while (!this.#over) {
      await inBatches(this.#workers, (worker) =>
        bus.renewSession(worker.epoch, this.#status(worker)),
      );
      await sleep(timers, RENEW_MS);
    }
  }

  #status({ shards, lastSeq }: SyntheticWorker): WorkerStatus {
    const running = this.startUs === null ? "ready" : "running";
    return {
      ...{ slicesHeld: shards.length, slicesReady: shards.length, connectionsOpen: 0 },
      state: lastSeq >= 0 ? "finished" : shards.length === 0 ? "idle" : running,
      ...{ problem: "", clockOffsetUs: 0, clockErrorUs: 100, lastSeq, leaving: false },
      claimedIn: null,
      ...{ startSkewUs: this.startUs === null ? null : 500, handedOver: [] },
      ...{ answers: this.#answers, refused: 0, refusal: "" },
    };
  }
}

const SENT = PHASE_COUNTERS.indexOf("sent");

async function inBatches<T>(
  items: readonly T[],
  each: (item: T) => Promise<unknown>,
): Promise<void> {
  for (let from = 0; from < items.length; from += BATCH) {
    await Promise.all(items.slice(from, from + BATCH).map(each));
  }
}

function infoOf(id: string): WorkerInfo {
  return {
    ...{ id, host: "bench", pid: 1, version: VERSION, node: process.version, engines: 1 },
    ...{ capacity: SLICES_AT_MOST * SHARD_CONNECTIONS, cpuModel: "none", cpus: 1 },
    ...{ memoryBytes: 1e9, openFilesLimit: 20_000, localPorts: 28_232, physicalCores: 1 },
    ...{ system: "bench", fenceAfterMs: 20_000, wire: WIRE_VERSION },
  };
}
