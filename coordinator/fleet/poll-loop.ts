/**
 * Polls the bus again and again: at an interval, and soon after something is said to have changed. Used by fleet.ts.
 * Invariant: polls do not overlap; one that fails is reported when the trouble begins and when it is over, and the next
 * one comes all the same.
 */
import { OnrushError } from "../../shared/errors.ts";
import type { Log } from "../../shared/log.ts";
import { sleep, type Timers } from "../../shared/time/timer.ts";

const POLL_MS = 250;
/** Many changes at once lead to one poll. */
const LEAST_GAP_MS = 20;

export interface PollLoopOptions {
  readonly poll: () => Promise<void>;
  readonly timers: Timers;
  readonly log: Log;
}

export class PollLoop {
  readonly #options: PollLoopOptions;
  readonly #closing = new AbortController();
  readonly #listeners = new Set<() => void>();
  #soon = new AbortController();
  #trouble: string | null = null;
  #looping: Promise<void> = Promise.resolve();

  constructor(options: PollLoopOptions) {
    this.#options = options;
  }

  /** Why the last poll failed; null when it did not. */
  get trouble(): string | null {
    return this.#trouble;
  }

  /** The first poll is done when it resolves. */
  async start(): Promise<void> {
    await this.#tryPoll();
    this.#looping = this.#keepPolling();
  }

  /** Something may have changed. */
  soon(): void {
    this.#soon.abort();
  }

  /** Called after each poll that has not failed. @returns the function that ends it */
  onPolled(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Idempotent. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#soon.abort();
    await this.#looping;
  }

  async #keepPolling(): Promise<void> {
    const { timers } = this.#options;
    const closing = this.#closing.signal;
    while (!closing.aborted) {
      await sleep(timers, LEAST_GAP_MS, closing);
      await sleep(timers, POLL_MS - LEAST_GAP_MS, this.#soon.signal);
      if (closing.aborted) return;
      this.#soon = new AbortController();
      await this.#tryPoll();
    }
  }

  async #tryPoll(): Promise<void> {
    const { poll, log } = this.#options;
    try {
      await poll();
    } catch (error) {
      if (!(error instanceof OnrushError)) throw error;
      if (this.#trouble === null) log.warn(`looking at workers: ${error.message}`);
      this.#trouble = error.message;
      return;
    }
    if (this.#trouble !== null) log.info("the bus answers again");
    this.#trouble = null;
    for (const listener of [...this.#listeners]) listener();
  }
}
