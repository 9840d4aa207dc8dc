/**
 * A bus that can be lost for a time, as if the network to it were cut: what is asked of it does not get there, what was asked before is not
 * answered, and hints do not come. Made by main.ts around the real one; orders.ts cuts it off. Invariant: nothing is altered or
 * repeated, and every call settles: it fails after CALL_MS, as one to a broker that does not answer.
 */
import type { TakenTicket, WorkerBus } from "../../shared/bus/bus.ts";
import { OnrushError } from "../../shared/errors.ts";
import { sleep, type Timers } from "../../shared/time/timer.ts";
import type { HintTopic } from "../../shared/wire/command.ts";
import type { FrameId } from "../../shared/wire/frame/frame.ts";
import type { WorkerInfo, WorkerStatus } from "../../shared/wire/worker-info.ts";

/** As long as a transport waits for an answer. */
const CALL_MS = 5000;

export class IsolatedBus implements WorkerBus {
  readonly #bus: WorkerBus;
  readonly #timers: Timers;
  /** Cut off until this aborts; null: it is not. */
  #isolation: AbortController | null = null;

  constructor(bus: WorkerBus, timers: Timers) {
    this.#bus = bus;
    this.#timers = timers;
  }

  /** From now on, for so long; one that is under way is not made longer. */
  isolate(forMs: number): void {
    if (this.#isolation !== null) return;
    const isolation = new AbortController();
    this.#isolation = isolation;
    this.#timers.after(forMs, () => {
      this.#isolation = null;
      isolation.abort();
    });
  }

  get kind() {
    return this.#bus.kind;
  }

  get refusals() {
    return this.#bus.refusals;
  }

  time(): Promise<number> {
    return this.#call(() => this.#bus.time());
  }

  generation(): Promise<string> {
    return this.#call(() => this.#bus.generation());
  }

  getDocument(key: string) {
    return this.#call(() => this.#bus.getDocument(key));
  }

  onHint(topic: HintTopic, listener: (payload: string) => void): () => void {
    return this.#bus.onHint(topic, (payload) => {
      if (this.#isolation === null) listener(payload);
    });
  }

  hint(topic: HintTopic, payload: string): Promise<void> {
    return this.#call(() => this.#bus.hint(topic, payload));
  }

  /** Also while it is cut off: this side's end of it is here. */
  close(): Promise<void> {
    this.#isolation?.abort();
    this.#isolation = null;
    return this.#bus.close();
  }

  openSession(info: WorkerInfo, nonce: string): Promise<number> {
    return this.#call(() => this.#bus.openSession(info, nonce));
  }

  renewSession(epoch: number, status: WorkerStatus) {
    return this.#call(() => this.#bus.renewSession(epoch, status));
  }

  resumeSession(epoch: number, info: WorkerInfo, nonce: string) {
    return this.#call(() => this.#bus.resumeSession(epoch, info, nonce));
  }

  closeSession(epoch: number): Promise<void> {
    return this.#call(() => this.#bus.closeSession(epoch));
  }

  async takeTicket(run: string, waitMs: number): Promise<TakenTicket | null> {
    const taken = await this.#call(() => this.#bus.takeTicket(run, waitMs));
    if (taken === null) return null;
    return {
      ticket: taken.ticket,
      done: () => this.#call(() => taken.done()),
      back: () => this.#call(() => taken.back()),
    };
  }

  claimSlice(run: string, slice: number, epoch: number) {
    return this.#call(() => this.#bus.claimSlice(run, slice, epoch));
  }

  releaseSlice(run: string, slice: number, epoch: number): Promise<void> {
    return this.#call(() => this.#bus.releaseSlice(run, slice, epoch));
  }

  appendFrame(id: FrameId, body: Uint8Array, floor: number) {
    return this.#call(() => this.#bus.appendFrame(id, body, floor));
  }

  appendLateFrame(id: FrameId, body: Uint8Array) {
    return this.#call(() => this.#bus.appendLateFrame(id, body));
  }

  acknowledgedSeq(run: string, epoch: number): Promise<number> {
    return this.#call(() => this.#bus.acknowledgedSeq(run, epoch));
  }

  /** @throws OnrushError ONRUSH_BUS_UNREACHABLE when it was cut off before the call, or before its answer */
  async #call<T>(perform: () => Promise<T>): Promise<T> {
    if (this.#isolation === null) {
      const answer = await perform();
      if (this.#isolation === null) return answer;
    }
    await sleep(this.#timers, CALL_MS, this.#isolation?.signal);
    throw new OnrushError({
      code: "ONRUSH_BUS_UNREACHABLE",
      message: "The bus cannot be reached: a fault of the scenario has cut this worker off.",
      remedy: "It is over by itself.",
    });
  }
}
