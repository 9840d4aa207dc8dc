/**
 * What pushed messages came to, added up: who got them, and when the first, the median and the last receiver did. Kept by
 * push-merge.ts by name, phase and size of the scope. Invariant: addition alone, so the order of messages changes nothing;
 * members = reached + left + missed.
 */
import { MergedHistogram } from "../../../shared/stats/histogram.ts";
import type { ReceiverTimes } from "./receiver-times.ts";

/** One message with all its receivers. */
export interface PushOutcome {
  readonly members: number;
  readonly reached: number;
  readonly left: number;
  readonly missed: number;
  readonly others: number;
  readonly repeated: number;
  /** Microseconds since it was sent; null where nobody got it. */
  readonly times: ReceiverTimes | null;
}

export class PushTally {
  messages = 0;
  members = 0;
  reached = 0;
  left = 0;
  missed = 0;
  others = 0;
  repeated = 0;
  /** When receivers got a message, of those that anybody got. Without a time of sending they are of run time, and mean nothing. */
  readonly first = new MergedHistogram();
  readonly median = new MergedHistogram();
  readonly last = new MergedHistogram();
  /** From the first receiver to the last. */
  readonly spread = new MergedHistogram();

  add(outcome: PushOutcome): void {
    this.messages++;
    this.addCounts(outcome);
    const { times } = outcome;
    if (times === null) return;
    this.first.record(times.first);
    this.median.record(times.median);
    this.last.record(times.last);
    this.spread.record(times.last - times.first);
  }

  addCounts(counts: Omit<PushOutcome, "times">): void {
    this.members += counts.members;
    this.reached += counts.reached;
    this.left += counts.left;
    this.missed += counts.missed;
    this.others += counts.others;
    this.repeated += counts.repeated;
  }

  addFrom(other: PushTally): void {
    this.messages += other.messages;
    this.addCounts(other);
    for (const times of ["first", "median", "last", "spread"] as const) {
      this[times].addFrom(other[times]);
    }
  }
}

/** Scopes are told apart by the power of ten their size is not above: 0 is one member, 1 up to ten, 2 up to a hundred. */
export function sizeClass(members: number): number {
  let size = 0;
  for (let most = 1; most < members; most *= 10) size++;
  return size;
}

/** Sizes of a class. */
export function sizesOf(size: number): { readonly from: number; readonly to: number } {
  return { from: size === 0 ? 0 : 10 ** (size - 1) + 1, to: 10 ** size };
}
