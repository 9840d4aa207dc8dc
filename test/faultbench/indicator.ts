/**
 * Whether a fault was felt at all: each case names one indicator in advance, and it must have left what healthy runs of the
 * same server show. Called when a set is scored. Invariants: read from counts and times alone, never from what an analyzer
 * says; a fault that was not felt is scored as a healthy run.
 */
import type { Summary } from "../../coordinator/report/summary-schema.ts";
import type { Second } from "./baselines/baseline.ts";

type Measured = (summary: Summary, seconds: readonly Second[]) => number | null;

/** Seconds at the end of a plan. */
const LAST = 3;

/** Of a run as a whole; null: it was not measured. */
const MEASURE: Readonly<Record<string, Measured>> = {
  latencyP50Ms: ({ messages }) => messages.latencyMs?.p50 ?? null,
  latencyP99Ms: ({ messages }) => messages.latencyMs?.p99 ?? null,
  /** The highest median among the kinds of message. */
  slowestP50Ms: ({ messages }) =>
    Math.max(0, ...Object.values(messages.byName).map(({ latencyMs }) => latencyMs?.p50 ?? 0)),
  connectP99Ms: ({ connections }) => connections.connectMs?.p99 ?? null,
  /** The longest time the event loop of a worker did not come round, in the worst second. */
  worstLoopLagMs: (_, seconds) =>
    Math.max(0, ...seconds.map((second) => second["loop_lag_max_ms"] ?? 0)),
  failedShare: ({ connections }) => share(connections.failed, connections.attempted),
  droppedShare: ({ connections }) => share(connections.dropped ?? 0, connections.established),
  unansweredShare: ({ messages }) =>
    share((messages.timedOut ?? 0) + (messages.unanswered ?? 0), messages.expected),
  /** Of the connections that the plan has open in its last seconds, those that are not. */
  awayAtEndShare: (_, seconds) => {
    const planned = seconds.filter((second) => (second["planned_open"] ?? 0) > 0).slice(-LAST);
    const away = planned.map((second) => 1 - (second["open"] ?? 0) / (second["planned_open"] ?? 1));
    return away.length === 0 ? null : medianOf(away);
  },
  lostWorkers: ({ lostWorkers }) => lostWorkers.length,
  /** Messages that came twice, in another order, altered, to somebody else, or not at all. */
  brokenShare: ({ messages: m }) =>
    share(
      (m.lost ?? 0) + (m.duplicated ?? 0) + (m.reordered ?? 0) + (m.corrupt ?? 0) + (m.leaked ?? 0),
      m.received,
    ),
  /** Half of the messages waited for as long, from the time they were planned for until they were sent. */
  waitP50Ms: ({ messages }) =>
    messages.latencyMs === null || messages.serviceMs === null
      ? null
      : messages.latencyMs.p50 - messages.serviceMs.p50,
  pushP99Ms: ({ push }) =>
    Math.max(0, ...Object.values(push).map(({ latencyMs }) => latencyMs?.p99 ?? 0)),
  missingFrames: ({ judgements = [] }) =>
    Number(judgements.find(({ id }) => id === "results/missing-frames")?.observed.value ?? 0),
  notSentShare: ({ messages }) => share(messages.skipped, messages.planned),
};

export const MEASURES: readonly string[] = Object.keys(MEASURE);

function share(count: number, of: number): number | null {
  return of === 0 ? null : count / of;
}

export function measured(
  measure: string,
  { summary, seconds }: { readonly summary: Summary; readonly seconds: readonly Second[] },
): number | null {
  return MEASURE[measure]?.(summary, seconds) ?? null;
}

/** What healthy runs show of a measure. */
interface Usual {
  readonly median: number;
  /** Median of the absolute deviations from it, times 1.4826: the standard deviation of a normal distribution. */
  readonly spread: number;
}

export function usual(values: readonly number[]): Usual | null {
  if (values.length === 0) return null;
  const centre = medianOf(values);
  return {
    median: centre,
    spread: 1.4826 * medianOf(values.map((value) => Math.abs(value - centre))),
  };
}

/** Deviations from the median that healthy runs hardly ever have. */
const SPREADS = 3;

/** @param least the smallest change that counts, however quiet healthy runs are */
export function moved(value: number | null, among: Usual | null, least: number): boolean {
  if (value === null) return false;
  if (among === null) return value > least;
  return value - among.median > Math.max(least, SPREADS * among.spread);
}

export function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}
