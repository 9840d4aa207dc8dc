/**
 * Times of all connections of an engine, microseconds of run time, a row of 64 bytes per slot. Doubles as object
 * fields would each be a heap object of their own; a row is one cache line, and with thousands of connections
 * it is cold whenever it is needed. Used by connections and by the pool that grows it.
 */

/** Rows there is room for at first. */
export const FIRST_SLOTS = 1024;
const DOUBLES = 8;
/** How long our Close frame may stay unanswered. */
export const CLOSE_TIMEOUT_US = 5_000_000;

export const Time = {
  /** When the plan closes the connection. */
  close: 0,
  /** When the running or next attempt was intended. */
  intendedOpen: 1,
  /** When the running stage of the attempt began; of one that was open, when either side sent its Close. */
  stage: 2,
  established: 3,
  /** Intended time of the next message. */
  nextSend: 4,
  /** Messages intended before this were held by back-pressure. */
  heldUntil: 5,
  /** When the unanswered ping was sent; 0 for none. */
  pingSent: 6,
  /** When the running attempt began. */
  attempt: 7,
} as const;
export type Time = (typeof Time)[keyof typeof Time];

export class ConnectionTimes {
  #rows = new Float64Array(FIRST_SLOTS * DOUBLES);

  get capacity(): number {
    return this.#rows.length / DOUBLES;
  }

  get(slot: number, time: Time): number {
    return this.#rows[slot * DOUBLES + time] as number;
  }

  set(slot: number, time: Time, valueUs: number): void {
    this.#rows[slot * DOUBLES + time] = valueUs;
  }

  /** A connection of the plan takes the slot. */
  first(slot: number, closeUs: number): void {
    this.set(slot, Time.close, closeUs);
    this.set(slot, Time.established, 0);
    this.set(slot, Time.heldUntil, Number.NEGATIVE_INFINITY);
    this.set(slot, Time.pingSent, 0);
  }

  /** An attempt begins. */
  begin(slot: number, intendedUs: number, nowUs: number): void {
    this.set(slot, Time.intendedOpen, intendedUs);
    this.timed(slot, nowUs);
  }

  /** The attempt is timed from now on: what was ahead of it is over. */
  timed(slot: number, nowUs: number): void {
    this.set(slot, Time.attempt, nowUs);
    this.set(slot, Time.stage, nowUs);
  }

  /** Sets a time unless it is earlier already. */
  lower(slot: number, time: Time, valueUs: number): void {
    this.set(slot, time, Math.min(valueUs, this.get(slot, time)));
  }

  /** Doubles the room. */
  grow(): void {
    const rows = new Float64Array(this.#rows.length * 2);
    rows.set(this.#rows);
    this.#rows = rows;
  }
}
