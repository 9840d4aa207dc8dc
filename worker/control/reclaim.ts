/**
 * Claims again what this worker holds, after the bus has forgotten everything. Used by worker-session.ts.
 * Invariant: it goes on until the bus says that each slice is held, or the slice is not ours any more: somebody who has been
 * declared lost may have been quicker, until the coordinator ends it again. In which life of the bus that is so is said,
 * never of a later one.
 */
import type { WorkerBus } from "../../shared/bus/bus.ts";
import { isBusClosed } from "../../shared/bus/bus-closed.ts";
import { sleep, type Timers } from "../../shared/time/timer.ts";
import type { ControlTimings } from "../execution/timings.ts";

export interface Holding {
  readonly run: string;
  readonly slices: readonly number[];
}

export interface ReclaimOptions {
  readonly bus: Pick<WorkerBus, "claimSlice" | "generation">;
  readonly timers: Timers;
  readonly timings: Pick<ControlTimings, "pauseMs">;
}

export class Reclaim {
  readonly #options: ReclaimOptions;
  readonly #closing = new AbortController();
  #pending = new Set<number>();
  #working = false;
  #forgotten = 0;
  #claimedIn: string | null = null;

  constructor(options: ReclaimOptions) {
    this.#options = options;
  }

  /** The bus' life in which everything held is claimed; null until that is known. */
  get claimedIn(): string | null {
    return this.#claimedIn;
  }

  /** How often the bus was found to have forgotten everything. */
  get forgotten(): number {
    return this.#forgotten;
  }

  /** The session is new, so there is nothing to claim. @param holding what is held now; null for nothing */
  begin(epoch: number, holding: () => Holding | null): void {
    if (!this.#working) void this.#work(epoch, holding);
  }

  /** The bus has forgotten everything. @param holding as of begin() */
  all(epoch: number, holding: () => Holding | null): void {
    this.#forgotten++;
    this.#claimedIn = null;
    this.#pending = new Set(holding()?.slices ?? []);
    if (!this.#working) void this.#work(epoch, holding);
  }

  close(): void {
    this.#closing.abort();
  }

  async #work(epoch: number, holding: () => Holding | null): Promise<void> {
    const { timers, timings } = this.#options;
    this.#working = true;
    while (this.#claimedIn === null && !this.#closing.signal.aborted) {
      const round = this.#forgotten;
      // Before the claims: they are in this life, or in a later one that the session will notice.
      const generation = await this.#try(() => this.#options.bus.generation());
      if (generation !== null) {
        for (const slice of this.#pending) await this.#claim(slice, epoch, holding());
        if (this.#pending.size === 0 && round === this.#forgotten) this.#claimedIn = generation;
      }
      if (this.#claimedIn === null) await sleep(timers, timings.pauseMs, this.#closing.signal);
    }
    this.#working = false;
  }

  async #claim(slice: number, epoch: number, holding: Holding | null): Promise<void> {
    if (holding === null || !holding.slices.includes(slice)) {
      this.#pending.delete(slice);
      return;
    }
    const { run } = holding;
    const claim = await this.#try(() => this.#options.bus.claimSlice(run, slice, epoch));
    if (claim === "held") this.#pending.delete(slice);
  }

  /** null when the bus does not answer. */
  async #try<T>(call: () => Promise<T>): Promise<T | null> {
    try {
      return await call();
    } catch (error) {
      // Any other trouble passes, or ends the session and with it this.
      if (isBusClosed(error)) this.#closing.abort();
      return null;
    }
  }
}
