/**
 * A hashed timing wheel: one-millisecond slots, intrusive lists in one typed array, no allocation per timer.
 * Used by the engine for everything a connection waits for. A timer is an integer id owned by the caller
 * (slot * kinds + kind); an id is in the wheel at most once. Invariant: a timer never fires before its due
 * time, and fires in the first `advance` at or after it.
 * After: G. Varghese, T. Lauck, "Hashed and Hierarchical Timing Wheels" (SOSP 1987), scheme 6.
 */
import { assert } from "../../../shared/assert.ts";

const SLOTS = 8192;
const MASK = SLOTS - 1;
const TICK_US = 1000;
const NONE = -1;
/** Timers of a millisecond that are prepared together; more would be out of the cache again when they fire. */
const MAX_PREPARED = 256;
/** Timers of later laps that nextDueUs() passes over. */
const MAX_LOOKED_AT = 64;
/** In place of a slot: due in the running advance, in the list #parked. */
const PARKED = -2;

/** Layout of a timer's 32 bytes: three words, then its due time as a double. */
const WORDS = 8;
const NEXT = 0;
const PREVIOUS = 1;
/** Slot the timer is in; NONE when it is not set. */
const SLOT = 2;
const DOUBLES = 4;
const DUE = 2;

/** Receives expired timers; named method, so firing allocates nothing. */
export interface TimerOwner {
  onTimer(id: number, dueUs: number): void;
}

/** Told of expired timers before the first of them fires. */
interface Preparer {
  /** The timers ids[0] to ids[count - 1]. */
  prepare(ids: Int32Array, count: number): void;
}

export class TimingWheel {
  readonly #heads = new Int32Array(SLOTS).fill(NONE);
  #words = new Int32Array(0);
  #times = new Float64Array(0);
  /** Head of the list of timers that are due in the running advance. */
  #parked = NONE;
  /** The first of them, for prepare(). */
  readonly #next = new Int32Array(MAX_PREPARED);
  #current = 0;
  #size = 0;

  readonly #preparer: Preparer | null;

  /** @param capacity ids are in [0, capacity) */
  constructor(capacity: number, preparer: Preparer | null = null) {
    this.#preparer = preparer;
    this.grow(capacity);
  }

  get size(): number {
    return this.#size;
  }

  get capacity(): number {
    return this.#words.length / WORDS;
  }

  /** Makes room for ids below `capacity`. */
  grow(capacity: number): void {
    const from = this.capacity;
    if (capacity <= from) return;
    const times = new Float64Array(capacity * DOUBLES);
    times.set(this.#times);
    this.#times = times;
    this.#words = new Int32Array(times.buffer);
    for (let id = from; id < capacity; id++) this.#words[id * WORDS + SLOT] = NONE;
  }

  /** Sets or moves a timer. A time in the past fires at the next advance. */
  schedule(id: number, dueUs: number): void {
    const words = this.#words;
    const at = id * WORDS;
    if (words[at + SLOT] !== NONE) this.#unlink(id);
    else this.#size++;
    const slot = Math.max(Math.floor(dueUs / TICK_US), this.#current) & MASK;
    const head = this.#heads[slot] as number;
    this.#times[id * DOUBLES + DUE] = dueUs;
    words[at + SLOT] = slot;
    words[at + PREVIOUS] = NONE;
    words[at + NEXT] = head;
    if (head !== NONE) words[head * WORDS + PREVIOUS] = id;
    this.#heads[slot] = id;
  }

  /** Takes a timer out; nothing happens when it is not set. */
  cancel(id: number): void {
    if (!this.isSet(id)) return;
    this.#unlink(id);
    this.#words[id * WORDS + SLOT] = NONE;
    this.#size--;
  }

  /**
   * The start of the first millisecond before `untilUs` in which a timer may be due, or `untilUs`: nothing is due before
   * it. Early where more timers of later laps than MAX_LOOKED_AT lie in the slots on the way.
   */
  nextDueUs(untilUs: number): number {
    const until = Math.min(Math.ceil(untilUs / TICK_US), this.#current + SLOTS);
    let lookedAt = 0;
    for (let tick = this.#current; tick < until; tick++) {
      let id = this.#heads[tick & MASK] as number;
      while (id !== NONE) {
        if (this.#dueUs(id) < (tick + 1) * TICK_US || lookedAt === MAX_LOOKED_AT)
          return tick * TICK_US;
        lookedAt++;
        id = this.#words[id * WORDS + NEXT] as number;
      }
    }
    return Math.min(untilUs, until * TICK_US);
  }

  isSet(id: number): boolean {
    return this.#words[id * WORDS + SLOT] !== NONE;
  }

  /**
   * Fires everything due by `nowUs`, millisecond by millisecond. A timer set for the past while firing fires
   * at the end of this advance or in the next one.
   */
  advance(nowUs: number, owner: TimerOwner): void {
    const target = Math.floor(nowUs / TICK_US);
    // After a long pause one lap over the wheel visits every slot.
    const from = Math.max(this.#current, target - SLOTS);
    // The millisecond we are in will be visited again: its later part is still to come. Set before firing, so
    // that a timer set for the past by an owner does not land in a slot this advance has left behind.
    this.#current = target;
    for (let tick = from; tick <= target; tick++) {
      if (this.#heads[tick & MASK] === NONE) continue;
      const parked = this.#park(tick & MASK, nowUs);
      if (parked > 1) this.#preparer?.prepare(this.#next, Math.min(parked, MAX_PREPARED));
      this.#fireParked(owner);
    }
  }

  /** Moves what is due from a slot to the list of timers to fire. @returns how many that are */
  #park(slot: number, nowUs: number): number {
    const words = this.#words;
    let parked = 0;
    let id = this.#heads[slot] as number;
    while (id !== NONE) {
      const at = id * WORDS;
      const following = words[at + NEXT] as number;
      if (this.#dueUs(id) <= nowUs) {
        this.#unlink(id);
        words[at + NEXT] = this.#parked;
        words[at + PREVIOUS] = NONE;
        if (this.#parked !== NONE) words[this.#parked * WORDS + PREVIOUS] = id;
        this.#parked = id;
        // Parked timers are still in a list, so that cancel() and schedule() while firing unlink them properly.
        words[at + SLOT] = PARKED;
        if (parked < MAX_PREPARED) this.#next[parked] = id;
        parked++;
      }
      id = following;
    }
    return parked;
  }

  #fireParked(owner: TimerOwner): void {
    while (this.#parked !== NONE) {
      const id = this.#parked;
      this.#unlink(id);
      this.#words[id * WORDS + SLOT] = NONE;
      this.#size--;
      owner.onTimer(id, this.#dueUs(id));
    }
  }

  #dueUs(id: number): number {
    return this.#times[id * DOUBLES + DUE] as number;
  }

  #unlink(id: number): void {
    const words = this.#words;
    const at = id * WORDS;
    const next = words[at + NEXT] as number;
    const previous = words[at + PREVIOUS] as number;
    const slot = words[at + SLOT] as number;
    if (next !== NONE) words[next * WORDS + PREVIOUS] = previous;
    if (previous !== NONE) words[previous * WORDS + NEXT] = next;
    else if (slot === PARKED) this.#parked = next;
    else {
      assert(this.#heads[slot] === id, "timing wheel: broken list");
      this.#heads[slot] = next;
    }
  }
}
