/**
 * What a run's document wants this worker to give away, and how far that is. Used by run-execution.ts.
 * Invariant: an answer stands until the document does not name its hand-over any more; a slice is released before it is
 * said to be handed over, however often that takes.
 */
import type { WorkerBus } from "../../shared/bus/bus.ts";
import { isBusClosed } from "../../shared/bus/bus-closed.ts";
import type { Log } from "../../shared/log.ts";
import { sleep, type Timers } from "../../shared/time/timer.ts";
import type { HandOver, RunDocument } from "../../shared/wire/command.ts";
import type { HandedOver } from "../../shared/wire/worker-info.ts";
import type { EngineHost } from "./engine-host.ts";

export interface HandOversOptions {
  readonly bus: Pick<WorkerBus, "releaseSlice">;
  readonly run: string;
  readonly epoch: number;
  readonly host: Pick<EngineHost, "cut" | "handOver">;
  readonly timers: Timers;
  readonly log: Log;
  readonly pauseMs: number;
  readonly onChanged: () => void;
}

export class HandOvers {
  readonly #options: HandOversOptions;
  readonly #closing = new AbortController();
  #done: HandedOver[] = [];
  /** Hand-overs of whole slices that were begun and are not done. */
  readonly #going = new Set<number>();

  constructor(options: HandOversOptions) {
    this.#options = options;
  }

  get done(): readonly HandedOver[] {
    return this.#done;
  }

  /** Does what the document says. */
  follow({ handOvers, cuts }: RunDocument): void {
    const { host, epoch } = this.#options;
    const named = new Set(handOvers.map(({ id }) => id));
    this.#done = this.#done.filter(({ id }) => named.has(id));
    // Those that nobody wants any more.
    for (const id of this.#going) if (!named.has(id)) this.#finish(id);
    for (const { slice, toUs } of cuts) host.cut(slice, toUs);
    for (const handOver of handOvers) {
      const isDone = this.#done.some(({ id }) => id === handOver.id);
      if (handOver.epoch !== epoch || isDone) continue;
      if (handOver.scope === "all") this.#begin(handOver.id);
      host.handOver(handOver);
    }
  }

  /** The engines have done one. */
  async finished(done: HandedOver, scope: HandOver["scope"]): Promise<void> {
    if (scope === "all") await this.#release(done.slice);
    if (this.#closing.signal.aborted) return;
    this.#done.push(done);
    this.#finish(done.id);
    this.#options.onChanged();
  }

  #begin(id: number): void {
    const { log, run } = this.#options;
    if (this.#going.size === 0) log.info(`run ${run}: handing over to other workers`);
    this.#going.add(id);
  }

  #finish(id: number): void {
    const { log, run } = this.#options;
    if (this.#going.delete(id) && this.#going.size === 0) log.info(`run ${run}: handed over`);
  }

  close(): void {
    this.#closing.abort();
  }

  /** As often as it takes: nobody else may have the slice before. */
  async #release(slice: number): Promise<void> {
    const { bus, run, epoch, timers, pauseMs } = this.#options;
    while (!this.#closing.signal.aborted) {
      try {
        await bus.releaseSlice(run, slice, epoch);
        return;
      } catch (error) {
        // The session's end releases it, too.
        if (isBusClosed(error)) return;
        await sleep(timers, pauseMs, this.#closing.signal);
      }
    }
  }
}
