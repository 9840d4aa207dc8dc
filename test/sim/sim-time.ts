/**
 * Virtual time for a whole simulated cluster: one heap of timers, fired in order of their due time. Each simulated
 * process sees it through clocks and timers of its own, so that it can be paused, killed, or have its wall clock moved.
 * Invariant: nothing depends on real time; the same seed fires the same timers in the same order.
 */
import type { Clock } from "../../shared/time/clock.ts";
import type { Timers } from "../../shared/time/timer.ts";

interface Timer {
  dueUs: number;
  readonly order: number;
  readonly process: SimProcess | null;
  readonly callback: () => void;
  cancelled: boolean;
}

const WALL_START_MS = Date.UTC(2026, 0, 1);
/** Rounds of the event loop given to promises after each timer; each round empties all microtasks. */
const SETTLE_ROUNDS = 1;

export class SimTime implements Timers {
  nowUs = 1_000_000;
  readonly #heap: Timer[] = [];
  #order = 0;

  /** A timer of the world itself: network, faults. */
  after(delayMs: number, callback: () => void): () => void {
    return this.schedule(null, delayMs, callback);
  }

  schedule(process: SimProcess | null, delayMs: number, callback: () => void): () => void {
    const dueUs = this.nowUs + Math.max(0, delayMs) * 1000;
    const timer = { dueUs, order: this.#order++, process, callback, cancelled: false };
    this.#push(timer);
    return () => {
      timer.cancelled = true;
    };
  }

  /**
   * Fires timers until `done` says so or virtual time passes untilUs.
   * @returns whether it was done in time
   */
  async run(untilUs: number, done: () => boolean): Promise<boolean> {
    await settle();
    while (!done()) {
      const timer = this.#pop();
      if (timer === undefined || timer.dueUs > untilUs) return false;
      if (timer.cancelled || timer.process?.dead === true) continue;
      const resumesUs = timer.process?.pausedUntilUs ?? 0;
      if (resumesUs > timer.dueUs) {
        timer.dueUs = resumesUs;
        this.#push(timer);
        continue;
      }
      this.nowUs = Math.max(this.nowUs, timer.dueUs);
      timer.callback();
      await settle();
    }
    return true;
  }

  #push(timer: Timer): void {
    const heap = this.#heap;
    heap.push(timer);
    let at = heap.length - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (!isBefore(timer, heap[above] as Timer)) break;
      heap[at] = heap[above] as Timer;
      at = above;
    }
    heap[at] = timer;
  }

  #pop(): Timer | undefined {
    const heap = this.#heap;
    const [first] = heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Timer, heap[child] as Timer))
        child++;
      if (!isBefore(heap[child] as Timer, last)) break;
      heap[at] = heap[child] as Timer;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

/** What one simulated process sees of time. */
export class SimProcess implements Clock, Timers {
  readonly name: string;
  dead = false;
  /** Timers that fall due before it fire then, all at once, as after SIGCONT. */
  pausedUntilUs = 0;
  /** It stood still at least once. */
  wasPaused = false;
  /** Moves the wall clock only. */
  wallStepMs = 0;
  readonly #time: SimTime;

  constructor(name: string, time: SimTime) {
    this.name = name;
    this.#time = time;
  }

  get paused(): boolean {
    return this.pausedUntilUs > this.#time.nowUs;
  }

  monotonicUs(): number {
    return this.#time.nowUs;
  }

  wallMs(): number {
    return Math.round(WALL_START_MS + this.#time.nowUs / 1000 + this.wallStepMs);
  }

  after(delayMs: number, callback: () => void): () => void {
    return this.#time.schedule(this, delayMs, callback);
  }

  pause(forMs: number): void {
    this.wasPaused = true;
    this.pausedUntilUs = Math.max(this.pausedUntilUs, this.#time.nowUs + forMs * 1000);
  }
}

/** Lets every promise that can go on do so. */
async function settle(): Promise<void> {
  for (let round = 0; round < SETTLE_ROUNDS; round++) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function isBefore(one: Timer, other: Timer): boolean {
  return one.dueUs < other.dueUs || (one.dueUs === other.dueUs && one.order < other.order);
}
