/**
 * Echoes of stamped messages: which message one is of, whether it came back whole, and whether a message without a valid
 * stamp is one that was damaged on its way. Called by the correlator.
 * Invariant: a message is called damaged only on evidence that it was ours: an equal length is none, nor are bytes that
 * messages of another run would have, too. Bound: MAX_TRIED records and MAX_COMPARED bytes of each.
 *
 * Evidence is, for a message that is awaited: its check (32 bits that a guess does not hit); its other three words, a check
 * with at most MAX_FLIPPED bits wrong, and most of its bytes; the first CHECK_BYTES or more of its stamp where nothing
 * follows; or, when what stands in place of the stamp is no stamp of another run, most of its random bytes.
 */
import type { Conversation, Incoming } from "./conversation.ts";
import type { Payloads } from "./payload.ts";
import { NONE, type PendingTable } from "./pending-table.ts";
import { STAMP_BYTES, stampCheck } from "./stamp.ts";

const CHECK_BYTES = 4;
const MAX_TRIED = 64;
const MAX_COMPARED = 256;
/** Fewer bytes say nothing by being alike. */
const LEAST_COMPARED = 16;
const MAX_FLIPPED = 8;
/** Up to here a loop is faster than a call of Node's. */
const LOOPED_BYTES = 256;
/** Above what connections and messages of a run are numbered by. */
const MAX_PLAUSIBLE = 1 << 26;

export class StampedEcho {
  readonly #table: PendingTable;
  readonly #payloads: Payloads;
  readonly #tag: number;
  readonly #stamp = Buffer.alloc(STAMP_BYTES);

  constructor(table: PendingTable, payloads: Payloads, tag: number) {
    this.#table = table;
    this.#payloads = payloads;
    this.#tag = tag;
  }

  /** The stamped message with this number that is not settled, or NONE. */
  find(conversation: Conversation, seq: number): number {
    const table = this.#table;
    let record = conversation.pendingHead;
    while (record !== NONE && (table.seqOf(record) !== seq || !this.#isStamped(record))) {
      record = table.nextOf(record);
    }
    return record;
  }

  /** All but the stamp is as it was sent. */
  isIntact(record: number, { data, start, end }: Incoming): boolean {
    const original = this.#original(record);
    const { length } = original;
    if (end - start !== length) return false;
    if (length > LOOPED_BYTES) {
      return data.compare(original, STAMP_BYTES, length, start + STAMP_BYTES, end) === 0;
    }
    for (let at = STAMP_BYTES; at < length; at++) {
      if (data[start + at] !== original[at]) return false;
    }
    return true;
  }

  /** The message whose echo this was, for a binary message without a valid stamp; NONE without evidence. */
  findDamaged(conversation: Conversation, incoming: Incoming): number {
    const { data, start, end } = incoming;
    const size = end - start;
    if (size < CHECK_BYTES) return NONE;
    const table = this.#table;
    const mayBeOurs = size < STAMP_BYTES || !isPlausible(data, start);
    let alike = NONE;
    let tried = 0;
    for (let record = conversation.pendingHead; record !== NONE; record = table.nextOf(record)) {
      if (!this.#isStamped(record)) continue;
      if (++tried > MAX_TRIED) break;
      this.#writeStamp(conversation, table.seqOf(record));
      if (this.#hasStamp(record, incoming)) return record;
      if (alike === NONE && mayBeOurs && this.#isAlike(record, incoming)) alike = record;
    }
    return alike;
  }

  /** Part of the stamp fits; it is in #stamp. */
  #hasStamp(record: number, incoming: Incoming): boolean {
    const { data, start, end } = incoming;
    const stamp = this.#stamp;
    if (end - start < STAMP_BYTES) return stamp.compare(data, start, end, 0, end - start) === 0;
    const flipped = data.readUInt32LE(start) ^ stamp.readUInt32LE(0);
    if (flipped === 0) return true;
    return (
      bitsOf(flipped) <= MAX_FLIPPED &&
      stamp.compare(data, start + CHECK_BYTES, start + STAMP_BYTES, CHECK_BYTES) === 0 &&
      end - start === this.#table.sizeOf(record) &&
      this.#share(record, incoming) >= 0.5
    );
  }

  /** Most of the random bytes behind the stamp are there. */
  #isAlike(record: number, incoming: Incoming): boolean {
    const { start, end } = incoming;
    const name = this.#table.definition(record);
    const compared = Math.min(end - start, this.#table.sizeOf(record)) - STAMP_BYTES;
    if (compared < LEAST_COMPARED || !this.#payloads.isRandom(name)) return false;
    return this.#share(record, incoming) >= 0.5;
  }

  /** Share of the bytes behind the stamp that are as they were sent; 1 when there are none. */
  #share(record: number, { data, start, end }: Incoming): number {
    const original = this.#original(record);
    const to = Math.min(end - start, original.length, STAMP_BYTES + MAX_COMPARED);
    if (to <= STAMP_BYTES) return 1;
    let same = 0;
    for (let at = STAMP_BYTES; at < to; at++) if (data[start + at] === original[at]) same++;
    return same / (to - STAMP_BYTES);
  }

  #writeStamp({ index, incarnation }: Conversation, seq: number): void {
    const stamp = this.#stamp;
    stamp.writeUInt32LE(stampCheck(this.#tag, index, incarnation, seq), 0);
    stamp.writeUInt32LE(index, 4);
    stamp.writeUInt32LE(incarnation, 8);
    stamp.writeUInt32LE(seq, 12);
  }

  #original(record: number): Buffer {
    return this.#payloads.original(this.#table.definition(record), this.#table.hashOf(record));
  }

  #isStamped(record: number): boolean {
    const table = this.#table;
    return this.#payloads.isStamped(table.definition(record), table.sizeOf(record));
  }
}

/** The words behind the check could be those of a stamp, so this may be a message of another run. */
function isPlausible(data: Buffer, start: number): boolean {
  const incarnation = data.readUInt32LE(start + 8);
  return (
    data.readUInt32LE(start + 4) < MAX_PLAUSIBLE &&
    incarnation > 0 &&
    data.readUInt32LE(start + 12) < MAX_PLAUSIBLE
  );
}

/** How many bits of a 32-bit word are set. */
function bitsOf(word: number): number {
  let left = word;
  let bits = 0;
  for (; left !== 0; bits++) left &= left - 1;
  return bits;
}
