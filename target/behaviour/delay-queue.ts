/**
 * Everything that is to happen later: a binary heap by due time, with one timer. Called by the replies,
 * the upgrade, the close rules and the agent. Invariants: nothing fires before its time; things due at
 * the same time fire in the order they were put in; at most MAX_DUE wait.
 */
import { monotonicUs } from "../../shared/time/clock.ts";

/** Things that may wait at once; `push` refuses more. */
export const MAX_DUE = 2_000_000;

/** Something to be done at a time. The queue owns `order`. */
export interface Due {
  /** Monotonic microseconds. */
  readonly dueUs: number;
  order: number;
  fire(nowUs: number): void;
}

export class DelayQueue {
  private readonly heap: Due[] = [];
  private timer: NodeJS.Timeout | null = null;
  private armedForUs = Number.POSITIVE_INFINITY;
  private pushed = 0;

  /** True while due things are being fired. */
  firing = false;

  /** Returns false, and does nothing, when the queue is full. */
  push(due: Due): boolean {
    if (this.heap.length >= MAX_DUE) return false;
    due.order = this.pushed++;
    this.heap.push(due);
    this.rise(this.heap.length - 1);
    if (!this.firing && due.dueUs < this.armedForUs) this.arm();
    return true;
  }

  /** How much waits. */
  get length(): number {
    return this.heap.length;
  }

  /** Stops the timer and forgets everything. */
  clear(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    this.armedForUs = Number.POSITIVE_INFINITY;
    this.heap.length = 0;
  }

  private arm(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    const first = this.heap[0];
    if (first === undefined) {
      this.timer = null;
      this.armedForUs = Number.POSITIVE_INFINITY;
      return;
    }
    this.armedForUs = first.dueUs;
    const waitMs = Math.max(0, Math.ceil((first.dueUs - monotonicUs()) / 1000));
    this.timer = setTimeout(this.onTimer, Math.min(waitMs, 60_000));
  }

  private readonly onTimer = (): void => {
    this.timer = null;
    this.armedForUs = Number.POSITIVE_INFINITY;
    this.fireDue(monotonicUs());
  };

  /** Fires what is due by `nowUs`, unless that is what called. */
  fireDue(nowUs: number): void {
    if (this.firing) return;
    this.firing = true;
    let first = this.heap[0];
    while (first !== undefined && first.dueUs <= nowUs) {
      this.removeFirst();
      first.fire(nowUs);
      first = this.heap[0];
    }
    this.firing = false;
    if (first !== undefined && first.dueUs < this.armedForUs) this.arm();
  }

  private removeFirst(): void {
    const last = this.heap.pop();
    if (last === undefined || this.heap.length === 0) return;
    this.heap[0] = last;
    this.sink();
  }

  private rise(from: number): void {
    const { heap } = this;
    const item = heap[from];
    if (item === undefined) return;
    let at = from;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || !isBefore(item, parent)) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = item;
  }

  private sink(): void {
    const { heap } = this;
    const item = heap[0];
    if (item === undefined) return;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      let child = heap[below];
      if (child === undefined) break;
      const right = heap[below + 1];
      if (right !== undefined && isBefore(right, child)) {
        below += 1;
        child = right;
      }
      if (!isBefore(child, item)) break;
      heap[at] = child;
      at = below;
    }
    heap[at] = item;
  }
}

function isBefore(one: Due, other: Due): boolean {
  return one.dueUs < other.dueUs || (one.dueUs === other.dueUs && one.order < other.order);
}
