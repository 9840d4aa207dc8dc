/**
 * A hashed timing wheel: one-millisecond slots, intrusive lists in typed arrays, no allocation per timer.
 * Used by the engine for everything a connection waits for. A timer is an integer id owned by the caller
 * (slot * kinds + kind); an id is in the wheel at most once. Invariant: a timer never fires before its due
 * time, and fires in the first `advance` at or after the end of the millisecond it falls into.
 * After: G. Varghese, T. Lauck, "Hashed and Hierarchical Timing Wheels" (SOSP 1987), scheme 6.
 */
import { assert } from "../../shared/assert.ts";

const SLOTS = 8192;
const MASK = SLOTS - 1;
const TICK_US = 1000;
const NONE = -1;

/** Receives expired timers; named method, so firing allocates nothing. */
export interface TimerOwner {
  onTimer(id: number, dueUs: number): void;
}

export class TimingWheel {
  readonly #heads = new Int32Array(SLOTS).fill(NONE);
  #next: Int32Array;
  #previous: Int32Array;
  /** Tick at which the timer fires; NONE when it is not in the wheel. */
  #tick: Float64Array;
  #dueUs: Float64Array;
  #current = 0;
  #size = 0;

  /** @param capacity ids are in [0, capacity) */
  constructor(capacity: number) {
    this.#next = new Int32Array(capacity).fill(NONE);
    this.#previous = new Int32Array(capacity).fill(NONE);
    this.#tick = new Float64Array(capacity).fill(NONE);
    this.#dueUs = new Float64Array(capacity);
  }

  get size(): number {
    return this.#size;
  }

  get capacity(): number {
    return this.#tick.length;
  }

  /** Makes room for ids below `capacity`. */
  grow(capacity: number): void {
    if (capacity <= this.#tick.length) return;
    this.#next = grown(this.#next, new Int32Array(capacity).fill(NONE));
    this.#previous = grown(this.#previous, new Int32Array(capacity).fill(NONE));
    this.#tick = grown(this.#tick, new Float64Array(capacity).fill(NONE));
    this.#dueUs = grown(this.#dueUs, new Float64Array(capacity));
  }

  /** Sets or moves a timer. A time in the past fires at the next advance. */
  schedule(id: number, dueUs: number): void {
    if (this.#tick[id] !== NONE) this.#unlink(id);
    else this.#size++;
    const tick = Math.max(Math.floor(dueUs / TICK_US), this.#current);
    const slot = tick & MASK;
    const head = this.#heads[slot] as number;
    this.#tick[id] = tick;
    this.#dueUs[id] = dueUs;
    this.#previous[id] = NONE;
    this.#next[id] = head;
    if (head !== NONE) this.#previous[head] = id;
    this.#heads[slot] = id;
  }

  /** Takes a timer out; nothing happens when it is not set. */
  cancel(id: number): void {
    if (this.#tick[id] === NONE) return;
    this.#unlink(id);
    this.#tick[id] = NONE;
    this.#size--;
  }

  isSet(id: number): boolean {
    return this.#tick[id] !== NONE;
  }

  /**
   * Fires everything due by `nowUs`, millisecond by millisecond. A timer set for the past while firing fires
   * at the end of this advance or in the next one.
   */
  advance(nowUs: number, owner: TimerOwner): void {
    const target = Math.floor(nowUs / TICK_US);
    // After a long pause one lap over the wheel visits every slot.
    if (target - this.#current > SLOTS) this.#current = target - SLOTS;
    const from = this.#current;
    // The millisecond we are in will be visited again: its later part is still to come. Set before firing, so
    // that a timer set for the past by an owner does not land in a slot this advance has left behind.
    this.#current = target;
    for (let tick = from; tick <= target; tick++) {
      this.#park(tick & MASK, nowUs);
      this.#fireParked(owner);
    }
  }

  /** Moves what is due from a slot to the list of timers to fire. */
  #park(slot: number, nowUs: number): void {
    let id = this.#heads[slot] as number;
    while (id !== NONE) {
      const following = this.#next[id] as number;
      if ((this.#dueUs[id] as number) <= nowUs) {
        this.#unlink(id);
        this.#next[id] = this.#parked;
        this.#previous[id] = NONE;
        if (this.#parked !== NONE) this.#previous[this.#parked] = id;
        this.#parked = id;
        // Parked timers are still in a list, so that cancel() and schedule() while firing unlink them properly.
        this.#tick[id] = PARKED;
      }
      id = following;
    }
  }

  /** Head of the list of timers that are due in the running advance. */
  #parked = NONE;

  #fireParked(owner: TimerOwner): void {
    while (this.#parked !== NONE) {
      const id = this.#parked;
      const following = this.#next[id] as number;
      this.#parked = following;
      if (following !== NONE) this.#previous[following] = NONE;
      this.#tick[id] = NONE;
      this.#size--;
      owner.onTimer(id, this.#dueUs[id] as number);
    }
  }

  #unlink(id: number): void {
    const next = this.#next[id] as number;
    const previous = this.#previous[id] as number;
    if (next !== NONE) this.#previous[next] = previous;
    if (previous !== NONE) this.#next[previous] = next;
    else if (this.#tick[id] === PARKED) this.#parked = next;
    else {
      const slot = (this.#tick[id] as number) & MASK;
      assert(this.#heads[slot] === id, "timing wheel: broken list");
      this.#heads[slot] = next;
    }
  }
}

const PARKED = -2;

function grown<T extends Int32Array | Float64Array>(from: T, to: T): T {
  to.set(from as never);
  return to;
}
