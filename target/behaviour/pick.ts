/**
 * Which events a rule acts on. Events are numbered 0, 1, 2 … in the order they come; `after` skips the
 * first, `every` or `share` chooses among the rest, `count` stops. Called by every rule. Invariant: the
 * choice depends on the event's number and the seed only, never on time.
 */
import type { Pick } from "./dials.ts";
import { blockSize, type Draws, Shuffle } from "./shuffle.ts";

/** The part of a process of a group: `index` of `count`. */
export interface Part {
  readonly index: number;
  readonly count: number;
}

/** Whole number `total` split over a group: the parts add up to it exactly. */
export function partOf(total: number, part: Part): number {
  const upTo = (index: number): number => Math.floor((total * index) / part.count);
  return upTo(part.index + 1) - upTo(part.index);
}

export class Picker {
  private readonly after: number;
  private readonly every: number;
  private readonly shuffle: Shuffle | null;
  private readonly chosenRanks: number;
  private left: number;
  private seen = 0;

  constructor(pick: Pick, draws: Draws, part: Part) {
    this.after = partOf(pick.after ?? 0, part);
    this.every = pick.every ?? 1;
    this.left = pick.count === undefined ? Number.POSITIVE_INFINITY : partOf(pick.count, part);
    const size = pick.share === undefined ? 0 : blockSize([pick.share]);
    this.shuffle = size === 0 ? null : new Shuffle(size, draws);
    this.chosenRanks = Math.round((pick.share ?? 0) * size);
  }

  /** Counts one event; true when the rule acts on it. */
  next(): boolean {
    const place = this.seen - this.after;
    this.seen += 1;
    if (place < 0 || this.left <= 0) return false;
    const chosen =
      this.shuffle === null ? place % this.every === 0 : this.shuffle.next() < this.chosenRanks;
    if (chosen) this.left -= 1;
    return chosen;
  }
}
