/**
 * The messages an engine has sent and not yet settled, as columns of typed arrays. Each record is in two
 * lists: its connection's, in order of sending, and its message definition's, in order of deadline (all
 * messages of one definition have the same time-out, so both are first-in first-out). An expired record
 * stays in its connection's list until its reply comes late or the connection ends: that is how a late
 * reply is told from a duplicate, and how what was lost is counted exactly.
 * Bound: MAX_RECORDS per engine; when the table is full, a send is skipped as back-pressure.
 */
import { assert } from "../../shared/assert.ts";

export const NONE = -1;
const MAX_RECORDS = 1 << 21;

/** Heads and tails of one connection's list; fields of the connection itself. */
export interface PendingOwner {
  pendingHead: number;
  pendingTail: number;
  /** Records still waiting for their reply (expired ones not counted). */
  pendingCount: number;
  /** Records that timed out and may still come late. */
  expiredCount: number;
}

export class PendingTable {
  /** Definition index, or ~definition once expired. */
  #definition = new Int32Array(0);
  #next = new Int32Array(0);
  #previous = new Int32Array(0);
  #dueNext = new Int32Array(0);
  #duePrevious = new Int32Array(0);
  seq = new Uint32Array(0);
  /** Connection slot, for time-outs. */
  slot = new Int32Array(0);
  phase = new Int32Array(0);
  /** Payload bytes, and a hash of them or the payload variant: whatever the matcher needs. */
  size = new Int32Array(0);
  hash = new Int32Array(0);
  intendedUs = new Float64Array(0);
  sentUs = new Float64Array(0);
  /** What `sent` means in an expression; only for replies matched by one. */
  readonly sent: unknown[] = [];
  #free = NONE;
  #used = 0;
  readonly #dueHead: Int32Array;
  readonly #dueTail: Int32Array;
  readonly #withinUs: Float64Array;

  /** @param withinUs reply time-out per message definition */
  constructor(withinUs: readonly number[]) {
    this.#withinUs = Float64Array.from(withinUs);
    this.#dueHead = new Int32Array(withinUs.length).fill(NONE);
    this.#dueTail = new Int32Array(withinUs.length).fill(NONE);
    this.#grow(1024);
  }

  get used(): number {
    return this.#used;
  }

  get full(): boolean {
    return this.#used >= MAX_RECORDS;
  }

  definition(record: number): number {
    const value = this.#definition[record] as number;
    return value < 0 ? ~value : value;
  }

  isExpired(record: number): boolean {
    return (this.#definition[record] as number) < 0;
  }

  nextOf(record: number): number {
    return this.#next[record] as number;
  }

  /** Adds a record at the end of both lists. The caller fills the columns. */
  add(owner: PendingOwner, definition: number): number {
    if (this.#free === NONE) this.#grow(this.seq.length * 2);
    const record = this.#free;
    this.#free = this.#next[record] as number;
    this.#used++;
    this.#definition[record] = definition;
    this.#next[record] = NONE;
    this.#previous[record] = owner.pendingTail;
    if (owner.pendingTail === NONE) owner.pendingHead = record;
    else this.#next[owner.pendingTail] = record;
    owner.pendingTail = record;
    owner.pendingCount++;
    const tail = this.#dueTail[definition] as number;
    this.#dueNext[record] = NONE;
    this.#duePrevious[record] = tail;
    if (tail === NONE) this.#dueHead[definition] = record;
    else this.#dueNext[tail] = record;
    this.#dueTail[definition] = record;
    return record;
  }

  /** The record of this definition whose deadline has passed at `nowUs`, or NONE. */
  overdue(definition: number, nowUs: number): number {
    const head = this.#dueHead[definition] as number;
    if (head === NONE) return NONE;
    const deadlineUs = (this.sentUs[head] as number) + (this.#withinUs[definition] as number);
    return deadlineUs <= nowUs ? head : NONE;
  }

  /** Timed out: no longer waiting, still remembered. */
  expire(owner: PendingOwner, record: number): void {
    const definition = this.#definition[record] as number;
    assert(definition >= 0, "pending: expired twice");
    this.#unlinkDue(definition, record);
    this.#definition[record] = ~definition;
    owner.pendingCount--;
    owner.expiredCount++;
  }

  /** Forgets a record, waiting or expired. */
  remove(owner: PendingOwner, record: number): void {
    const definition = this.#definition[record] as number;
    if (definition >= 0) {
      this.#unlinkDue(definition, record);
      owner.pendingCount--;
    } else owner.expiredCount--;
    const next = this.#next[record] as number;
    const previous = this.#previous[record] as number;
    if (next === NONE) owner.pendingTail = previous;
    else this.#previous[next] = previous;
    if (previous === NONE) owner.pendingHead = next;
    else this.#next[previous] = next;
    if (this.sent[record] !== undefined) this.sent[record] = undefined;
    this.#next[record] = this.#free;
    this.#free = record;
    this.#used--;
  }

  #unlinkDue(definition: number, record: number): void {
    const next = this.#dueNext[record] as number;
    const previous = this.#duePrevious[record] as number;
    if (next === NONE) this.#dueTail[definition] = previous;
    else this.#duePrevious[next] = previous;
    if (previous === NONE) this.#dueHead[definition] = next;
    else this.#dueNext[previous] = next;
  }

  #grow(size: number): void {
    const from = this.seq.length;
    this.#definition = resized(this.#definition, new Int32Array(size));
    this.#next = resized(this.#next, new Int32Array(size));
    this.#previous = resized(this.#previous, new Int32Array(size));
    this.#dueNext = resized(this.#dueNext, new Int32Array(size));
    this.#duePrevious = resized(this.#duePrevious, new Int32Array(size));
    this.slot = resized(this.slot, new Int32Array(size));
    this.phase = resized(this.phase, new Int32Array(size));
    this.size = resized(this.size, new Int32Array(size));
    this.hash = resized(this.hash, new Int32Array(size));
    this.seq = resized(this.seq, new Uint32Array(size));
    this.intendedUs = resized(this.intendedUs, new Float64Array(size));
    this.sentUs = resized(this.sentUs, new Float64Array(size));
    for (let record = size - 1; record >= from; record--) {
      this.#next[record] = this.#free;
      this.#free = record;
    }
  }
}

function resized<T extends Int32Array | Uint32Array | Float64Array>(from: T, to: T): T {
  to.set(from as never);
  return to;
}
