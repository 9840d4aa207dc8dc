/**
 * What is measured second by second while the load is constant. Called by the detectors of drift and steps, and by analysis/forecast.
 * Invariant: in a stretch the number of open connections and the messages sent differ by little, so that what changes there is not the
 * load's doing; a ramp is in none.
 */
import type { TimelineRow } from "../../../merge/timeline.ts";
import { median } from "../../stats/interval.ts";
import type { Signals } from "../signals.ts";

/** Of open connections, and of messages sent a second. */
const SAME_OPEN = 0.02;
const SAME_SENT = 0.25;
const LEAST_VALUES = 20;

export interface SteadySecond {
  readonly second: number;
  readonly p50Us: number;
  readonly p99Us: number;
}

/** The longest such stretch; seconds that say nothing of the target are missing in it. */
export function steadySeconds(signals: Signals): readonly SteadySecond[] {
  return steadyStretch(signals, ({ second, latencyUs }) => {
    if (latencyUs === null || latencyUs.count < LEAST_VALUES) return null;
    return { second, p50Us: latencyUs.p50, p99Us: latencyUs.p99 };
  });
}

/**
 * The stretch of constant load in which most is known.
 * @param read null: not known in that second
 * @param chance standard deviations of a Poisson count by which messages of a second may differ beside
 */
export function steadyStretch<T>(
  signals: Signals,
  read: (row: TimelineRow) => T | null,
  chance = 0,
): readonly T[] {
  let best: T[] = [];
  let run: T[] = [];
  let open = 0;
  let sent: number[] = [];
  for (const row of signals.rows) {
    const usual = median(sent);
    const isSame =
      Math.abs(row.open - open) <= SAME_OPEN * open &&
      (sent.length < 5 ||
        Math.abs(row.sent - usual) <= SAME_SENT * usual + chance * Math.sqrt(usual));
    if (!isSame) {
      run = [];
      sent = [];
      open = row.open;
      continue;
    }
    sent = [...sent.slice(-30), row.sent];
    const value = signals.isClean(row.second) ? read(row) : null;
    if (value === null) continue;
    run.push(value);
    if (run.length > best.length) best = run;
  }
  return best;
}

/** Medians of stretches of `long` seconds; what is left at the end is in none. */
export function blocksOf(series: readonly number[], long: number): number[] {
  const blocks: number[] = [];
  for (let from = 0; from + long <= series.length; from += long) {
    blocks.push(median(series.slice(from, from + long)));
  }
  return blocks;
}
