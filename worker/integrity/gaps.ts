/**
 * Numbers that were passed over: ranges of them by stream, each awaited for a grace time and then missing. Called by
 * number-order.ts. Data plane: flat rows in two lists, of those awaited and of those missing, the oldest first.
 * Bounds: `most` ranges, MAX_OF_STREAM of one stream; beyond, the oldest is not awaited any longer, and forgotten. A part of a
 * range is awaited no shorter than the whole, and at most one grace time longer.
 */
import { grown, NONE } from "./stream-table.ts";

const MAX_GAPS = 1 << 16;
const MAX_OF_STREAM = 64;
const FIRST_GAPS = 256;

/** Why numbers were passed over. */
export const Why = {
  /** A later one came first. */
  passed: 0,
  /** They were used while the connection was away. */
  away: 1,
  /** They lie before the first that was heard: nobody waits for them. */
  before: 2,
} as const;
export type Why = (typeof Why)[keyof typeof Why];

/** What a number was found among. */
export const Found = { missing: 0, awaited: 1, nothing: 2 } as const;
export type Found = (typeof Found)[keyof typeof Found];

export interface Gap {
  readonly row: number;
  readonly from: number;
  readonly to: number;
  readonly why: Why;
  readonly dueUs: number;
  /** In which a later one came. */
  readonly phase: number;
}

/** The newest range of each stream, by row; NONE: it has none. */
export interface GapHeads {
  newestGap: Int32Array;
}

const LISTS = 2;

export class Gaps {
  readonly #most: number;
  /** Told of each range that is not awaited any longer, while its fields can be read. */
  readonly #missed: (gap: number) => void;
  readonly #heads: GapHeads;
  #rows = new Int32Array(FIRST_GAPS);
  #from = new Float64Array(FIRST_GAPS);
  #to = new Float64Array(FIRST_GAPS);
  #dueUs = new Float64Array(FIRST_GAPS);
  #phases = new Int32Array(FIRST_GAPS);
  #whys = new Uint8Array(FIRST_GAPS);
  /** The list it is in: Found.awaited or Found.missing. */
  #lists = new Uint8Array(FIRST_GAPS);
  #olderOfRow = new Int32Array(FIRST_GAPS);
  #newer = new Int32Array(FIRST_GAPS);
  #older = new Int32Array(FIRST_GAPS);
  readonly #oldest = new Int32Array(LISTS).fill(NONE);
  readonly #newest = new Int32Array(LISTS).fill(NONE);
  #free = NONE;
  #used = 0;

  constructor(heads: GapHeads, missed: (gap: number) => void, most = MAX_GAPS) {
    this.#heads = heads;
    this.#missed = missed;
    this.#most = most;
  }

  /** When the first range is not awaited any longer; Infinity when none is. */
  get nextDueUs(): number {
    const oldest = this.#oldest[Found.awaited] as number;
    return oldest === NONE ? Number.POSITIVE_INFINITY : (this.#dueUs[oldest] as number);
  }

  rowOf(gap: number): number {
    return this.#rows[gap] as number;
  }

  fromOf(gap: number): number {
    return this.#from[gap] as number;
  }

  toOf(gap: number): number {
    return this.#to[gap] as number;
  }

  phaseOf(gap: number): number {
    return this.#phases[gap] as number;
  }

  isAway(gap: number): boolean {
    return this.#whys[gap] === Why.away;
  }

  add(facts: Gap): void {
    this.#makeRoom(facts.row, NONE);
    this.#insert(facts, facts.why === Why.before ? Found.missing : Found.awaited);
  }

  /** Takes a number out of those passed over. */
  take(row: number, number: number): Found {
    let gap = this.#heads.newestGap[row] as number;
    while (gap !== NONE && !this.#holds(gap, number)) gap = this.#olderOfRow[gap] as number;
    if (gap === NONE) return Found.nothing;
    const list = this.#lists[gap] as Found;
    const from = this.fromOf(gap);
    const to = this.toOf(gap);
    if (from === to) this.#remove(gap);
    else if (number === from) this.#from[gap] = number + 1;
    else if (number === to) this.#to[gap] = number - 1;
    else {
      this.#makeRoom(row, gap);
      this.#to[gap] = number - 1;
      const why = this.#whys[gap] as Why;
      const dueUs = this.#dueUs[gap] as number;
      this.#insert({ row, from: number + 1, to, why, dueUs, phase: this.phaseOf(gap) }, list);
    }
    return list;
  }

  /** What has been awaited long enough is missing. */
  expire(nowUs: number): void {
    while (this.nextDueUs <= nowUs) this.#miss(this.#oldest[Found.awaited] as number);
  }

  /** Nothing of a stream is awaited any longer. @param isMissing false: nobody can say what became of it */
  end(row: number, isMissing: boolean): void {
    for (let gap = this.#heads.newestGap[row] as number; gap !== NONE; ) {
      const older = this.#olderOfRow[gap] as number;
      if (this.#lists[gap] === Found.awaited) {
        if (isMissing) this.#miss(gap);
        else this.#remove(gap);
      }
      gap = older;
    }
  }

  /** The stream has passed over nothing. */
  clear(row: number): void {
    for (let gap = this.#heads.newestGap[row] as number; gap !== NONE; ) {
      const older = this.#olderOfRow[gap] as number;
      this.#remove(gap);
      gap = older;
    }
  }

  #holds(gap: number, number: number): boolean {
    return number >= this.fromOf(gap) && number <= this.toOf(gap);
  }

  /** For one range more of a stream. @param kept is not given up for it */
  #makeRoom(row: number, kept: number): void {
    let count = 0;
    let oldest = NONE;
    for (let gap = this.#heads.newestGap[row] as number; gap !== NONE; ) {
      count++;
      if (gap !== kept) oldest = gap;
      gap = this.#olderOfRow[gap] as number;
    }
    if (count >= MAX_OF_STREAM) this.#giveUp(oldest);
    if (this.#free !== NONE || this.#used < this.#most) return;
    for (const list of [Found.missing, Found.awaited]) {
      const first = this.#oldest[list] as number;
      const given = first === kept && first !== NONE ? (this.#newer[first] as number) : first;
      if (given === NONE) continue;
      this.#giveUp(given);
      return;
    }
  }

  #giveUp(gap: number): void {
    if (this.#lists[gap] === Found.awaited) this.#missed(gap);
    this.#remove(gap);
  }

  /** It is kept: who comes yet is late, and no repetition. */
  #miss(gap: number): void {
    this.#missed(gap);
    this.#unlist(gap);
    this.#enlist(gap, Found.missing);
  }

  #insert(facts: Gap, list: number): void {
    const gap = this.#allocate();
    this.#rows[gap] = facts.row;
    this.#from[gap] = facts.from;
    this.#to[gap] = facts.to;
    this.#dueUs[gap] = facts.dueUs;
    this.#phases[gap] = facts.phase;
    this.#whys[gap] = facts.why;
    this.#olderOfRow[gap] = this.#heads.newestGap[facts.row] as number;
    this.#heads.newestGap[facts.row] = gap;
    this.#enlist(gap, list);
  }

  #remove(gap: number): void {
    this.#unlist(gap);
    const row = this.rowOf(gap);
    const heads = this.#heads.newestGap;
    if (heads[row] === gap) heads[row] = this.#olderOfRow[gap] as number;
    else {
      let at = heads[row] as number;
      while (this.#olderOfRow[at] !== gap) at = this.#olderOfRow[at] as number;
      this.#olderOfRow[at] = this.#olderOfRow[gap] as number;
    }
    this.#newer[gap] = this.#free;
    this.#free = gap;
  }

  #enlist(gap: number, list: number): void {
    const before = this.#newest[list] as number;
    this.#lists[gap] = list;
    this.#older[gap] = before;
    this.#newer[gap] = NONE;
    if (before === NONE) this.#oldest[list] = gap;
    else this.#newer[before] = gap;
    this.#newest[list] = gap;
  }

  #unlist(gap: number): void {
    const list = this.#lists[gap] as number;
    const older = this.#older[gap] as number;
    const newer = this.#newer[gap] as number;
    if (older === NONE) this.#oldest[list] = newer;
    else this.#newer[older] = newer;
    if (newer === NONE) this.#newest[list] = older;
    else this.#older[newer] = older;
  }

  /** There is room. */
  #allocate(): number {
    const freed = this.#free;
    if (freed !== NONE) {
      this.#free = this.#newer[freed] as number;
      return freed;
    }
    if (this.#used >= this.#rows.length) this.#grow(Math.min(this.#most, 2 * this.#rows.length));
    return this.#used++;
  }

  #grow(length: number): void {
    this.#rows = grown(this.#rows, length);
    this.#from = grown(this.#from, length);
    this.#to = grown(this.#to, length);
    this.#dueUs = grown(this.#dueUs, length);
    this.#phases = grown(this.#phases, length);
    this.#whys = grown(this.#whys, length);
    this.#lists = grown(this.#lists, length);
    this.#olderOfRow = grown(this.#olderOfRow, length);
    this.#newer = grown(this.#newer, length);
    this.#older = grown(this.#older, length);
  }
}
