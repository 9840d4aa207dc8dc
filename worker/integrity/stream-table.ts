/**
 * The streams of numbered messages that an engine follows: one for each connection, sender and scope. Called by
 * number-order.ts, which keeps what it knows of a stream by its row here, and by order-audit.ts. Data plane: flat rows, found by a
 * hash table of numbers. Bound: MAX_STREAMS rows; rows of connections that are over are given up for others.
 */
import { type Name, NameTable } from "./name-table.ts";

export const NONE = -1;
const MAX_STREAMS = 1 << 20;
const FIRST_ROWS = 1024;

export class StreamTable {
  readonly names = new NameTable();
  readonly #most: number;
  /** Rows there is room for; whoever keeps arrays by row grows them with it. */
  capacity = FIRST_ROWS;
  #slots = new Int32Array(FIRST_ROWS);
  #senders = new Int32Array(FIRST_ROWS);
  #scopes = new Int32Array(FIRST_ROWS);
  /** The next row of the same hash, or of those that are free. */
  #next = new Int32Array(FIRST_ROWS);
  /** The next row of the same connection. */
  #nextOfSlot = new Int32Array(FIRST_ROWS);
  #heads = new Int32Array(FIRST_ROWS).fill(NONE);
  #headOfSlot = new Int32Array(FIRST_ROWS).fill(NONE);
  #free = NONE;
  #used = 0;

  constructor(most = MAX_STREAMS) {
    this.#most = most;
  }

  /** NONE: it is not followed yet. */
  find(slot: number, sender: Name, scope: Name): number {
    const senderId = this.names.find(sender);
    const scopeId = this.names.find(scope);
    if (senderId === undefined || scopeId === undefined) return NONE;
    let row = this.#heads[this.#hash(slot, senderId, scopeId)] as number;
    while (row !== NONE) {
      const isIt =
        this.#slots[row] === slot &&
        this.#senders[row] === senderId &&
        this.#scopes[row] === scopeId;
      if (isIt) return row;
      row = this.#next[row] as number;
    }
    return NONE;
  }

  /** @returns the row of a stream that is not followed yet; NONE: there is no room */
  add(slot: number, sender: Name, scope: Name): number {
    const row = this.#take();
    if (row === NONE) return NONE;
    const senderId = this.names.use(sender);
    const scopeId = this.names.use(scope);
    this.#slots[row] = slot;
    this.#senders[row] = senderId;
    this.#scopes[row] = scopeId;
    this.#link(row);
    this.#growSlots(slot);
    this.#nextOfSlot[row] = this.#headOfSlot[slot] as number;
    this.#headOfSlot[slot] = row;
    return row;
  }

  slotOf(row: number): number {
    return this.#slots[row] as number;
  }

  senderOf(row: number): Name {
    return this.names.nameOf(this.#senders[row] as number);
  }

  scopeOf(row: number): Name {
    return this.names.nameOf(this.#scopes[row] as number);
  }

  /** The first stream of a connection; NONE: it has none. */
  firstOf(slot: number): number {
    return slot < this.#headOfSlot.length ? (this.#headOfSlot[slot] as number) : NONE;
  }

  nextOf(row: number): number {
    return this.#nextOfSlot[row] as number;
  }

  /** Forgets all streams of a connection. */
  forget(slot: number): void {
    for (let row = this.firstOf(slot); row !== NONE; ) {
      const next = this.nextOf(row);
      this.#unlink(row);
      this.names.release(this.#senders[row] as number);
      this.names.release(this.#scopes[row] as number);
      this.#next[row] = this.#free;
      this.#free = row;
      row = next;
    }
    if (slot < this.#headOfSlot.length) this.#headOfSlot[slot] = NONE;
  }

  #take(): number {
    const freed = this.#free;
    if (freed !== NONE) {
      this.#free = this.#next[freed] as number;
      return freed;
    }
    if (this.#used >= this.#most) return NONE;
    if (this.#used >= this.capacity) this.#grow();
    return this.#used++;
  }

  #hash(slot: number, sender: number, scope: number): number {
    let hash = Math.imul(slot ^ 0x9e3779b9, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 15) ^ sender, 0xc2b2ae35);
    hash = Math.imul(hash ^ (hash >>> 13) ^ scope, 0x27d4eb2f);
    return (hash ^ (hash >>> 16)) & (this.#heads.length - 1);
  }

  #headOf(row: number): number {
    const [slot, sender, scope] = [this.#slots[row], this.#senders[row], this.#scopes[row]];
    return this.#hash(slot as number, sender as number, scope as number);
  }

  #link(row: number): void {
    const head = this.#headOf(row);
    this.#next[row] = this.#heads[head] as number;
    this.#heads[head] = row;
  }

  #unlink(row: number): void {
    const head = this.#headOf(row);
    let at = this.#heads[head] as number;
    if (at === row) {
      this.#heads[head] = this.#next[row] as number;
      return;
    }
    while (this.#next[at] !== row) at = this.#next[at] as number;
    this.#next[at] = this.#next[row] as number;
  }

  #grow(): void {
    const capacity = 2 * this.capacity;
    this.#slots = grown(this.#slots, capacity);
    this.#senders = grown(this.#senders, capacity);
    this.#scopes = grown(this.#scopes, capacity);
    this.#next = grown(this.#next, capacity);
    this.#nextOfSlot = grown(this.#nextOfSlot, capacity);
    this.#heads = new Int32Array(capacity).fill(NONE);
    // Grown only while no row is free, so each is in use.
    for (let row = 0; row < this.#used; row++) this.#link(row);
    this.capacity = capacity;
  }

  #growSlots(slot: number): void {
    const before = this.#headOfSlot.length;
    if (slot < before) return;
    let length = before;
    while (length <= slot) length *= 2;
    this.#headOfSlot = grown(this.#headOfSlot, length);
    this.#headOfSlot.fill(NONE, before);
  }
}

export function grown<T extends Int32Array | Float64Array | Uint8Array>(
  array: T,
  length: number,
): T {
  const copy = new (array.constructor as new (length: number) => T)(length);
  copy.set(array);
  return copy;
}
