/**
 * What is compared, in which direction it is better, and by how much it may change before that is of consequence. Called
 * by everything in this folder. Invariant: a measure's id is what --fail-on and the JSON call it.
 */
import type { PhaseCounter } from "../../../shared/stats/counters.ts";

export const TIMED = ["latency", "service", "connect"] as const;
export type TimedMetric = (typeof TIMED)[number];

interface Common {
  readonly id: string;
  readonly better: "lower" | "higher";
  /** Relative for times and rates, absolute for shares. */
  readonly margin: number;
}

export interface QuantileMeasure extends Common {
  readonly kind: "quantile";
  readonly metric: TimedMetric;
  readonly p: number;
}

export interface ShareMeasure extends Common {
  readonly kind: "share";
  readonly counter: PhaseCounter;
  readonly of: PhaseCounter;
  /** Shown only where something was counted, or where stamps made sure that it would be. */
  readonly needsStamp: boolean;
}

export interface RateMeasure extends Common {
  readonly kind: "rate";
  readonly counter: PhaseCounter;
}

export type Measure = QuantileMeasure | ShareMeasure | RateMeasure;

/**
 * Relative changes of a time up to this are of no consequence; the far tail rests on few values and may move more.
 * Never less than MARGIN_FLOOR_MS: timers, the scheduler and the network card of any machine move times by that much.
 */
const MARGIN = { body: 0.05, farTail: 0.1, connect: 0.1, rate: 0.02, share: 0.001 } as const;
export const MARGIN_FLOOR_MS = 0.5;
/** From this quantile on it is the far tail. */
const FAR_TAIL = 0.999;

export function quantileMeasure(metric: TimedMetric, percentile: number): QuantileMeasure {
  const p = percentile / 100;
  const body = metric === "connect" ? MARGIN.connect : MARGIN.body;
  const margin = p >= FAR_TAIL ? MARGIN.farTail : body;
  return { kind: "quantile", id: `${metric}.p${percentile}`, metric, p, better: "lower", margin };
}

function share(
  id: string,
  counter: PhaseCounter,
  of: PhaseCounter,
  needsStamp = false,
): ShareMeasure {
  return { kind: "share", id, counter, of, needsStamp, better: "lower", margin: MARGIN.share };
}

function rate(id: string, counter: PhaseCounter): RateMeasure {
  return { kind: "rate", id, counter, better: "higher", margin: MARGIN.rate };
}

/** Every comparison has these rows, as far as they were measured. */
export const DEFAULT_MEASURES: readonly Measure[] = [
  ...[50, 90, 95, 99, 99.9].map((percentile) => quantileMeasure("latency", percentile)),
  ...[50, 95, 99].map((percentile) => quantileMeasure("service", percentile)),
  ...[50, 95, 99].map((percentile) => quantileMeasure("connect", percentile)),
  share("connect.failed", "failed", "attempted"),
  share("delivery.timedOut", "timedOut", "expected"),
  share("delivery.unanswered", "unanswered", "expected"),
  share("delivery.lost", "lost", "expected"),
  share("delivery.duplicated", "duplicated", "received", true),
  share("delivery.reordered", "reordered", "received", true),
  share("delivery.corrupt", "corrupt", "received", true),
  share("delivery.leaked", "leaked", "received", true),
  rate("messages.sent", "sent"),
  rate("messages.received", "received"),
];

const PERCENTILE = /^(?:(latency|service|connect)\.)?p(\d{1,2}(?:\.\d{1,3})?|999|9999)$/;

/**
 * `latency.p99`, `p99` (of latency), `p999` (99.9), `connect.failed`, `failed`, `received`.
 * @returns null when there is no such measure
 */
export function findMeasure(name: string): Measure | null {
  const known = DEFAULT_MEASURES.find(({ id }) => id === name || id.split(".")[1] === name);
  const [, metric = "latency", digits] = PERCENTILE.exec(name) ?? [];
  if (digits === undefined) return known?.kind === "quantile" ? null : (known ?? null);
  const percentile =
    digits.length >= 3 && !digits.includes(".") ? digits.replace(/^99/, "99.") : digits;
  const measure = quantileMeasure(metric as TimedMetric, Number(percentile));
  return measure.p > 0 ? measure : null;
}
