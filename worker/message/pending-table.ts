/**
 * The messages an engine has sent and not yet settled. Each record is in two lists: its connection's, in order
 * of sending, and its message definition's, in order of deadline (all messages of one definition have the same
 * time-out, so both are first-in first-out). An expired record stays in its connection's list until its reply
 * comes late or the connection ends: that is how a late reply is distinguished from a duplicate, and how what was lost
 * is counted exactly.
 * A record is 64 bytes in one typed array: with thousands of connections each is cold when its reply comes, and
 * this way it costs one cache line.
 * Bound: MAX_RECORDS per engine; when the table is full, a send is skipped as back-pressure.
 */
import { assert } from "../../shared/assert.ts";
import { PendingEntry, type Remembered } from "./pending-entry.ts";

export const NONE = -1;
const MAX_RECORDS = 1 << 21;
const FIRST_RECORDS = 1024;

/** Layout of a record: two doubles, then 32-bit words. */
const DOUBLES = 8;
const INTENDED = 0;
const SENT = 1;
const WORDS = 16;
/** Definition index, or ~definition once expired. */
const DEFINITION = 4;
const NEXT = 5;
const PREVIOUS = 6;
const DUE_NEXT = 7;
const DUE_PREVIOUS = 8;
const SEQ = 9;
const SLOT = 10;
const PHASE = 11;
const SIZE = 12;
const HASH = 13;
/** Bytes of the key; 0 for none. */
const KEY = 14;
/** Replies that are still to come. */
const LEFT = 15;

/** A key has a row of its own, one cache line. */
export const MAX_KEY_BYTES = 64;

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
  readonly entry = new PendingEntry();
  /** What `sent` means in an expression; only for replies matched by one. */
  readonly sent: unknown[] = [];
  #words = new Int32Array(0);
  #times = new Float64Array(0);
  /** What the reply to a message repeats, by record; empty when nothing is told by it. */
  #keys = Buffer.alloc(0);
  readonly #keyed: boolean;
  #free = NONE;
  #used = 0;
  readonly #dueHead: Int32Array;
  readonly #dueTail: Int32Array;
  readonly #withinUs: Float64Array;

  /** @param withinUs reply time-out per message definition. @param keyed whether remember() may be given keys */
  constructor(withinUs: readonly number[], keyed = false) {
    this.#keyed = keyed;
    this.#withinUs = Float64Array.from(withinUs);
    this.#dueHead = new Int32Array(withinUs.length).fill(NONE);
    this.#dueTail = new Int32Array(withinUs.length).fill(NONE);
    this.#grow(FIRST_RECORDS);
  }

  get used(): number {
    return this.#used;
  }

  get full(): boolean {
    return this.#used >= MAX_RECORDS;
  }

  definition(record: number): number {
    const value = this.#word(record, DEFINITION);
    return value < 0 ? ~value : value;
  }

  isExpired(record: number): boolean {
    return this.#word(record, DEFINITION) < 0;
  }

  /** Timed out at `nowUs`, told or not. */
  isPast(record: number, nowUs: number): boolean {
    return this.isExpired(record) || this.deadlineUsOf(record) <= nowUs;
  }

  nextOf(record: number): number {
    return this.#word(record, NEXT);
  }

  previousOf(record: number): number {
    return this.#word(record, PREVIOUS);
  }

  seqOf(record: number): number {
    return this.#word(record, SEQ) >>> 0;
  }

  slotOf(record: number): number {
    return this.#word(record, SLOT);
  }

  phaseOf(record: number): number {
    return this.#word(record, PHASE);
  }

  /** It is counted under another phase from now on. */
  moveTo(record: number, phase: number): void {
    this.#words[record * WORDS + PHASE] = phase;
  }

  sizeOf(record: number): number {
    return this.#word(record, SIZE);
  }

  hashOf(record: number): number {
    return this.#word(record, HASH);
  }

  intendedUsOf(record: number): number {
    return this.#times[record * DOUBLES + INTENDED] as number;
  }

  sentUsOf(record: number): number {
    return this.#times[record * DOUBLES + SENT] as number;
  }

  /** From this moment on a reply is too late. */
  deadlineUsOf(record: number): number {
    return this.sentUsOf(record) + (this.#withinUs[this.definition(record)] as number);
  }

  /** Adds `entry` at the end of both lists. */
  add(owner: PendingOwner): number {
    if (this.#free === NONE) this.#grow((this.#times.length / DOUBLES) * 2);
    const record = this.#free;
    const words = this.#words;
    const at = record * WORDS;
    this.#free = words[at + NEXT] as number;
    this.#used++;
    const { entry } = this;
    const { definition } = entry;
    this.#times[record * DOUBLES + INTENDED] = entry.intendedUs;
    this.#times[record * DOUBLES + SENT] = entry.sentUs;
    words[at + DEFINITION] = definition;
    words[at + SEQ] = entry.seq;
    words[at + SLOT] = entry.slot;
    words[at + PHASE] = entry.phase;
    words[at + SIZE] = entry.size;
    words[at + HASH] = entry.hash;
    words[at + KEY] = 0;
    words[at + LEFT] = entry.replies;
    words[at + NEXT] = NONE;
    words[at + PREVIOUS] = owner.pendingTail;
    if (owner.pendingTail === NONE) owner.pendingHead = record;
    else words[owner.pendingTail * WORDS + NEXT] = record;
    owner.pendingTail = record;
    owner.pendingCount++;
    const tail = this.#dueTail[definition] as number;
    words[at + DUE_NEXT] = NONE;
    words[at + DUE_PREVIOUS] = tail;
    if (tail === NONE) this.#dueHead[definition] = record;
    else words[tail * WORDS + DUE_NEXT] = record;
    this.#dueTail[definition] = record;
    return record;
  }

  /** One of its replies came. @returns how many are still to come */
  answer(record: number): number {
    const left = this.#word(record, LEFT) - 1;
    this.#words[record * WORDS + LEFT] = left;
    return left;
  }

  /** Keeps what the reply expression needs of the message. */
  remember(record: number, { key, sent }: Remembered): void {
    const { bytes, length } = key;
    if (length === 0) {
      if (sent !== undefined) this.sent[record] = sent;
      return;
    }
    const keys = this.#keys;
    const from = record * MAX_KEY_BYTES;
    for (let at = 0; at < length; at++) keys[from + at] = bytes[at] as number;
    this.#words[record * WORDS + KEY] = length;
  }

  hasKey(record: number): boolean {
    return this.#word(record, KEY) > 0;
  }

  /** The key is what lies in [start, end). */
  isKey(record: number, bytes: Uint8Array, start: number, end: number): boolean {
    const length = this.#word(record, KEY);
    if (end - start !== length) return false;
    const keys = this.#keys;
    const from = record * MAX_KEY_BYTES;
    for (let at = 0; at < length; at++) if (keys[from + at] !== bytes[start + at]) return false;
    return true;
  }

  keyText(record: number): string {
    const from = record * MAX_KEY_BYTES;
    return this.#keys.toString("utf8", from, from + this.#word(record, KEY));
  }

  /** The record of this definition whose deadline has passed at `nowUs`, or NONE. */
  overdue(definition: number, nowUs: number): number {
    const head = this.#dueHead[definition] as number;
    return head !== NONE && this.deadlineUsOf(head) <= nowUs ? head : NONE;
  }

  /** When the next message times out; Infinity when none waits for its reply. */
  get nextDeadlineUs(): number {
    let nextUs = Number.POSITIVE_INFINITY;
    for (let definition = 0; definition < this.#dueHead.length; definition++) {
      const head = this.#dueHead[definition] as number;
      if (head !== NONE) nextUs = Math.min(nextUs, this.deadlineUsOf(head));
    }
    return nextUs;
  }

  /** Timed out: no longer waiting, still remembered. */
  expire(owner: PendingOwner, record: number): void {
    const definition = this.#word(record, DEFINITION);
    assert(definition >= 0, "pending: expired twice");
    this.#unlinkDue(definition, record);
    this.#words[record * WORDS + DEFINITION] = ~definition;
    owner.pendingCount--;
    owner.expiredCount++;
  }

  /** Forgets a record, waiting or expired. */
  remove(owner: PendingOwner, record: number): void {
    const words = this.#words;
    const at = record * WORDS;
    const definition = words[at + DEFINITION] as number;
    if (definition >= 0) {
      this.#unlinkDue(definition, record);
      owner.pendingCount--;
    } else owner.expiredCount--;
    const next = words[at + NEXT] as number;
    const previous = words[at + PREVIOUS] as number;
    if (next === NONE) owner.pendingTail = previous;
    else words[next * WORDS + PREVIOUS] = previous;
    if (previous === NONE) owner.pendingHead = next;
    else words[previous * WORDS + NEXT] = next;
    if (record < this.sent.length) this.sent[record] = undefined;
    words[at + NEXT] = this.#free;
    this.#free = record;
    this.#used--;
  }

  #word(record: number, field: number): number {
    return this.#words[record * WORDS + field] as number;
  }

  #unlinkDue(definition: number, record: number): void {
    const words = this.#words;
    const at = record * WORDS;
    const next = words[at + DUE_NEXT] as number;
    const previous = words[at + DUE_PREVIOUS] as number;
    if (next === NONE) this.#dueTail[definition] = previous;
    else words[next * WORDS + DUE_PREVIOUS] = previous;
    if (previous === NONE) this.#dueHead[definition] = next;
    else words[previous * WORDS + DUE_NEXT] = next;
  }

  #grow(records: number): void {
    const from = this.#times.length / DOUBLES;
    const times = new Float64Array(records * DOUBLES);
    times.set(this.#times);
    this.#times = times;
    this.#words = new Int32Array(times.buffer);
    if (this.#keyed) {
      const keys = Buffer.alloc(records * MAX_KEY_BYTES);
      keys.set(this.#keys);
      this.#keys = keys;
    }
    for (let record = records - 1; record >= from; record--) {
      this.#words[record * WORDS + NEXT] = this.#free;
      this.#free = record;
    }
  }
}
