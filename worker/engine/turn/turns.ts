/**
 * Has an engine turn: each millisecond while anything is due or happens, and else when it wants to. Used by main.ts and by
 * benchmarks.
 *
 *   off --begin()--> turning --nothing is due for a while--> resting --its end | wake()--> turning --finished--> off
 *
 * Invariant: a turn after a rest comes when all that the sockets have was read: the thread did not look at them meanwhile,
 * and may have been stopped.
 */

import { monotonicUs } from "../../../shared/time/clock.ts";
import { systemTimers } from "../../../shared/time/timer.ts";

const TURN_MS = 1;
/** A shorter rest is not worth its timer. */
const LEAST_REST_MS = 5;
/** Where the engine waits for a command alone. */
const LONGEST_REST_MS = 1000;

/** The part of an engine that matters here. */
export interface Turning {
  turn(): void;
  /** On the clock's scale. */
  readonly nextTurnUs: number;
  readonly finished: boolean;
}

export interface TurnTimers {
  monotonicUs(): number;
  /** @returns the function that ends it */
  every(periodMs: number, callback: () => void): () => void;
  /** @returns the function that cancels it */
  after(delayMs: number, callback: () => void): () => void;
  /** Calls back when all that the sockets have was read. */
  afterReading(callback: () => void): void;
}

/** Those of the thread. */
export const systemTurnTimers: TurnTimers = {
  monotonicUs,
  every(periodMs, callback) {
    const timer = setInterval(callback, periodMs);
    return () => clearInterval(timer);
  },
  after: systemTimers.after,
  afterReading: setImmediate,
};

export class Turns {
  readonly #engine: Turning;
  readonly #timers: TurnTimers;
  readonly #onTurn: () => void;
  #rests = false;
  #cancel: () => void = () => {};

  /** @param onTurn called behind each turn */
  constructor(engine: Turning, timers: TurnTimers, onTurn: () => void) {
    this.#engine = engine;
    this.#timers = timers;
    this.#onTurn = onTurn;
  }

  begin(): void {
    this.#rests = false;
    this.#cancel();
    this.#cancel = this.#timers.every(TURN_MS, this.#turn);
  }

  /** No more turns. */
  end(): void {
    this.#rests = false;
    this.#cancel();
  }

  /** Something happened that may make a turn due before the rest is over. */
  wake(): void {
    if (this.#rests) this.begin();
  }

  readonly #turn = (): void => {
    const engine = this.#engine;
    engine.turn();
    this.#onTurn();
    if (engine.finished) {
      this.end();
      return;
    }
    const restMs = Math.floor((engine.nextTurnUs - this.#timers.monotonicUs()) / 1000);
    if (restMs >= LEAST_REST_MS) this.#rest(Math.min(restMs, LONGEST_REST_MS));
  };

  #rest(restMs: number): void {
    this.#cancel();
    this.#rests = true;
    this.#cancel = this.#timers.after(restMs, () => this.#timers.afterReading(this.#onRested));
  }

  /** Unless something that was read has ended the rest already. */
  readonly #onRested = (): void => {
    if (!this.#rests) return;
    this.begin();
    this.#turn();
  };
}
