/**
 * A moment on the monotonic clock that can be moved, and what is done when it has come. Used by run-execution.ts.
 * Invariant: never early, however long a timer may be and however the process was paused.
 */
import type { Clock } from "../../shared/time/clock.ts";
import type { Timers } from "../../shared/time/timer.ts";

const LONGEST_TIMER_MS = 2 ** 30;

export class Deadline {
  readonly #time: { readonly clock: Clock; readonly timers: Timers };
  readonly #onDue: () => void;
  #atUs = Number.POSITIVE_INFINITY;
  #cancelTimer: () => void = () => {};

  constructor(time: { readonly clock: Clock; readonly timers: Timers }, onDue: () => void) {
    this.#time = time;
    this.#onDue = onDue;
  }

  /** Due in delayMs from now; what was set before does not count any more. */
  within(delayMs: number): void {
    this.#atUs = this.#time.clock.monotonicUs() + delayMs * 1000;
    this.#arm();
  }

  cancel(): void {
    this.#cancelTimer();
  }

  #arm(): void {
    const { clock, timers } = this.#time;
    const leftMs = Math.max(1, Math.ceil((this.#atUs - clock.monotonicUs()) / 1000));
    this.#cancelTimer();
    this.#cancelTimer = timers.after(Math.min(leftMs, LONGEST_TIMER_MS), () => {
      if (clock.monotonicUs() < this.#atUs) this.#arm();
      else this.#onDue();
    });
  }
}
