/**
 * When a batch is complete: nothing was added for a while, or its first part has waited for long enough. Used by
 * engine-host.ts. Invariant: what was added is sent once, at the latest after maxMs.
 */
import type { Timers } from "../../shared/time/timer.ts";

export interface BatchOptions {
  readonly timers: Timers;
  readonly quietMs: number;
  readonly maxMs: number;
  readonly send: () => void;
}

export class Batch {
  readonly #options: BatchOptions;
  #cancelQuiet: () => void = () => {};
  #cancelMax: (() => void) | null = null;

  constructor(options: BatchOptions) {
    this.#options = options;
  }

  /** Something was added. */
  touch(): void {
    const { timers, quietMs, maxMs, send } = this.#options;
    this.#cancelQuiet();
    this.#cancelQuiet = timers.after(quietMs, send);
    this.#cancelMax ??= timers.after(maxMs, send);
  }

  /** It was sent, or is not to be. */
  clear(): void {
    this.#cancelQuiet();
    this.#cancelMax?.();
    this.#cancelMax = null;
  }
}
