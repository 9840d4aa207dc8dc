/**
 * When the first, the median and the last receiver of a message got it, from the times that several engines tell. Called by
 * push-merge.ts. Invariant: exact where every engine tells of each receiver; where one tells of some that stand for all, at equal
 * distances in rank, the receivers between two of them are taken to lie evenly between their times.
 */

/** What one engine tells; rising. */
export interface ToldTimes {
  readonly timesUs: readonly number[];
  readonly receivers: number;
}

export interface ReceiverTimes {
  readonly first: number;
  readonly median: number;
  readonly last: number;
}

/** null: nobody got it. */
export function receiverTimes(told: readonly ToldTimes[]): ReceiverTimes | null {
  const all = told.flatMap(({ timesUs }) => timesUs).sort((a, b) => a - b);
  const first = all[0];
  const last = all.at(-1);
  if (first === undefined || last === undefined) return null;
  const receivers = told.reduce((sum, one) => sum + one.receivers, 0);
  return { first, median: timeOf(Math.ceil(receivers / 2), all, told), last };
}

/** The time at which so many had it. @param all every time that is told, rising */
function timeOf(wanted: number, all: readonly number[], told: readonly ToldTimes[]): number {
  let low = 0;
  let high = all.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (haveIt(all[middle] as number, told) >= wanted) high = middle;
    else low = middle + 1;
  }
  const at = all[low] as number;
  const before = all[low - 1];
  if (before === undefined) return at;
  // Only those who stand for others lie between two times.
  const had = haveIt(before, told);
  const just = haveIt(at, told, false);
  if (just < wanted) return at;
  return before + ((at - before) * (wanted - had)) / (just - had);
}

/** Receivers that had it at a time. @param isIncluded false: a moment before it */
function haveIt(us: number, told: readonly ToldTimes[], isIncluded = true): number {
  let sum = 0;
  for (const one of told) sum += haveItOf(us, one, isIncluded);
  return sum;
}

function haveItOf(us: number, { timesUs, receivers }: ToldTimes, isIncluded: boolean): number {
  const isWhole = timesUs.length === receivers;
  const upTo = countUpTo(timesUs, us, isIncluded || !isWhole);
  if (isWhole || upTo === 0) return upTo;
  const step = (receivers - 1) / (timesUs.length - 1);
  const rank = Math.round((upTo - 1) * step);
  const from = timesUs[upTo - 1] as number;
  const to = timesUs[upTo];
  if (to === undefined) return rank + 1;
  const next = Math.round(upTo * step);
  return rank + 1 + ((next - rank) * (us - from)) / (to - from);
}

/** How many are not above it, or below it. */
function countUpTo(timesUs: readonly number[], us: number, isIncluded: boolean): number {
  let low = 0;
  let high = timesUs.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const time = timesUs[middle] as number;
    if (time < us || (isIncluded && time === us)) low = middle + 1;
    else high = middle;
  }
  return low;
}
