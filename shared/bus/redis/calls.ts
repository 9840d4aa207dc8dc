/**
 * How a side calls its server: every call has a deadline, ends when the side is closed, and fails with an error that names
 * the server. Used by redis-bus.ts and frame-log.ts. Invariant: nothing else waits for the client without a bound.
 */
import { setMaxListeners } from "node:events";
import type { Redis } from "ioredis";
import { OnrushError } from "../../errors.ts";
import type { Timers } from "../../time/timer.ts";
import { busClosed } from "../bus-closed.ts";
import { unreachable, within } from "./connection.ts";
import { callScript, type ScriptName } from "./scripts.ts";

export interface RedisCallsOptions {
  readonly client: Redis;
  readonly url: URL;
  readonly prefix: string;
  readonly timers: Timers;
  /** A call that takes longer rejects, unless it says otherwise. */
  readonly callMs: number;
}

export class RedisCalls {
  readonly client: Redis;
  readonly prefix: string;
  readonly #options: RedisCallsOptions;
  readonly #closing = new AbortController();

  constructor(options: RedisCallsOptions) {
    this.client = options.client;
    // One hash tag for all keys.
    this.prefix = `{${options.prefix}}`;
    this.#options = options;
    // One listener per call under way.
    setMaxListeners(0, this.#closing.signal);
  }

  /** Aborts when the side is closed. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  close(): void {
    this.#closing.abort();
  }

  key(kind: string, name?: string): string {
    return name === undefined ? `${this.prefix}:${kind}` : `${this.prefix}:${kind}:${name}`;
  }

  script(
    name: ScriptName,
    values: readonly (string | number | Buffer)[],
    withinMs = this.#options.callMs,
  ): Promise<unknown> {
    return this.call(() => callScript(this.client, name, values), withinMs);
  }

  /**
   * Carries out a call.
   * @throws OnrushError ONRUSH_BUS_UNREACHABLE without an answer in time, ONRUSH_BUS_CLOSED when closed meanwhile
   */
  call<T>(perform: () => Promise<T>, withinMs = this.#options.callMs): Promise<T> {
    const { signal } = this.#closing;
    const { url, timers } = this.#options;
    if (signal.aborted) return Promise.reject(busClosed());
    return new Promise<T>((resolve, reject) => {
      const closed = () => reject(busClosed());
      signal.addEventListener("abort", closed, { once: true });
      const error = () => unreachable(url, new Error(`no answer within ${withinMs} ms`));
      within(perform(), { timers, ms: withinMs, error })
        .then(resolve, (why: unknown) => {
          if (signal.aborted) reject(busClosed(why));
          else reject(why instanceof OnrushError ? why : unreachable(url, why));
        })
        .finally(() => signal.removeEventListener("abort", closed));
    });
  }
}
