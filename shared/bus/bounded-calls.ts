/**
 * How a side calls its broker: every call has a deadline, ends when the side is closed, and fails with an error that names
 * the broker. Used by the Redis and NATS transports. Invariant: nothing waits for a broker without a bound.
 */
import { setMaxListeners } from "node:events";
import { OnrushError } from "../errors.ts";
import type { Timers } from "../time/timer.ts";
import { busClosed } from "./bus-closed.ts";

export interface BoundedCallsOptions {
  readonly timers: Timers;
  /** A call that takes longer rejects, unless it says otherwise. */
  readonly callMs: number;
  /** What a call that failed rejects with. */
  readonly unreachable: (cause: unknown) => OnrushError;
}

export class BoundedCalls {
  readonly #options: BoundedCallsOptions;
  readonly #closing = new AbortController();

  constructor(options: BoundedCallsOptions) {
    this.#options = options;
    // One listener per call under way.
    setMaxListeners(0, this.#closing.signal);
  }

  /** Aborts when the side is closed. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  get callMs(): number {
    return this.#options.callMs;
  }

  close(): void {
    this.#closing.abort();
  }

  /**
   * Carries out a call; one that is given up may still be carried out later.
   * @throws OnrushError ONRUSH_BUS_UNREACHABLE without an answer in time, ONRUSH_BUS_CLOSED when closed meanwhile
   */
  call<T>(perform: () => Promise<T>, withinMs = this.callMs): Promise<T> {
    const { signal } = this.#closing;
    const { timers, unreachable } = this.#options;
    if (signal.aborted) return Promise.reject(busClosed());
    return new Promise<T>((resolve, reject) => {
      const closed = () => reject(busClosed());
      signal.addEventListener("abort", closed, { once: true });
      const error = () => unreachable(new Error(`no answer within ${withinMs} ms`));
      within(perform(), { timers, ms: withinMs, error })
        .then(resolve, (why: unknown) => {
          if (signal.aborted) reject(busClosed(why));
          else reject(why instanceof OnrushError ? why : unreachable(why));
        })
        .finally(() => signal.removeEventListener("abort", closed));
    });
  }
}

export interface Deadline {
  readonly timers: Timers;
  readonly ms: number;
  readonly error: () => Error;
}

/** The promise, or the deadline's error when it takes longer. */
export function within<T>(promise: Promise<T>, { timers, ms, error }: Deadline): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const cancel = timers.after(ms, () => reject(error()));
    promise.then(resolve, reject).finally(cancel);
  });
}
