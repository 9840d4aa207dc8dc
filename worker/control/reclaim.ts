/**
 * Claims again what this worker holds, after the bus has forgotten everything. Used by incarnation.ts.
 * Invariant: it goes on until the bus says that each lane is held, or the lane is not ours any more: somebody who has been
 * declared lost may have been quicker, until the coordinator ends it again.
 */
import type { WorkerBus } from "../../shared/bus/bus.ts";
import { isBusClosed } from "../../shared/bus/bus-closed.ts";
import { sleep, type Timers } from "../../shared/time/timer.ts";
import type { ControlTimings } from "./timings.ts";

export interface Holding {
  readonly run: string;
  readonly lanes: readonly number[];
}

export interface ReclaimOptions {
  readonly bus: Pick<WorkerBus, "claimLane">;
  readonly timers: Timers;
  readonly timings: Pick<ControlTimings, "pauseMs">;
}

export class Reclaim {
  readonly #options: ReclaimOptions;
  readonly #closing = new AbortController();
  #pending = new Set<number>();
  #working = false;
  #forgotten = 0;

  constructor(options: ReclaimOptions) {
    this.#options = options;
  }

  /** Lanes not claimed again yet. */
  get pending(): number {
    return this.#pending.size;
  }

  /** How often the bus was found to have forgotten everything. */
  get forgotten(): number {
    return this.#forgotten;
  }

  /** @param holding what is held now; null for nothing */
  all(epoch: number, holding: () => Holding | null): void {
    this.#forgotten++;
    this.#pending = new Set(holding()?.lanes ?? []);
    if (!this.#working) void this.#work(epoch, holding);
  }

  close(): void {
    this.#closing.abort();
  }

  async #work(epoch: number, holding: () => Holding | null): Promise<void> {
    const { timers, timings } = this.#options;
    this.#working = true;
    while (this.#pending.size > 0 && !this.#closing.signal.aborted) {
      for (const lane of this.#pending) await this.#claim(lane, epoch, holding());
      if (this.#pending.size > 0) await sleep(timers, timings.pauseMs, this.#closing.signal);
    }
    this.#working = false;
  }

  async #claim(lane: number, epoch: number, holding: Holding | null): Promise<void> {
    if (holding === null || !holding.lanes.includes(lane)) {
      this.#pending.delete(lane);
      return;
    }
    try {
      const claim = await this.#options.bus.claimLane(holding.run, lane, epoch);
      if (claim === "held") this.#pending.delete(lane);
    } catch (error) {
      // Any other trouble passes, or ends the session and with it this.
      if (isBusClosed(error)) this.#closing.abort();
    }
  }
}
