/**
 * Who of a scope got which pushed message, in one engine. Called by the push observer for messages that have a key. A message is
 * counted for REACH_US from the moment this engine first saw it; then who of those that belonged to its scope when it was sent
 * did not get it was missed, or had left.
 * Bounds: OPENED_A_FRAME messages begun between two frames. Where there are more, only keys that are multiples of a power of two
 * are counted, the same ones in every engine. MAX_CLOSED messages are remembered to tell a late copy from a new message.
 */
import { FRAME_LIMITS } from "../../shared/wire/frame/frame-limits.ts";
import type { PushRows } from "../record/push-rows.ts";
import { OpenMessage } from "./open-message.ts";
import type { ScopeMembers } from "./scope-members.ts";

const REACH_US = 5_000_000;
/** One that claims to have been sent longer before it came was sent when it came. */
const MAX_AGE_US = 10_000_000;
const OPENED_A_FRAME = 2048;
const MAX_CLOSED = 65_536;
const SPARE_MESSAGES = 256;
const MAX_LEVEL = 40;
const SECOND_US = 1_000_000;

/** A copy of a message with a key. */
export interface Copy {
  /** Row of its scope. */
  scope: number;
  key: number;
  phase: number;
  /** Place of the connection in the scope; -1: it does not belong to it. */
  place: number;
  nowUs: number;
  /** When it was sent, run time; NaN: not known. */
  sentUs: number;
}

export class PushReach {
  readonly #rows: PushRows;
  readonly #membersOf: (scope: number) => ScopeMembers;
  readonly #open = new Map<number, OpenMessage | null>();
  /** In the order they were first seen, from #first on. */
  #queue: OpenMessage[] = [];
  #first = 0;
  readonly #spare: OpenMessage[] = [];
  readonly #closed = new Float64Array(MAX_CLOSED).fill(Number.NaN);
  #closedAt = 0;
  #level = 0;
  #step = 1;
  #second = -1;
  #opened = 0;

  constructor(rows: PushRows, membersOf: (scope: number) => ScopeMembers) {
    this.#rows = rows;
    this.#membersOf = membersOf;
  }

  receive(copy: Copy): void {
    if (copy.key % this.#step !== 0) return;
    const known = this.#open.get(copy.key);
    if (known === null) {
      this.#rows.late(copy.scope);
      return;
    }
    const message = known ?? this.#begin(copy);
    // Whoever does not belong to the scope is told apart by nothing.
    if (copy.place >= 0 && !message.mark(copy.place)) message.repeated++;
    else message.receive(copy.nowUs - message.baseUs);
  }

  /** When the oldest is counted to the end; Infinity for none. */
  get nextDueUs(): number {
    const oldest = this.#queue[this.#first];
    return oldest === undefined ? Number.POSITIVE_INFINITY : oldest.firstUs + REACH_US;
  }

  /** Ends those whose time has come. */
  expire(nowUs: number): void {
    while (this.nextDueUs <= nowUs) this.#endOldest();
  }

  /** Nobody is there any more who could get a message. */
  endAll(): void {
    while (this.#first < this.#queue.length) this.#endOldest();
  }

  #begin({ scope, key, phase, nowUs, sentUs }: Copy): OpenMessage {
    this.#count(nowUs);
    const message = this.#spare.pop() ?? new OpenMessage();
    message.begin(scope, key, phase);
    message.firstUs = nowUs;
    message.sentUs = sentUs <= nowUs && sentUs > nowUs - MAX_AGE_US ? sentUs : nowUs;
    message.baseUs = Number.isNaN(sentUs) ? 0 : sentUs;
    this.#open.set(key, message);
    this.#queue.push(message);
    return message;
  }

  #count(nowUs: number): void {
    const second = Math.floor(nowUs / SECOND_US);
    if (second !== this.#second) {
      this.#second = second;
      this.#opened = 0;
    }
    if (++this.#opened <= OPENED_A_FRAME || this.#level >= MAX_LEVEL) return;
    this.#opened = 0;
    this.#level++;
    this.#step *= 2;
  }

  #endOldest(): void {
    const message = this.#queue[this.#first++] as OpenMessage;
    if (this.#first > 1024) {
      this.#queue = this.#queue.slice(this.#first);
      this.#first = 0;
    }
    this.#forget(message.key);
    if (message.key % this.#step === 0) this.#end(message);
    if (this.#spare.length < SPARE_MESSAGES) this.#spare.push(message);
  }

  /** From now on a copy of it is late; of the one that ended MAX_CLOSED messages before, it is a new message. */
  #forget(key: number): void {
    const oldest = this.#closed[this.#closedAt] as number;
    if (this.#open.get(oldest) === null) this.#open.delete(oldest);
    this.#closed[this.#closedAt] = key;
    this.#closedAt = (this.#closedAt + 1) % MAX_CLOSED;
    this.#open.set(key, null);
  }

  #end(message: OpenMessage): void {
    const { scope, phase, key, sentUs, receivers, repeated } = message;
    const members = this.#membersOf(scope);
    let reached = 0;
    let left = 0;
    let missed = 0;
    const unreached: number[] = [];
    for (let place = 0; place < members.places; place++) {
      if (!members.belonged(place, sentUs)) continue;
      if (message.isMarked(place)) reached++;
      else if (members.hasLeft(place)) left++;
      else {
        missed++;
        if (unreached.length < FRAME_LIMITS.unreached) unreached.push(members.connectionAt(place));
      }
    }
    this.#rows.reach({
      ...{ name: this.#rows.nameOf(scope), scope: this.#rows.scopeOf(scope), phase, key },
      ...{ sentUs: Math.round(sentUs), level: this.#level, members: reached + left + missed },
      ...{ reached, left, missed, others: receivers - reached, repeated, unreached },
      timesUs: message.timesUs(),
    });
  }
}
