/**
 * At which age connections end, after how many messages, and how many of them do: what limits on each leave alone, or move, when the rate
 * of messages changes. Called by kinds of probe runs. Pure. Invariant: endings that faults or the plan are to blame for are none.
 */
import type { FailureSeries } from "../../../merge/failures/failure-series.ts";
import { median } from "../../stats/interval.ts";
import type { Hypothesis } from "../detector.ts";
import type { Signals } from "../signals.ts";

/** Fewer say nothing. */
const LEAST = 10;
/** Two figures are the same when neither is above the other by more; nothing that doubles is. */
const SAME = 1.25;
/** Of the connections: as good as none, and as good as all that were open. */
const SPARED = 0.1;
const STAYING = 0.8;

export interface Endings {
  readonly count: number;
  /** Of the connections that were open. */
  readonly share: number;
  /** Medians. */
  readonly ageSeconds: number;
  readonly sent: number;
}

/** The first of its failures that end connections; null: there is none, or too few were looked at. */
export function endingsBy(signals: Signals, { symptoms }: Hypothesis): Endings | null {
  const series = endingIn(symptoms);
  return series === null ? null : endingsOf(signals, series);
}

/** The same endings in another run; all of them zero: nothing ended so. null: too few were looked at. */
export function sameEndings(signals: Signals, { symptoms }: Hypothesis): Endings | null {
  const before = endingIn(symptoms);
  if (before === null) return null;
  const series = signals.failures.find(
    ({ kind, code }) => kind === before.kind && code === before.code,
  );
  const { established } = signals.fold.merge.counters();
  if (established < LEAST) return null;
  if (series !== undefined && series.count >= LEAST) return endingsOf(signals, series);
  return { count: series?.count ?? 0, share: 0, ageSeconds: 0, sent: 0 };
}

function endingIn(symptoms: readonly FailureSeries[]): FailureSeries | null {
  return symptoms.find(({ kind }) => kind === "close-code" || kind === "abnormal-close") ?? null;
}

function endingsOf(signals: Signals, series: FailureSeries): Endings | null {
  const own = signals.eventsOf(series);
  const ages = own.flatMap(({ ageMs }) => (ageMs === null ? [] : [ageMs]));
  if (ages.length < LEAST) return null;
  return {
    count: series.count,
    share: series.count / Math.max(1, signals.fold.merge.counters().established),
    ageSeconds: median(ages) / 1000,
    sent: median(own.map(({ sent }) => sent)),
  };
}

/** Hardly any ended so, and nothing else ended them. */
export function areSpared(signals: Signals, { count }: Endings): boolean {
  const { rows, fold } = signals;
  const most = rows.reduce((high, { open }) => Math.max(high, open), 0);
  // In the last second the plan may have ended them.
  const last = rows.at(-2)?.open ?? 0;
  return count <= SPARED * fold.merge.counters().established && last >= STAYING * most;
}

/** Within a quarter of one another. */
export function isSame(one: number, other: number): boolean {
  return one <= SAME * other && other <= SAME * one;
}

export function secondsText(seconds: number): string {
  return `${Number(seconds.toPrecision(2))} s`;
}
