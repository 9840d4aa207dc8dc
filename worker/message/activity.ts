/**
 * What passed on each connection: when something was last sent and received, how much, and its last events; a row of 64
 * bytes per slot, one cache line. Written by the correlator with every message, by the connection with what else happens; read
 * for samples of failures and of healthy connections (worker/connection/moment.ts).
 * Invariant: a row is of the running attempt, but for the token, which outlives it. Nothing is allocated.
 */
import {
  codeOfFailure,
  codeOfGap,
  codeOfKind,
  codeOfReceived,
  codeOfSent,
  RECENT_EVENTS,
} from "../../shared/wire/frame/recent-event.ts";
import type { MessageFailure } from "./conversation.ts";

const FIRST_SLOTS = 1024;
const ROW_BYTES = 64;
const WORDS = ROW_BYTES / 4;

/** Words of a row; behind them come the events, a half word for each. */
const RECEIVED_MS = 0;
const SENT_MS = 1;
const TOKEN_MS = 2;
const EVENT_MS = 3;
const RECEIVED = 4;
const BYTES_SENT = 5;
const LAST_BYTES = 6;
/** Name of the last message sent, and above it the number of events. */
const LAST_NAME = 7;
const HALVES = ROW_BYTES / 2;
const EVENTS_AT = HALVES - RECENT_EVENTS;

const NEVER = 0xffff_ffff;
const NO_NAME = 0xffff;
const MAX_BYTES = 0xffff_ffff;
const EVENT_MASK = RECENT_EVENTS - 1;

const OPEN = codeOfKind("open");
const PING = codeOfKind("ping");
const PONG = codeOfKind("pong");

/** Milliseconds of run time; null: never. */
export interface LastTimes {
  readonly receivedMs: number | null;
  readonly sentMs: number | null;
  readonly tokenMs: number | null;
}

export class Activity {
  #words = new Uint32Array(FIRST_SLOTS * WORDS);
  #halves = new Uint16Array(this.#words.buffer);

  /** Room for at least so many slots. */
  grow(slots: number): void {
    if (slots * WORDS <= this.#words.length) return;
    const words = new Uint32Array(slots * WORDS);
    words.set(this.#words);
    this.#words = words;
    this.#halves = new Uint16Array(words.buffer);
  }

  /** An attempt begins. @param isAgain of the connection that had the slot before */
  begin(slot: number, nowUs: number, isAgain: boolean): void {
    const words = this.#words;
    const at = slot * WORDS;
    words[at + RECEIVED_MS] = NEVER;
    words[at + SENT_MS] = NEVER;
    if (!isAgain) words[at + TOKEN_MS] = NEVER;
    words[at + EVENT_MS] = toMs(nowUs);
    for (let word = at + RECEIVED; word < at + WORDS; word++) words[word] = 0;
    words[at + LAST_NAME] = NO_NAME;
  }

  opened(slot: number, nowUs: number): void {
    this.#happened(slot, OPEN, toMs(nowUs));
  }

  sent(slot: number, name: number, bytes: number, nowUs: number): void {
    const words = this.#words;
    const at = slot * WORDS;
    const ms = toMs(nowUs);
    words[at + SENT_MS] = ms;
    words[at + BYTES_SENT] = Math.min(MAX_BYTES, (words[at + BYTES_SENT] as number) + bytes);
    words[at + LAST_BYTES] = bytes;
    words[at + LAST_NAME] = ((words[at + LAST_NAME] as number) & 0xffff_0000) | name;
    this.#happened(slot, codeOfSent(name, bytes), ms);
  }

  /** A fault sent so many bytes: they end its idleness, and are none of its own messages. */
  injected(slot: number, bytes: number, nowUs: number): void {
    this.sent(slot, NO_NAME, bytes, nowUs);
  }

  received(slot: number, bytes: number, nowUs: number): void {
    const words = this.#words;
    const at = slot * WORDS;
    const ms = toMs(nowUs);
    words[at + RECEIVED_MS] = ms;
    words[at + RECEIVED] = (words[at + RECEIVED] as number) + 1;
    this.#happened(slot, codeOfReceived(bytes), ms);
  }

  pinged(slot: number, nowUs: number): void {
    this.#words[slot * WORDS + SENT_MS] = toMs(nowUs);
    this.#happened(slot, PING, toMs(nowUs));
  }

  ponged(slot: number, nowUs: number): void {
    this.#words[slot * WORDS + RECEIVED_MS] = toMs(nowUs);
    this.#happened(slot, PONG, toMs(nowUs));
  }

  failed(slot: number, kind: MessageFailure, nowUs: number): void {
    this.#happened(slot, codeOfFailure(kind), toMs(nowUs));
  }

  /** It logged in, or captured a secret. */
  authenticated(slot: number, nowUs: number): void {
    this.#words[slot * WORDS + TOKEN_MS] = toMs(nowUs);
  }

  lastTimes(slot: number): LastTimes {
    const at = slot * WORDS;
    const read = (word: number) => {
      const ms = this.#words[at + word] as number;
      return ms === NEVER ? null : ms;
    };
    return { receivedMs: read(RECEIVED_MS), sentMs: read(SENT_MS), tokenMs: read(TOKEN_MS) };
  }

  /** Messages received, payload bytes sent, and the last message sent; lastName -1: none. */
  totals(slot: number) {
    const [received = 0, bytesSent = 0, lastBytes = 0, last = 0] = this.#words.subarray(
      slot * WORDS + RECEIVED,
      slot * WORDS + LAST_NAME + 1,
    );
    const name = last & 0xffff;
    return { received, bytesSent, lastBytes, lastName: name === NO_NAME ? -1 : name };
  }

  /** The last events, the oldest first: a code of what and one of when for each. */
  recent(slot: number): Uint8Array {
    const next = (this.#words[slot * WORDS + LAST_NAME] as number) >>> 16;
    const pairs: number[] = [];
    for (let event = 0; event < RECENT_EVENTS; event++) {
      const pair = this.#halves[
        slot * HALVES + EVENTS_AT + ((next + event) & EVENT_MASK)
      ] as number;
      if (pair !== 0) pairs.push(pair & 0xff, pair >>> 8);
    }
    return Uint8Array.from(pairs);
  }

  #happened(slot: number, code: number, ms: number): void {
    const words = this.#words;
    const at = slot * WORDS;
    const last = words[at + LAST_NAME] as number;
    const gap = codeOfGap(ms - (words[at + EVENT_MS] as number));
    this.#halves[slot * HALVES + EVENTS_AT + ((last >>> 16) & EVENT_MASK)] = code | (gap << 8);
    words[at + EVENT_MS] = ms;
    words[at + LAST_NAME] = last + 0x1_0000;
  }
}

/** Whole milliseconds; they last for 49 days. */
function toMs(us: number): number {
  return us > 0 ? Math.floor(us / 1000) : 0;
}
