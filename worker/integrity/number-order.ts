/**
 * What a number of a stream is, given those heard before: next, ahead of others, late, repeated, or the first of a new
 * numbering. Called by order-audit.ts for each numbered message. Data plane: a stream is a row of flat arrays, so in order it
 * costs a comparison; only what was passed over is kept apart (gaps.ts).
 * Invariant: every number between the first and the highest heard is heard, awaited or missing; nothing is counted as
 * missing that was not passed over, and nothing as repeated that was not heard.
 */
import { Found, type Gap, Gaps, Why } from "./gaps.ts";
import { grown, NONE } from "./stream-table.ts";

/** What was passed over may come for so long: twice a slow round trip. */
export const GRACE_US = 2_000_000;
/** A numbering begins at 0 or 1. */
const HIGHEST_START = 1;
/** A start that far back, or further, may be that of a new numbering: what follows tells. */
const MAY_RESTART = 2;
/** It is, when it lies further back than any repetition would. */
const IS_RESTART = 1024;
const FIRST_ROWS = 1024;

/** What a number is. */
export const Heard = {
  next: 0,
  /** After others that have not come; those are awaited. */
  ahead: 1,
  reordered: 2,
  duplicated: 3,
  /** Heard before the connection was lost, and now again. */
  replayed: 4,
  /** The first of a new numbering, or a repetition: the next number tells. */
  open: 5,
  restarted: 6,
} as const;
export type Heard = (typeof Heard)[keyof typeof Heard];

/** The moment of a message. */
export interface Moment {
  readonly nowUs: number;
  readonly phase: number;
  /** Of the socket it came on. */
  readonly incarnation: number;
}

export class NumberOrder {
  readonly gaps: Gaps;
  newestGap = new Int32Array(FIRST_ROWS).fill(NONE);
  /** A number that was open is decided by what followed: Heard.reordered, duplicated, replayed or restarted. */
  readonly #decided: (row: number, number: number, heard: Heard, phase: number) => void;
  #lowest = new Float64Array(FIRST_ROWS);
  #highest = new Float64Array(FIRST_ROWS);
  /** Up to which numbers were heard before the last reconnect; -1: the first connection. */
  #before = new Float64Array(FIRST_ROWS);
  #incarnations = new Float64Array(FIRST_ROWS);
  /** A start that is not decided; -1: none is. */
  #open = new Float64Array(FIRST_ROWS);
  #openPhase = new Int32Array(FIRST_ROWS);

  constructor(
    missed: (gap: number) => void,
    decided: (row: number, number: number, heard: Heard, phase: number) => void,
    mostGaps?: number,
  ) {
    this.gaps = new Gaps(this, missed, mostGaps);
    this.#decided = decided;
  }

  /** Follows a stream from its first number on. @param capacity rows there may be */
  begin(row: number, number: number, { incarnation }: Moment, capacity: number): void {
    if (capacity > this.#lowest.length) this.#grow(capacity);
    this.newestGap[row] = NONE;
    this.#lowest[row] = number;
    this.#highest[row] = number;
    this.#before[row] = -1;
    this.#incarnations[row] = incarnation;
    this.#open[row] = -1;
  }

  hear(row: number, number: number, moment: Moment): Heard {
    const open = this.#open[row] as number;
    if (open >= 0 && this.#follows(row, open, number)) return Heard.next;
    const highest = this.#highest[row] as number;
    let why: Why = Why.passed;
    if (this.#incarnations[row] !== moment.incarnation) {
      this.#incarnations[row] = moment.incarnation;
      this.#before[row] = highest;
      why = Why.away;
    }
    if (number > highest) {
      this.#highest[row] = number;
      if (number === highest + 1) return Heard.next;
      this.#passOver({ row, from: highest + 1, to: number - 1, why, ...awaited(moment) });
      return Heard.ahead;
    }
    if (this.gaps.take(row, number) !== Found.nothing) return Heard.reordered;
    if (number <= HIGHEST_START && highest - number >= MAY_RESTART) {
      if (highest - number >= IS_RESTART) {
        this.#restart(row, number, number);
        return Heard.restarted;
      }
      this.#open[row] = number;
      this.#openPhase[row] = moment.phase;
      return Heard.open;
    }
    return this.#heardBefore(row, number, moment.phase);
  }

  /** The connection is over, or numbers have no meaning any longer. @param isMissing what is awaited is missing */
  end(row: number, isMissing: boolean): void {
    const open = this.#open[row] as number;
    if (open >= 0) {
      this.#decided(row, open, Heard.restarted, this.#openPhase[row] as number);
      this.#restart(row, open, open);
    }
    this.gaps.end(row, isMissing);
  }

  /** Whether the number after an open one makes that the start of a new numbering; else it is decided what it was. */
  #follows(row: number, open: number, number: number): boolean {
    const phase = this.#openPhase[row] as number;
    this.#open[row] = -1;
    if (number === open + 1) {
      this.#decided(row, open, Heard.restarted, phase);
      this.#restart(row, open, number);
      return true;
    }
    this.#decided(row, open, this.#heardBefore(row, open, phase), phase);
    return false;
  }

  /** Not above the highest, and not passed over. */
  #heardBefore(row: number, number: number, phase: number): Heard {
    const lowest = this.#lowest[row] as number;
    if (number < lowest) {
      this.#lowest[row] = number;
      const dueUs = Number.POSITIVE_INFINITY;
      if (number < lowest - 1) {
        this.#passOver({ row, from: number + 1, to: lowest - 1, why: Why.before, dueUs, phase });
      }
      return Heard.reordered;
    }
    return number <= (this.#before[row] as number) ? Heard.replayed : Heard.duplicated;
  }

  #passOver(gap: Gap): void {
    this.gaps.add(gap);
  }

  #restart(row: number, lowest: number, highest: number): void {
    this.gaps.end(row, true);
    this.gaps.clear(row);
    this.#lowest[row] = lowest;
    this.#highest[row] = highest;
    this.#before[row] = -1;
    this.#open[row] = -1;
  }

  #grow(capacity: number): void {
    this.newestGap = grown(this.newestGap, capacity);
    this.#lowest = grown(this.#lowest, capacity);
    this.#highest = grown(this.#highest, capacity);
    this.#before = grown(this.#before, capacity);
    this.#incarnations = grown(this.#incarnations, capacity);
    this.#open = grown(this.#open, capacity);
    this.#openPhase = grown(this.#openPhase, capacity);
  }
}

function awaited({ nowUs, phase }: Moment): { dueUs: number; phase: number } {
  return { dueUs: nowUs + GRACE_US, phase };
}
