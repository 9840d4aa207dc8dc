/**
 * How large the messages of a kind are, and what those of a large kind cost beside those of small ones. Called by detectors for which size
 * matters. Pure. Invariant: what a large message takes longer is its size's only where the small ones wait behind it, too.
 */
import type { StrictSend } from "../../../shared/scenario/strict.ts";
import { mean, median } from "../stats/interval.ts";
import { meanAboveZeroP } from "../stats/student.ts";
import type { Signals } from "./signals.ts";

/** Bytes of a large message, and so many times as many as a small one has. */
const LARGE_BYTES = 4096;
const TIMES_LARGER = 8;
const BLOCKS = 8;
/** The last blocks of the run, at least; that their mean difference is chance (Student, one-sided). */
const LEAST_BLOCKS = 5;
const MOST_P = 0.002;
/** That it is no more than before is chance. */
const MOST_RISE_P = 0.05;
/** Of each, in a block. */
const LEAST_VALUES = 5;
/** Half of the large ones take so much longer than half of the small ones. */
const LEAST_US = 5000;
/** And by so much of what they took longer before. */
const LEAST_GROWTH = 0.5;
/** Of that, what the slowest fiftieth of the small ones takes longer than their fastest tenth: they wait for the large ones. */
const FAST = 0.1;
const SLOW = 0.98;
const WAITING = 0.5;

interface Sizes {
  readonly least: number;
  readonly most: number;
}

/** Bytes of its messages, as the scenario has them, or else as samples of connections do; null: not known. */
export function sizesOf(signals: Signals, part: number): Sizes | null {
  const { controls, failures } = signals.events;
  const known = plannedSizes(signals.names[part]?.send ?? null);
  const sizes =
    known.length > 0
      ? known
      : [...controls, ...failures].flatMap(({ lastName, lastBytes }) =>
          lastName === part ? [lastBytes] : [],
        );
  if (sizes.length === 0) return null;
  return {
    least: sizes.reduce((least, one) => Math.min(least, one)),
    most: sizes.reduce((most, one) => Math.max(most, one)),
  };
}

function plannedSizes(send: StrictSend | null): readonly number[] {
  return send?.kind === "binary" ? send.sizes : [];
}

/** Most connections agreed to permessage-deflate. */
export function isCompressed({ fold }: Signals): boolean {
  const { compressed, all } = fold.merge.agreed.compression;
  return compressed > all / 2;
}

export interface SizeCost {
  /** Second of run time; it lasts to the end. */
  readonly from: number;
  /** Position among the names, and its least bytes; the most bytes of the small ones. */
  readonly large: number;
  readonly least: number;
  readonly most: number;
  /** Half of the large ones, and of the small ones, take so long; by so much they differ within blocks. */
  readonly largeUs: number;
  readonly smallUs: number;
  readonly moreUs: number;
  /** The slowest fiftieth of the small ones takes as long. */
  readonly waitUs: number;
  readonly replies: number;
  /** By how much they differed before. */
  readonly beforeUs: number;
}

const known = new WeakMap<Signals, SizeCost | null>();

/**
 * From one moment to the end large messages take longer by a time of their own, and small ones of all connections wait for them: what they
 * share (a processor, a line) is busy for as long as a message is large. null: they do not, always did, for so they may by their nature, or
 * messages hardly differ in size. Kinds are compared within blocks: what both wait for is no difference.
 */
export function sizeCost(signals: Signals): SizeCost | null {
  const before = known.get(signals);
  if (before !== undefined) return before;
  const found = foundIn(signals);
  known.set(signals, found);
  return found;
}

function foundIn(signals: Signals): SizeCost | null {
  const kinds = kindsOf(signals);
  const end = signals.rows.length;
  const long = Math.floor(end / BLOCKS);
  if (kinds === null || long === 0) return null;
  const places = Array.from({ length: Math.floor(end / long) }, (_, at) => at * long);
  const blocks = places.flatMap((from) => {
    const times = timesIn(signals, kinds, [from, from + long]);
    return times === null ? [] : [{ from, moreUs: times.moreUs }];
  });
  const at = beginOf(blocks.map(({ moreUs }) => moreUs));
  if (at === null) return null;
  // The block before may have seen its beginning.
  const [earlier, later] = [blocks.slice(0, Math.max(1, at - 1)), blocks.slice(at)];
  const typical = (of: typeof blocks) => median(of.map((block) => block.moreUs));
  const [beforeUs, moreUs] = [typical(earlier), typical(later)];
  const risesUs = later.map((block) => block.moreUs - beforeUs);
  const riseUs = Math.min(median(risesUs), mean(risesUs));
  if (riseUs < Math.max(LEAST_US, LEAST_GROWTH * beforeUs)) return null;
  if (meanAboveZeroP(risesUs) > MOST_RISE_P) return null;
  if (meanAboveZeroP(later.map((block) => block.moreUs)) > MOST_P) return null;
  const from = later[0]?.from ?? 0;
  const times = timesIn(signals, kinds, [from, end]);
  if (times === null || times.waitUs - times.fastUs < WAITING * moreUs) return null;
  const { large, least, most } = kinds;
  return { ...times, from, large, least, most, moreUs, beforeUs };
}

/** By how much half of the large messages take longer than half of the small ones, over the whole run, whatever they did before; 0 where that is not known. */
export function largeTakesMoreUs(signals: Signals): number {
  const kinds = kindsOf(signals);
  const times = kinds && timesIn(signals, kinds, [0, signals.rows.length]);
  return times?.moreUs ?? 0;
}

/** The block with which it begins: where the sum of squares about the means before and behind it is least; null: there are too few. */
function beginOf(blocks: readonly number[]): number | null {
  const squares = (of: readonly number[]) =>
    of.reduce((sum, one) => sum + (one - mean(of)) ** 2, 0);
  let best: { at: number; sum: number } | null = null;
  for (let at = 1; at + LEAST_BLOCKS <= blocks.length; at++) {
    const sum = squares(blocks.slice(0, at)) + squares(blocks.slice(at));
    if (best === null || sum < best.sum) best = { at, sum };
  }
  return best?.at ?? null;
}

interface Kinds {
  readonly large: number;
  readonly least: number;
  readonly small: ReadonlySet<number>;
  readonly most: number;
}

/** The kind with the largest messages, and all that are much smaller. */
function kindsOf(signals: Signals): Kinds | null {
  const sized = signals.messages
    .flatMap((part) => {
      const bytes = sizesOf(signals, part);
      return bytes === null ? [] : [{ part, ...bytes }];
    })
    .sort((a, b) => b.least - a.least);
  const [large] = sized;
  if (large === undefined || large.least < LARGE_BYTES) return null;
  const small = sized.filter(({ most }) => TIMES_LARGER * most <= large.least);
  if (small.length === 0) return null;
  const most = small.reduce((all, one) => Math.max(all, one.most), 0);
  const names = new Set(small.map(({ part }) => part));
  return { large: large.part, least: large.least, small: names, most };
}

/** null: too few replies. */
function timesIn(signals: Signals, { large, small }: Kinds, seconds: readonly [number, number]) {
  const own = signals.times("service", seconds, new Set([large]));
  const others = signals.times("service", seconds, small);
  if (own === null || others === null) return null;
  if (own.count < LEAST_VALUES || others.count < LEAST_VALUES) return null;
  const [largeUs, smallUs] = [own.quantile(0.5), others.quantile(0.5)];
  const [fastUs, waitUs] = [others.quantile(FAST), others.quantile(SLOW)];
  const replies = own.count + others.count;
  return { largeUs, smallUs, fastUs, waitUs, replies, moreUs: largeUs - smallUs };
}
