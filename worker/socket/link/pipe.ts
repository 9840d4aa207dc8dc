/**
 * One direction of a link: bytes go in at one end, and out at the other in the order in which they came, later, slower or not for
 * the time being, as its conditions say. Made by link.ts for each direction of a connection that a network fault acts on. Knows
 * no socket and no clock. Invariant: what goes in comes out once, whole and in order; the end of the stream comes last.
 */
import type {
  Draw,
  LinkCondition,
} from "../../../shared/scenario/sections/faults/link-condition.ts";
import { giveHeld, isCrowded, takeHeld } from "./held-bytes.ts";

/** What one direction of a connection holds before nothing more is taken; one read or write more, at most. */
export const MAX_PIPE_BYTES = 1024 * 1024;
/** Of a limited rate, bytes pass in pieces of what passes in this time: a message of fewer bytes is never cut. */
const PIECE_US = 20_000;
/** A rate that changes is asked for again at least so often while bytes wait for it. */
const FOLLOW_US = 100_000;
/** Most that comes out at once: what fits into the read buffer of a thread. */
const MOST_BYTES = 64 * 1024;
/** Entries that have come out and are kept before the list is cut. */
const MAX_FORGOTTEN = 256;
const SECOND_US = 1_000_000;
/** Bytes: what is due at a time is not missed then by the last digit of a division. */
const ROUNDING = 0.001;

interface Entry {
  readonly bytes: Buffer;
  /** They may pass from then on. */
  readonly readyUs: number;
}

export class Pipe {
  heldBytes = 0;
  /** The stream's end has gone in: with an error, or without. */
  #end: { readonly error: Error | null; readonly readyUs: number } | null = null;
  readonly #draw: Draw;
  #conditions: readonly LinkCondition[] = [];
  #rate = Number.POSITIVE_INFINITY;
  /** When a rate that changes is to be asked for again; Infinity: none changes. */
  #rateUntilUs = Number.POSITIVE_INFINITY;
  #blocked = false;
  #entries: Entry[] = [];
  #first = 0;
  /** Bytes of the first entry that have passed. */
  #passed = 0;
  /** Nothing that comes in passes before what came in ahead of it. */
  #lastUs = Number.NEGATIVE_INFINITY;
  /** When the next byte may begin to pass, at a limited rate. */
  #freeUs = Number.NEGATIVE_INFINITY;

  /** @param draw uniform in [0, 1), another one at each call */
  constructor(draw: Draw) {
    this.#draw = draw;
  }

  get isEmpty(): boolean {
    return this.heldBytes === 0 && this.#end === null;
  }

  /** Whoever has more to put in waits. */
  get isFull(): boolean {
    return this.heldBytes > 0 && (this.heldBytes >= MAX_PIPE_BYTES || isCrowded());
  }

  /** Other conditions from now on; none: all that is held may pass. */
  follow(conditions: readonly LinkCondition[], nowUs: number): void {
    this.#freeUs = this.#blocked ? nowUs : Math.min(this.#freeUs, nowUs);
    this.#conditions = conditions;
    this.#blocked = conditions.some(({ blocked }) => blocked === true);
    this.#findRate(nowUs);
    if (conditions.length > 0) return;
    this.#entries = this.#entries
      .slice(this.#first)
      .map(({ bytes, readyUs }) => ({ bytes, readyUs: Math.min(readyUs, nowUs) }));
    this.#first = 0;
    if (this.#end !== null) this.#end = { ...this.#end, readyUs: nowUs };
    this.#lastUs = nowUs;
  }

  /** @param bytes are the pipe's from now on */
  put(bytes: Buffer, nowUs: number): void {
    if (bytes.length === 0) return;
    this.#entries.push({ bytes, readyUs: this.#readyUs(nowUs) });
    this.heldBytes += bytes.length;
    takeHeld(bytes.length);
  }

  /** Nothing more comes in. */
  end(error: Error | null, nowUs: number): void {
    this.#end ??= { error, readyUs: this.#readyUs(nowUs) };
  }

  /** What may pass by now, some of it at least; null: nothing. */
  take(nowUs: number): Buffer | null {
    if (this.#rateUntilUs !== Number.POSITIVE_INFINITY) this.#findRate(nowUs);
    const parts: Buffer[] = [];
    let length = 0;
    while (length < MOST_BYTES) {
      const part = this.#next(nowUs, MOST_BYTES - length);
      if (part === null) break;
      parts.push(part);
      length += part.length;
    }
    if (parts.length < 2) return parts[0] ?? null;
    return Buffer.concat(parts, length);
  }

  /** The stream's end has passed, behind all bytes; null: not yet. Once. */
  takeEnd(nowUs: number): { readonly error: Error | null } | null {
    const end = this.#end;
    if (end === null || this.heldBytes > 0 || this.#blocked || end.readyUs > nowUs) return null;
    this.#end = null;
    return end;
  }

  /** When something may pass next; Infinity: nothing, until conditions change or more comes in. */
  get nextUs(): number {
    if (this.#blocked) return Number.POSITIVE_INFINITY;
    const entry = this.#entries[this.#first];
    if (entry === undefined) return this.#end?.readyUs ?? Number.POSITIVE_INFINITY;
    const piece = this.#pieceOf(entry);
    const dueUs = Math.max(entry.readyUs, this.#freeUs) + this.#timeUs(piece);
    return Math.min(dueUs, Math.max(entry.readyUs, this.#rateUntilUs));
  }

  /** Whatever it holds is lost. */
  drop(): void {
    giveHeld(this.heldBytes);
    this.heldBytes = 0;
    this.#entries = [];
    this.#first = 0;
    this.#passed = 0;
    this.#end = null;
  }

  #next(nowUs: number, most: number): Buffer | null {
    const entry = this.#entries[this.#first];
    if (entry === undefined || this.#blocked || entry.readyUs > nowUs) return null;
    const fromUs = Math.max(entry.readyUs, this.#freeUs);
    const left = entry.bytes.length - this.#passed;
    const allowed = this.#roomFor(left, nowUs - fromUs);
    if (allowed < this.#pieceOf(entry)) return null;
    const room = Math.min(allowed, most);
    const part = entry.bytes.subarray(this.#passed, this.#passed + room);
    this.#freeUs = fromUs + this.#timeUs(room);
    this.#passed += room;
    this.heldBytes -= room;
    giveHeld(room);
    if (this.#passed === entry.bytes.length) this.#forgetFirst();
    return part;
  }

  #forgetFirst(): void {
    this.#passed = 0;
    this.#first++;
    if (this.#first < this.#entries.length && this.#first < MAX_FORGOTTEN) return;
    this.#entries.splice(0, this.#first);
    this.#first = 0;
  }

  #readyUs(nowUs: number): number {
    let readyUs = nowUs;
    for (const { delayUs } of this.#conditions) if (delayUs) readyUs += delayUs(this.#draw, nowUs);
    this.#lastUs = Math.max(this.#lastUs, readyUs);
    return this.#lastUs;
  }

  #findRate(nowUs: number): void {
    this.#rate = Number.POSITIVE_INFINITY;
    this.#rateUntilUs = Number.POSITIVE_INFINITY;
    for (const { ratePerSec = Number.POSITIVE_INFINITY } of this.#conditions) {
      const changes = typeof ratePerSec === "function";
      this.#rate = Math.min(this.#rate, changes ? ratePerSec(nowUs) : ratePerSec);
      if (changes) this.#rateUntilUs = nowUs + FOLLOW_US;
    }
  }

  /** Bytes of the next piece of an entry that must be able to pass together. */
  #pieceOf({ bytes }: Entry): number {
    const left = bytes.length - this.#passed;
    if (this.#rate === Number.POSITIVE_INFINITY) return Math.min(left, 1);
    return Math.min(left, Math.max(1, Math.floor((this.#rate * PIECE_US) / SECOND_US)));
  }

  #roomFor(left: number, sinceUs: number): number {
    if (this.#rate === Number.POSITIVE_INFINITY) return left;
    return Math.min(left, Math.floor((this.#rate * sinceUs) / SECOND_US + ROUNDING));
  }

  #timeUs(bytes: number): number {
    return this.#rate === Number.POSITIVE_INFINITY ? 0 : (bytes * SECOND_US) / this.#rate;
  }
}
