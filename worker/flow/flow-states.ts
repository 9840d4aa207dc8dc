/**
 * Where each connection is in its flow, in flat arrays: a row for each list it may be at side by side (a thread). Used by
 * flow-runner.ts. Invariant: a row that is idle has no row of the program. Bound: 45 bytes, a timer's 32, and 4 for each level of
 * repetition a row.
 */
import { MAX_CLOSE_STEPS_US } from "../../shared/scenario/limits.ts";
import { TimingWheel } from "../engine/turn/timing-wheel.ts";
import { NONE } from "../message/pending-table.ts";

/** What a thread waits for. */
export const Waiting = {
  nothing: 0,
  reply: 1,
  message: 2,
  /** That a message does not come. */
  silence: 3,
  time: 4,
  pong: 5,
  /** Room in the socket for what it has to send. */
  room: 6,
  /** Its next turn: it has done much in this one. */
  turn: 7,
} as const;
export type Waiting = (typeof Waiting)[keyof typeof Waiting];

/** Which list a thread is at. */
export const List = { open: 0, loop: 1, close: 2 } as const;
export type List = (typeof List)[keyof typeof List];

const FIRST_THREADS = 1024;
const NEVER = Number.POSITIVE_INFINITY;

export class FlowStates {
  /** Row of the program; NONE: idle. */
  pc = new Int32Array(0);
  /** Where its list begins. */
  start = new Int32Array(0);
  /** How many messages an expect still takes. */
  left = new Int32Array(0);
  /** Random choices it has made on this connection. */
  draws = new Int32Array(0);
  waiting = new Uint8Array(0);
  list = new Uint8Array(0);
  /** How often its list was begun again after a failure. */
  restarts = new Uint8Array(0);
  /** Phase under which its step is counted: that in which it began, and where a fault has acted on it, the one apart. */
  phase = new Int32Array(0);
  /** When its step began, and its list. */
  beganUs = new Float64Array(0);
  listBeganUs = new Float64Array(0);
  /** When it goes on whatever comes; Infinity while that is not known. */
  dueUs = new Float64Array(0);
  /** Times left, by level of repetition. */
  counters = new Int32Array(0);
  /** One timer a thread. */
  readonly timers = new TimingWheel(0);
  readonly #levels: number;

  constructor(levels: number) {
    this.#levels = levels;
    this.grow(FIRST_THREADS);
  }

  get capacity(): number {
    return this.pc.length;
  }

  /** Makes room for so many threads. */
  grow(threads: number): void {
    const from = this.capacity;
    if (threads <= from) return;
    this.timers.grow(threads);
    const copy = <T extends Int32Array | Uint8Array | Float64Array>(to: T, of: T): T => {
      to.set(of);
      return to;
    };
    this.pc = copy(new Int32Array(threads), this.pc);
    this.pc.fill(NONE, from);
    this.start = copy(new Int32Array(threads), this.start);
    this.left = copy(new Int32Array(threads), this.left);
    this.draws = copy(new Int32Array(threads), this.draws);
    this.phase = copy(new Int32Array(threads), this.phase);
    this.waiting = copy(new Uint8Array(threads), this.waiting);
    this.list = copy(new Uint8Array(threads), this.list);
    this.restarts = copy(new Uint8Array(threads), this.restarts);
    this.beganUs = copy(new Float64Array(threads), this.beganUs);
    this.listBeganUs = copy(new Float64Array(threads), this.listBeganUs);
    this.dueUs = copy(new Float64Array(threads), this.dueUs);
    this.counters = copy(new Int32Array(threads * this.#levels), this.counters);
  }

  get nextDueUs(): number {
    return this.timers.size === 0 ? NEVER : this.timers.nextDueUs(NEVER);
  }

  /** Waits from now on, until this time at most; for the steps of close there is a limit. */
  wait(thread: number, waiting: Waiting, dueUs: number): void {
    this.waiting[thread] = waiting;
    const isLast = this.list[thread] === List.close && waiting !== Waiting.nothing;
    const limitUs = isLast ? (this.listBeganUs[thread] as number) + MAX_CLOSE_STEPS_US : NEVER;
    const untilUs = Math.min(dueUs, limitUs);
    this.dueUs[thread] = untilUs;
    if (untilUs === NEVER) this.timers.cancel(thread);
    else this.timers.schedule(thread, untilUs);
  }

  /** At the next row. */
  next(thread: number): void {
    this.pc[thread] = (this.pc[thread] as number) + 1;
    this.wait(thread, Waiting.nothing, NEVER);
  }

  idle(thread: number): void {
    this.pc[thread] = NONE;
    this.wait(thread, Waiting.nothing, NEVER);
  }

  /** A connection is open: none of its threads has done anything yet. */
  reset(thread: number): void {
    this.pc[thread] = NONE;
    this.draws[thread] = 0;
    this.restarts[thread] = 0;
    this.list[thread] = List.open;
  }

  begin(
    thread: number,
    { start, list, nowUs }: { readonly start: number; readonly list: List; readonly nowUs: number },
  ): void {
    this.start[thread] = start;
    this.list[thread] = list;
    this.waiting[thread] = Waiting.nothing;
    this.dueUs[thread] = Number.POSITIVE_INFINITY;
    this.restart(thread, nowUs);
  }

  /** Its list begins again. */
  restart(thread: number, nowUs: number): void {
    this.pc[thread] = this.start[thread] as number;
    this.listBeganUs[thread] = nowUs;
  }

  /** Counts a restart after a failure. */
  mayRestart(thread: number, most: number): boolean {
    const restarts = this.restarts[thread] as number;
    if (restarts >= most) return false;
    this.restarts[thread] = restarts + 1;
    return true;
  }

  /** Of a repetition: how often it still goes round; NONE: until its condition is true. */
  timesLeft(thread: number, level: number): number {
    return this.counters[thread * this.#levels + level] as number;
  }

  setTimesLeft(thread: number, level: number, times: number): void {
    this.counters[thread * this.#levels + level] = times;
  }
}
