/**
 * Moments in which many connections end without a Close frame. Called by the detectors of crashes, of leaks and of storms. Pure.
 * Invariant: only what neither we nor the plan ended, and not what the target closed with a code.
 */
import { countIn, countOf, type Signals } from "./signals.ts";

/** One of five targets that dies takes that much with it; chance does not. */
const LEAST_SHARE = 0.2;
const LEAST_CLOSES = 10;
/** Of all that end so, those in such moments: where connections end all the time, no moment stands out. */
const STANDS_OUT = 0.6;

export interface MassClose {
  /** Seconds of run time: two of them. */
  readonly from: number;
  readonly to: number;
  readonly closed: number;
  readonly open: number;
}

/** The largest first. */
export function massCloses(signals: Signals): MassClose[] {
  const closes = signals.of("abnormal-close");
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
  if (isSteady(found)) return [];
  const inMoments = found.reduce((sum, { closed }) => sum + closed, 0);
  if (inMoments < STANDS_OUT * countOf(closes)) return [];
  return found.sort((a, b) => b.closed - a.closed || a.from - b.from);
}

/** As many of them as that, one right after another, are a rate at which connections end, and no moment. */
const MOST_ADJOINING = 3;

function isSteady(found: readonly MassClose[]): boolean {
  return found.some((one, at) => {
    const last = found[at + MOST_ADJOINING - 1];
    return last !== undefined && last.to - one.from <= 2 * MOST_ADJOINING;
  });
}
