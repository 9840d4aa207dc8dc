/**
 * On which stretch of a clock do failures concentrate, beyond what was exposed to it? Called by the detector of clocks. Invariant: the same
 * seed gives the same P on every machine; a stretch that was not exposed is none.
 */
import { drawUnit, Stream } from "../../../shared/time/random.ts";

/** Of all bins, those a window may have. */
const MOST_SHARE = 0.25;
const REPLICATES = 199;

export interface Scan {
  /** Bins of the window, without its end. */
  readonly from: number;
  readonly to: number;
  readonly inside: number;
  /** As many would be there if the rate were the same everywhere. */
  readonly expected: number;
  /** Logarithm of the likelihood ratio. */
  readonly llr: number;
  /** Of as concentrated a window anywhere on the clock by chance; 1 / 200 at least. */
  readonly p: number;
}

/**
 * The window with the greatest d ln(d / E) + (D - d) ln((D - d) / (D - E)), d > E, of D failures; P from as many failures thrown at random by
 * exposure, 199 times. Source: M. Kulldorff, Communications in Statistics, Theory and Methods 26 (1997) 1481-1496.
 * @param exposure by bin; bins without any take no part
 * @returns null without failures or exposure
 */
export function scanWindow(
  events: readonly number[],
  exposure: readonly number[],
  seed: number,
): Scan | null {
  const counted = events.map((count, at) => ((exposure[at] ?? 0) > 0 ? count : 0));
  const all = sumOf(counted);
  const exposed = sumOf(exposure);
  if (all === 0 || exposed === 0) return null;
  const expected = exposure.map((one) => (all * one) / exposed);
  const best = bestWindow(counted, expected, all);
  if (best === null) return null;
  const cumulated = cumulate(expected);
  let asGood = 1;
  for (let replicate = 0; replicate < REPLICATES; replicate++) {
    const thrown = throwAt(cumulated, Math.round(all), { seed, replicate });
    if ((bestWindow(thrown, expected, all)?.llr ?? 0) >= best.llr) asGood++;
  }
  return { ...best, p: asGood / (REPLICATES + 1) };
}

function bestWindow(
  events: readonly number[],
  expected: readonly number[],
  all: number,
): Omit<Scan, "p"> | null {
  const longest = Math.max(1, Math.floor(MOST_SHARE * events.length));
  let best: Omit<Scan, "p"> | null = null;
  for (let from = 0; from < events.length; from++) {
    let inside = 0;
    let usual = 0;
    for (let to = from + 1; to <= Math.min(events.length, from + longest); to++) {
      inside += events[to - 1] ?? 0;
      usual += expected[to - 1] ?? 0;
      if (inside <= usual || usual <= 0 || usual >= all) continue;
      const outside = all - inside;
      const llr =
        inside * Math.log(inside / usual) +
        (outside > 0 ? outside * Math.log(outside / (all - usual)) : 0);
      if (best === null || llr > best.llr) best = { from, to, inside, expected: usual, llr };
    }
  }
  return best;
}

function throwAt(
  cumulated: readonly number[],
  count: number,
  { seed, replicate }: { readonly seed: number; readonly replicate: number },
): number[] {
  const bins = cumulated.map(() => 0);
  const whole = cumulated.at(-1) ?? 0;
  for (let at = 0; at < count; at++) {
    const mark = drawUnit(seed, Stream.resample, replicate, at) * whole;
    let low = 0;
    let high = cumulated.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((cumulated[middle] ?? 0) > mark) high = middle;
      else low = middle + 1;
    }
    bins[low] = (bins[low] ?? 0) + 1;
  }
  return bins;
}

function cumulate(values: readonly number[]): number[] {
  let sum = 0;
  return values.map((value) => {
    sum += value;
    return sum;
  });
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, one) => sum + one, 0);
}
