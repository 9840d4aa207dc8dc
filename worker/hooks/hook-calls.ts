/**
 * Calls of an engine's hooks: those at the thread, and those that wait for it. Used by hooks.ts. Invariant: what was taken is
 * settled once: answered, or failed with the thread. Bounds: MOST_IN_FLIGHT at the thread, MOST_WAITING before it.
 */
import type { Conversation } from "../message/conversation.ts";
import type { HookAnswer, HookConnection, HookMessage } from "./protocol.ts";

const MOST_IN_FLIGHT = 256;
const MOST_WAITING = 20_000;
/** Beyond the limit of a call: so long the thread may say nothing at all. */
const STUCK_US = 1_000_000;
/** Between two turns no more is counted as silence: the engine itself may have stood still. */
const MOST_SILENCE_US = 100_000;

export interface Call {
  /** Position in HOOK_FUNCTIONS. */
  readonly hook: number;
  readonly conversation: Conversation;
  /** The socket it is about. */
  readonly incarnation: number;
  readonly conn: HookConnection;
  /** Of payload: which message; else -1. */
  readonly name: number;
  readonly message: HookMessage | null;
  /** Of before: the attempt that waits for it. */
  readonly waiting: { ended(problem: string): void } | null;
}

export class HookCalls {
  readonly #post: (id: number, call: Call) => void;
  readonly #limitUs: number;
  readonly #atThread = new Map<number, Call>();
  #waiting: Call[] = [];
  #next = 0;
  #nextId = 0;
  #silentUs = 0;
  #turnUs = 0;

  constructor(timeoutUs: number, post: (id: number, call: Call) => void) {
    this.#limitUs = timeoutUs + STUCK_US;
    this.#post = post;
  }

  get busy(): boolean {
    return this.#atThread.size > 0;
  }

  /** @returns false when too many wait */
  add(call: Call): boolean {
    if (this.#atThread.size < MOST_IN_FLIGHT) this.#start(call);
    else if (this.#waiting.length - this.#next < MOST_WAITING) this.#waiting.push(call);
    else return false;
    return true;
  }

  /** The call that an answer is to; undefined: it was settled before. */
  answered({ id }: HookAnswer): Call | undefined {
    const call = this.#atThread.get(id);
    this.#atThread.delete(id);
    this.#silentUs = 0;
    return call;
  }

  /** There may be room at the thread. */
  refill(): void {
    while (this.#atThread.size < MOST_IN_FLIGHT && this.#next < this.#waiting.length) {
      this.#start(this.#waiting[this.#next++] as Call);
    }
    if (this.#next < this.#waiting.length) return;
    this.#waiting = [];
    this.#next = 0;
  }

  /** All that were not answered; none is left. */
  drop(): Call[] {
    const left = [...this.#atThread.values(), ...this.#waiting.slice(this.#next)];
    this.#atThread.clear();
    this.#waiting = [];
    this.#next = 0;
    return left;
  }

  /** Each turn: whether the thread has said nothing for longer than a call may take. */
  isStuck(nowUs: number): boolean {
    if (this.busy) this.#silentUs += Math.min(nowUs - this.#turnUs, MOST_SILENCE_US);
    else this.#silentUs = 0;
    this.#turnUs = nowUs;
    return this.#silentUs > this.#limitUs;
  }

  #start(call: Call): void {
    if (this.#atThread.size === 0) this.#silentUs = 0;
    const id = this.#nextId++;
    this.#atThread.set(id, call);
    this.#post(id, call);
  }
}
