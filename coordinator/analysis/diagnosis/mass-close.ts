/**
 * Moments in which many connections end without a Close frame. Called by the detectors of crashes, of leaks and of storms. Pure.
 * Invariant: only what neither we nor the plan ended, and not what the target closed with a code; a rate at which connections end is none.
 */
import type { FailureSeries } from "../../merge/failures/failure-series.ts";
import { countIn, countOf, type Signals } from "./signals.ts";

/** One of five targets that dies takes that much with it; chance does not. */
const LEAST_SHARE = 0.2;
const LEAST_CLOSES = 10;
/** Of all that end so, those in such moments: where connections end all the time, no moment stands out. */
const STANDS_OUT = 0.6;
/** As many moments as that, one right after another, are a rate at which connections end. */
const MOST_ADJOINING = 3;
/** And so are those less than that apart from them. */
const APART_SECONDS = 10;
/** Unless so few of the open connections are left meanwhile: what ended at once was told of bit by bit. Three such moments leave half. */
const FEW_LEFT = 0.6;

export interface MassClose {
  /** Seconds of run time: two of them. */
  readonly from: number;
  readonly to: number;
  readonly closed: number;
  readonly open: number;
}

/** Moments close to one another, in the order of time. */
type Stretch = [MassClose, ...MassClose[]];

/** The largest first. */
export function massCloses(signals: Signals): MassClose[] {
  const closes = signals.of("abnormal-close");
  const found: MassClose[] = [];
  let inMoments = 0;
  let all = countOf(closes);
  for (const stretch of stretchesOf(momentsOf(signals, closes))) {
    const closed = stretch.reduce((sum, one) => sum + one.closed, 0);
    const isRate = isSteady(stretch);
    if (isRate && !isFallen(signals, stretch)) {
      all -= closed;
      continue;
    }
    found.push(...(isRate ? stretch.slice(0, 1) : stretch));
    inMoments += closed;
  }
  if (inMoments < STANDS_OUT * all) return [];
  return found.sort((a, b) => b.closed - a.closed || a.from - b.from);
}

function momentsOf(signals: Signals, closes: readonly FailureSeries[]): MassClose[] {
  const found: MassClose[] = [];
  for (let from = 0; from < signals.rows.length; from++) {
    const first = countIn(closes, from);
    const closed = first + countIn(closes, from + 1);
    // Those that opened in the same second are in neither figure.
    const open = Math.max(signals.openBefore(from), signals.openBefore(from + 1), closed);
    if (first === 0 || closed < Math.max(LEAST_CLOSES, LEAST_SHARE * open)) continue;
    found.push({ from, to: from + 2, closed, open });
    from++;
  }
  return found;
}

function stretchesOf(moments: readonly MassClose[]): Stretch[] {
  const stretches: Stretch[] = [];
  for (const one of moments) {
    const own = stretches.at(-1);
    const to = own?.at(-1)?.to;
    if (own !== undefined && to !== undefined && one.from - to < APART_SECONDS) own.push(one);
    else stretches.push([one]);
  }
  return stretches;
}

function isSteady(stretch: Stretch): boolean {
  return stretch.some((one, at) => {
    const last = stretch[at + MOST_ADJOINING - 1];
    return last !== undefined && last.to - one.from <= 2 * MOST_ADJOINING;
  });
}

/** In a second of it far fewer were open than before. */
function isFallen(signals: Signals, stretch: Stretch): boolean {
  const [{ from }] = stretch;
  const to = stretch.at(-1)?.to ?? from;
  return signals.rows
    .slice(from, to)
    .some(({ open }) => open < FEW_LEFT * signals.openBefore(from));
}
