/**
 * Finds sequences by their keys: a hash table of records by connection, definition and the plain value that their key compares
 * with. Used by sequences.ts. Invariant: a record is in it from add() to remove(); what find() gives has an equal key, by `===`.
 * Bound: as many records as the instance table has; of a text MAX_HASHED characters are hashed.
 */
import { NONE } from "./instance-table.ts";

const MAX_HASHED = 64;
const FIRST_BUCKETS = 256;
const PRIME = 0x01000193;

export type Key = string | number | boolean | null;

export function isKey(value: unknown): value is Key {
  return value === null || (typeof value !== "object" && value !== undefined);
}

/** Where a key belongs. */
export interface KeyPlace {
  readonly slot: number;
  readonly definition: number;
}

export class KeyIndex {
  /** By record. */
  readonly #keys: Key[] = [];
  #places = new Int32Array(0);
  #hashes = new Int32Array(0);
  #next = new Int32Array(0);
  #buckets = new Int32Array(FIRST_BUCKETS).fill(NONE);
  #used = 0;
  /** Of the search that goes on. */
  #soughtHash = 0;
  #soughtKey: Key = null;
  #soughtSlot = NONE;
  #soughtDefinition = NONE;
  readonly #number = new Float64Array(1);
  readonly #bits = new Int32Array(this.#number.buffer);

  add(record: number, place: KeyPlace, key: Key): void {
    if (record >= this.#hashes.length) this.#growRecords(record);
    if (this.#used >= this.#buckets.length) this.#growBuckets();
    this.#used++;
    this.#keys[record] = key;
    this.#places[record * 2] = place.slot;
    this.#places[record * 2 + 1] = place.definition;
    this.#hashes[record] = this.#hash(place, key);
    this.#link(record);
  }

  remove(record: number): void {
    const bucket = this.#bucketOf(this.#hashes[record] as number);
    const next = this.#next;
    let at = this.#buckets[bucket] as number;
    if (at === record) this.#buckets[bucket] = next[record] as number;
    else {
      while (next[at] !== record) at = next[at] as number;
      next[at] = next[record] as number;
    }
    this.#keys[record] = null;
    this.#used--;
  }

  /** The newest record with the key; NONE when there is none. */
  first(place: KeyPlace, key: Key): number {
    this.#soughtHash = this.#hash(place, key);
    this.#soughtKey = key;
    this.#soughtSlot = place.slot;
    this.#soughtDefinition = place.definition;
    return this.#search(this.#buckets[this.#bucketOf(this.#soughtHash)] as number);
  }

  /** The next older record that first() was asked for. */
  next(record: number): number {
    return this.#search(this.#next[record] as number);
  }

  #search(from: number): number {
    let record = from;
    while (record !== NONE) {
      const isSame =
        this.#hashes[record] === this.#soughtHash &&
        this.#keys[record] === this.#soughtKey &&
        this.#places[record * 2] === this.#soughtSlot &&
        this.#places[record * 2 + 1] === this.#soughtDefinition;
      if (isSame) return record;
      record = this.#next[record] as number;
    }
    return NONE;
  }

  #hash({ slot, definition }: KeyPlace, key: Key): number {
    let hash = Math.imul(Math.imul(slot + 1, PRIME) ^ definition, PRIME);
    if (typeof key === "string") {
      const length = Math.min(key.length, MAX_HASHED);
      for (let at = 0; at < length; at++) hash = Math.imul(hash ^ key.charCodeAt(at), PRIME);
      return Math.imul(hash ^ key.length, PRIME);
    }
    // 0 and -0 are equal.
    this.#number[0] = Number(key) + 0;
    hash = Math.imul(hash ^ (this.#bits[0] as number), PRIME);
    return Math.imul(hash ^ (this.#bits[1] as number), PRIME);
  }

  #bucketOf(hash: number): number {
    return (hash ^ (hash >>> 15)) & (this.#buckets.length - 1);
  }

  #link(record: number): void {
    const bucket = this.#bucketOf(this.#hashes[record] as number);
    this.#next[record] = this.#buckets[bucket] as number;
    this.#buckets[bucket] = record;
  }

  #growRecords(record: number): void {
    const capacity = Math.max(FIRST_BUCKETS, 2 ** Math.ceil(Math.log2(record + 1)));
    const grown = (rows: Int32Array, size: number) => {
      const made = new Int32Array(size);
      made.set(rows);
      return made;
    };
    this.#hashes = grown(this.#hashes, capacity);
    this.#next = grown(this.#next, capacity);
    this.#places = grown(this.#places, capacity * 2);
  }

  /** Older records stay behind newer ones in each bucket. */
  #growBuckets(): void {
    const old = this.#buckets;
    this.#buckets = new Int32Array(old.length * 2).fill(NONE);
    const chain: number[] = [];
    for (const head of old) {
      for (let record = head; record !== NONE; record = this.#next[record] as number) {
        chain.push(record);
      }
      while (chain.length > 0) this.#link(chain.pop() as number);
    }
  }
}
