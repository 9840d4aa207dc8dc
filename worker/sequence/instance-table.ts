/**
 * The sequences an engine follows, and those that were over a short while ago. Each record is in two lists: its connection's,
 * oldest first, and its definition's in order of sending; all of a definition have the same time, so the second is the order of
 * their deadlines, too, and a time-out is found at its head. Used by sequences.ts.
 * Bounds: MAX_OF_CONNECTION records of one connection, MAX_RECORDS of an engine; add() is not called beyond them.
 */
import { Status } from "./status.ts";

export const NONE = -1;
export const MAX_OF_CONNECTION = 1024;
const MAX_RECORDS = 1 << 20;
const FIRST_RECORDS = 256;

/** Layout of a record: doubles, and 32-bit words. */
const DOUBLES = 3;
const INTENDED = 0;
const SENT = 1;
const LAST = 2;
const WORDS = 12;
const DEFINITION = 0;
const STATE = 1;
const STATUS = 2;
const SLOT = 3;
const PHASE = 4;
const NEXT = 5;
const PREVIOUS = 6;
const DUE_NEXT = 7;
const DUE_PREVIOUS = 8;
/** 1: its time is over. */
const OVERDUE = 9;
/** Its connection waits for it before a planned close. */
const HOLDS = 10;

export class InstanceTable {
  /** What begins a sequence; one object, filled before each add(). */
  readonly entry = { definition: 0, slot: 0, phase: 0, intendedUs: 0, sentUs: 0 };
  /** What was sent, where the key needs more of it than one plain field; by record. */
  readonly sent: unknown[] = [];
  /** How often each event has come, `events` of them for each record. */
  counts = new Uint16Array(0);
  readonly #events: number;
  #times = new Float64Array(0);
  #words = new Int32Array(0);
  #free = NONE;
  #used = 0;
  /** By definition: the oldest record, the newest, and the oldest whose time is not over. */
  readonly #dueHead: Int32Array;
  readonly #dueTail: Int32Array;
  readonly #inTime: Int32Array;
  /** By slot of a connection. */
  #heads = new Int32Array(0);
  #tails = new Int32Array(0);
  #sizes = new Int32Array(0);
  #holding = new Int32Array(0);
  #closing = new Int32Array(0);

  /** @param events the most that a definition has */
  constructor(definitions: number, events: number) {
    this.#events = events;
    this.#dueHead = new Int32Array(definitions).fill(NONE);
    this.#dueTail = new Int32Array(definitions).fill(NONE);
    this.#inTime = new Int32Array(definitions).fill(NONE);
    this.#grow(FIRST_RECORDS);
  }

  /** Records there is room for. */
  get capacity(): number {
    return this.#words.length / WORDS;
  }

  get isFull(): boolean {
    return this.#used >= MAX_RECORDS;
  }

  definition(record: number): number {
    return this.#words[record * WORDS + DEFINITION] as number;
  }

  /** Of the automaton; of one that is broken the event that came too early. */
  state(record: number): number {
    return this.#words[record * WORDS + STATE] as number;
  }

  status(record: number): Status {
    return this.#words[record * WORDS + STATUS] as Status;
  }

  isOver(record: number): boolean {
    return this.status(record) >= Status.completed;
  }

  slot(record: number): number {
    return this.#words[record * WORDS + SLOT] as number;
  }

  phase(record: number): number {
    return this.#words[record * WORDS + PHASE] as number;
  }

  moveTo(record: number, phase: number): void {
    this.#words[record * WORDS + PHASE] = phase;
  }

  isOverdue(record: number): boolean {
    return this.#words[record * WORDS + OVERDUE] === 1;
  }

  holds(record: number): boolean {
    return this.#words[record * WORDS + HOLDS] === 1;
  }

  intendedUs(record: number): number {
    return this.#times[record * DOUBLES + INTENDED] as number;
  }

  sentUs(record: number): number {
    return this.#times[record * DOUBLES + SENT] as number;
  }

  /** When its last event came, or it was sent. */
  lastUs(record: number): number {
    return this.#times[record * DOUBLES + LAST] as number;
  }

  setStatus(record: number, status: Status): void {
    this.#words[record * WORDS + STATUS] = status;
  }

  /** An event came that the automaton does not take now: it is what the state says from here on. */
  breakAt(record: number, event: number): void {
    this.#words[record * WORDS + STATE] = event;
    this.#words[record * WORDS + STATUS] = Status.broken;
  }

  /** To other than it was. */
  setHolds(record: number, holds: boolean): void {
    this.#words[record * WORDS + HOLDS] = holds ? 1 : 0;
    const slot = this.slot(record);
    this.#holding[slot] = (this.#holding[slot] as number) + (holds ? 1 : -1);
  }

  /** For how many of its records a connection waits before a planned close. */
  holding(slot: number): number {
    return slot < this.#holding.length ? (this.#holding[slot] as number) : 0;
  }

  /** It does so now. */
  isClosing(slot: number): boolean {
    return this.#closing[slot] === 1;
  }

  setClosing(slot: number, closing: boolean): void {
    if (slot < this.#closing.length) this.#closing[slot] = closing ? 1 : 0;
  }

  /** An event was taken. */
  advance(record: number, state: number, nowUs: number): void {
    this.#words[record * WORDS + STATE] = state;
    this.#times[record * DOUBLES + LAST] = nowUs;
  }

  /** Counts an event. @returns how often it has come */
  count(record: number, event: number): number {
    const at = record * this.#events + event;
    const count = Math.min(0xffff, (this.counts[at] as number) + 1);
    this.counts[at] = count;
    return count;
  }

  countOf(record: number, event: number): number {
    return this.counts[record * this.#events + event] as number;
  }

  /** The oldest record of a connection. */
  head(slot: number): number {
    return slot < this.#heads.length ? (this.#heads[slot] as number) : NONE;
  }

  next(record: number): number {
    return this.#words[record * WORDS + NEXT] as number;
  }

  /** How many records a connection has. */
  size(slot: number): number {
    return slot < this.#sizes.length ? (this.#sizes[slot] as number) : 0;
  }

  /** The oldest record of a definition; NONE when there is none. */
  oldest(definition: number): number {
    return this.#dueHead[definition] as number;
  }

  /** The oldest whose time is not over. */
  inTime(definition: number): number {
    return this.#inTime[definition] as number;
  }

  /** Its time is over, and it is the oldest of which that is not known yet. */
  overdue(record: number): void {
    this.#words[record * WORDS + OVERDUE] = 1;
    this.#inTime[this.definition(record)] = this.#words[record * WORDS + DUE_NEXT] as number;
  }

  /** Adds `entry`. */
  add(): number {
    if (this.#free === NONE) this.#grow(this.capacity * 2);
    const { definition, slot, phase, intendedUs, sentUs } = this.entry;
    if (slot >= this.#heads.length) this.#growSlots(slot);
    const record = this.#free;
    const words = this.#words;
    const at = record * WORDS;
    this.#free = words[at + NEXT] as number;
    this.#used++;
    this.#times[record * DOUBLES + INTENDED] = intendedUs;
    this.#times[record * DOUBLES + SENT] = sentUs;
    this.#times[record * DOUBLES + LAST] = sentUs;
    words.fill(0, at, at + WORDS);
    words[at + DEFINITION] = definition;
    words[at + SLOT] = slot;
    words[at + PHASE] = phase;
    this.counts.fill(0, record * this.#events, (record + 1) * this.#events);
    const last = this.#tails[slot] as number;
    words[at + NEXT] = NONE;
    words[at + PREVIOUS] = last;
    if (last === NONE) this.#heads[slot] = record;
    else words[last * WORDS + NEXT] = record;
    this.#tails[slot] = record;
    this.#sizes[slot] = (this.#sizes[slot] as number) + 1;
    const tail = this.#dueTail[definition] as number;
    words[at + DUE_NEXT] = NONE;
    words[at + DUE_PREVIOUS] = tail;
    if (tail === NONE) this.#dueHead[definition] = record;
    else words[tail * WORDS + DUE_NEXT] = record;
    this.#dueTail[definition] = record;
    if (this.#inTime[definition] === NONE) this.#inTime[definition] = record;
    return record;
  }

  /** Forgets a record. */
  remove(record: number): void {
    const words = this.#words;
    const at = record * WORDS;
    const slot = words[at + SLOT] as number;
    const definition = words[at + DEFINITION] as number;
    const next = words[at + NEXT] as number;
    const previous = words[at + PREVIOUS] as number;
    if (previous === NONE) this.#heads[slot] = next;
    else words[previous * WORDS + NEXT] = next;
    if (next === NONE) this.#tails[slot] = previous;
    else words[next * WORDS + PREVIOUS] = previous;
    this.#sizes[slot] = (this.#sizes[slot] as number) - 1;
    if (this.holds(record)) this.setHolds(record, false);
    const dueNext = words[at + DUE_NEXT] as number;
    const duePrevious = words[at + DUE_PREVIOUS] as number;
    if (duePrevious === NONE) this.#dueHead[definition] = dueNext;
    else words[duePrevious * WORDS + DUE_NEXT] = dueNext;
    if (dueNext === NONE) this.#dueTail[definition] = duePrevious;
    else words[dueNext * WORDS + DUE_PREVIOUS] = duePrevious;
    if (this.#inTime[definition] === record) this.#inTime[definition] = dueNext;
    this.sent[record] = undefined;
    words[at + NEXT] = this.#free;
    this.#free = record;
    this.#used--;
  }

  #grow(capacity: number): void {
    const from = this.capacity;
    const words = new Int32Array(capacity * WORDS);
    words.set(this.#words);
    const times = new Float64Array(capacity * DOUBLES);
    times.set(this.#times);
    const counts = new Uint16Array(capacity * this.#events);
    counts.set(this.counts);
    this.#words = words;
    this.#times = times;
    this.counts = counts;
    for (let record = capacity - 1; record >= from; record--) {
      words[record * WORDS + NEXT] = this.#free;
      this.#free = record;
    }
  }

  #growSlots(slot: number): void {
    const capacity = Math.max(FIRST_RECORDS, 2 ** Math.ceil(Math.log2(slot + 1)));
    this.#heads = grown(this.#heads, capacity, NONE);
    this.#tails = grown(this.#tails, capacity, NONE);
    this.#sizes = grown(this.#sizes, capacity, 0);
    this.#holding = grown(this.#holding, capacity, 0);
    this.#closing = grown(this.#closing, capacity, 0);
  }
}

function grown(rows: Int32Array, capacity: number, empty: number): Int32Array<ArrayBuffer> {
  const made = new Int32Array(capacity).fill(empty);
  made.set(rows);
  return made;
}
