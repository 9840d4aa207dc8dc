/**
 * Stretches of 40 ms to 3 s in which nothing came from the service although messages were sent, and then what had been held back. Read by
 * the detectors of pauses and of leaks. Pure. Invariant: a stretch in which we stood still, or sent nothing, is none of the service's.
 */
import { boundAt, type MergedHistogram } from "../../../../shared/stats/histogram.ts";
import type { TimelineRow } from "../../../merge/timeline.ts";
import { mean, median } from "../../stats/interval.ts";
import type { Signals } from "../signals.ts";

const TICK_MS = 100;
const TICKS = 10;
export const TICK_US = TICK_MS * 1000;
const SECOND_US = 1_000_000;
/** Received a tick, usually: so many are never missing by chance (Poisson: e^-12). */
const LEAST_USUAL = 12;
/** Of what usually comes. */
const STILL = 0.05;
/** Ticks to either side that say what is usual. */
const AROUND = 30;
/** What was held back comes within so many ticks. */
const BURST_TICKS = 3;
const BURST = 1.5;
/** Longer ones are another matter: closes/silence.ts. */
const MOST_TICKS = 30;
/** Our own longest turn in that second, over the pause: then it is ours, unless we sent so much of what is usual all the while. */
const OWN = 0.5;
const OWN_SENT = 0.5;
/** One that no tick shows: so long at least, and so many replies waited for more than half of it. */
const SHORTEST_US = 40_000;
const LEAST_HELD = 5;
/** Of a pause, the waits that are counted; of those beyond the first, the shares beyond the others where waits are even. */
const PARTS = [0.25, 0.5, 0.75] as const;
const EVENLY = [2 / 3, 1 / 3] as const;
const ERRORS = 3;
/** Of what comes in half of a pause, those that waited for as long: one pause in a second, or two or three. */
const LEAST_DOSE = 0.5;
const MOST_DOSE = 3;
/** Variance over mean of how many wait in a second: those that wait one by one have 1. */
const LEAST_DISPERSION = 3;

export interface Pause {
  /** Second of run time in which it began; to the tick where ticks show it. */
  readonly at: number;
  /** Empty ticks; 0: none shows it. */
  readonly ticks: number;
  /** Who asked first waited for as long. */
  readonly lengthUs: number;
  /** From the second in which it began to the one in which it was over, without the end. */
  readonly seconds: readonly [from: number, to: number];
}

const known = new WeakMap<Signals, readonly Pause[]>();

/** In the order of time. */
export function pausesIn(signals: Signals): readonly Pause[] {
  const before = known.get(signals);
  if (before !== undefined) return before;
  const long = longPauses(signals);
  const seen = new Set(long.flatMap(({ seconds: [from, to] }) => [from, to - 1, to]));
  const found = [...long, ...shortPauses(signals, seen)].sort((a, b) => a.at - b.at);
  known.set(signals, found);
  return found;
}

/** Those that leave ticks without a reply. */
function longPauses(signals: Signals): Pause[] {
  const { received, sent } = ticksOf(signals);
  const found: Pause[] = [];
  for (let at = 1; at < received.length; at++) {
    const usual = usualAround(received, at);
    if (usual < LEAST_USUAL || isMoving(received[at], usual)) continue;
    let end = at;
    while (end < received.length && !isMoving(received[end], usual)) end++;
    const stretch = { from: at, ticks: end - at };
    if (stretch.ticks <= MOST_TICKS && isTheirs(signals, stretch, { received, sent, usual })) {
      found.push(pauseOf(signals, stretch));
    }
    at = end;
  }
  return found;
}

function isMoving(value: number | undefined, usual: number): boolean {
  return value === undefined || Number.isNaN(value) || value > STILL * usual;
}

interface Stretch {
  readonly from: number;
  readonly ticks: number;
}

function pauseOf(signals: Signals, { from, ticks }: Stretch): Pause {
  const second = Math.floor(from / TICKS);
  const to = Math.max(second + 1, Math.ceil((from + ticks) / TICKS));
  const longestUs = signals.times("service", [second, to + 1])?.max ?? 0;
  // What is longer than it can have been waited for something else.
  const isIts = longestUs >= ticks * TICK_US && longestUs < (ticks + 2) * TICK_US;
  const lengthUs = isIts ? longestUs : ticks * TICK_US;
  return { at: from / TICKS, ticks, lengthUs, seconds: [second, to] };
}

interface Traffic {
  readonly received: readonly number[];
  readonly sent: readonly number[];
  readonly usual: number;
}

/** We sent, our turns were on time, and what was held back came. */
function isTheirs(signals: Signals, { from, ticks }: Stretch, traffic: Traffic): boolean {
  const { received, sent, usual } = traffic;
  const sum = (series: readonly number[], begin: number, end: number) =>
    series.slice(begin, end).reduce((all, one) => all + (Number.isNaN(one) ? 0 : one), 0);
  const usuallySent = usualAround(sent, from);
  if (usuallySent > 0 && sum(sent, from, from + ticks) < 0.5 * ticks * usuallySent) return false;
  const after = sum(received, from + ticks, from + ticks + BURST_TICKS);
  if (after < BURST * usual) return false;
  for (let tick = from; tick < from + ticks; tick++) {
    const second = Math.floor(tick / TICKS);
    const lagUs = signals.rows[second]?.loopLagMaxUs ?? 0;
    if (lagUs <= OWN * ticks * TICK_US) continue;
    // It stood still at another moment: in each tick of this pause it sent as usual.
    const isElsewhere = (sent[tick] ?? 0) >= OWN_SENT * usuallySent;
    if (!signals.isBrieflyOurs(second) || !isElsewhere) return false;
  }
  return true;
}

/** NaN in ticks that say nothing of the target. */
function ticksOf(signals: Signals): { received: number[]; sent: number[] } {
  const { ticks } = signals.fold.merge.timeline;
  const isKnown = ({ second }: TimelineRow) =>
    signals.isClean(second) || signals.isBrieflyOurs(second);
  const known = (series: "received" | "sent") =>
    signals.rows.flatMap((row) =>
      isKnown(row) ? ticks[series].of(row.second) : Array<number>(TICKS).fill(Number.NaN),
    );
  const [received, sent] = [known("received"), known("sent")];
  for (const tick of ownStandstills(signals, sent)) received[tick] = Number.NaN;
  return { received, sent };
}

/** Ticks in which the generator may have stood still itself, in seconds in which it did: from the one before it stopped to the second one behind. */
function ownStandstills(signals: Signals, sent: readonly number[]): number[] {
  return sent.flatMap((count, tick) => {
    if (!signals.isBrieflyOurs(Math.floor(tick / TICKS))) return [];
    if (count >= OWN_SENT * usualAround(sent, tick)) return [];
    return [tick - 1, tick, tick + 1, tick + 2].filter((at) => at >= 0 && at < sent.length);
  });
}

function usualAround(series: readonly number[], at: number): number {
  const near = series
    .slice(Math.max(0, at - AROUND), at + AROUND)
    .filter((one) => !Number.isNaN(one));
  return near.length < AROUND / 2 ? 0 : median(near);
}

/**
 * Those that no tick shows. Of n messages a second that come at any time, n (L - x) wait for longer than x for the end of a pause of L: as
 * many as come meanwhile, evenly, and all in one moment, so that seconds with a pause have many and others none.
 * @param seen seconds of longer ones
 */
function shortPauses(signals: Signals, seen: ReadonlySet<number>): Pause[] {
  const held = signals.rows.flatMap(({ second }) =>
    seen.has(second) ? [] : (heldBackIn(signals, second) ?? []),
  );
  const [first] = held;
  if (first === undefined || !isEven(sumOf(held))) return [];
  const half = boundAt(Math.round(median(held.map(({ lengthUs }) => lengthUs)) / 2));
  const waiting = signals.rows.slice(first.second).flatMap(({ second }) => {
    const times = signals.times("service", [second, second + 1]);
    return times === null ? [] : [{ of: times.count, count: beyond(times, [half])[0] as number }];
  });
  if (dispersionOf(waiting) < LEAST_DISPERSION) return [];
  return held.map(({ second, lengthUs }) => {
    return { at: second, ticks: 0, lengthUs, seconds: [second, second + 1] };
  });
}

/** Replies that waited for more than a quarter, a half, and three quarters of a pause. */
interface Waits {
  readonly all: number;
  readonly half: number;
  readonly late: number;
}

/** Where the waits of a second are those of a pause of this length; null: they are not. */
function heldBackIn(
  signals: Signals,
  second: number,
): (Waits & { readonly second: number; readonly lengthUs: number }) | null {
  const times = signals.times("service", [second, second + 1]);
  if (times === null || isOurs(signals, second, times.max)) return null;
  const usualUs = times.quantile(0.5);
  // The longest may have waited for something else as well; of m even waits the second longest is (m - 1) / (m + 1) of the pause.
  const secondUs = times.quantile(1 - 1.5 / times.count) - usualUs;
  const [near = 0] = beyond(times, [boundAt(Math.round(usualUs + PARTS[0] * secondUs))]);
  const waits = near / (1 - PARTS[0]);
  const lengthUs = (secondUs * (waits + 1)) / (waits - 1);
  if (waits <= 1 || lengthUs < SHORTEST_US || lengthUs > SECOND_US / 2) return null;
  const bounds = PARTS.map((part) => boundAt(Math.round(usualUs + part * lengthUs)));
  const [all = 0, half = 0, late = 0] = beyond(times, bounds);
  const dose = half / ((times.count * lengthUs) / SECOND_US / 2);
  if (half < LEAST_HELD || dose < LEAST_DOSE || dose > MOST_DOSE) return null;
  return isEven({ all, half, late }) ? { second, lengthUs, all, half, late } : null;
}

function beyond(times: MergedHistogram, bounds: readonly number[]): number[] {
  return times.countsUpTo(bounds).map((below) => times.count - below);
}

function sumOf(waits: readonly Waits[]): Waits {
  const sum = (read: (one: Waits) => number) => waits.reduce((all, one) => all + read(one), 0);
  return {
    all: sum(({ all }) => all),
    half: sum(({ half }) => half),
    late: sum(({ late }) => late),
  };
}

/** Two thirds of those beyond a quarter are beyond the half, one third beyond three quarters, but for chance. */
function isEven({ all, half, late }: Waits): boolean {
  return [half, late].every((count, at) => {
    const share = EVENLY[at] as number;
    return Math.abs(count / all - share) <= ERRORS * Math.sqrt((share * (1 - share)) / all);
  });
}

/** Pearson's statistic over its degrees of freedom: 1 where as many wait of each reply that comes, one by one. */
function dispersionOf(seconds: readonly { readonly of: number; readonly count: number }[]): number {
  const [of, count] = [mean(seconds.map((one) => one.of)), mean(seconds.map((one) => one.count))];
  return mean(
    seconds.map((one) => (one.count - (one.of * count) / of) ** 2 / ((one.of * count) / of)),
  );
}

/** We stood still for half as long. */
function isOurs({ rows }: Signals, second: number, lengthUs: number): boolean {
  return (rows[second]?.loopLagMaxUs ?? 0) > OWN * lengthUs;
}
