/**
 * How long replies and pushed messages took, and how late messages left, for each worker and stretch of the run, in coarse classes: enough to
 * tell a worker for which everything takes longer from the others. Filled by merge.ts, read by coordinator/analysis. Invariant: sums only,
 * so the order of frames changes nothing. Bound: SPANS stretches with CLASSES counts of 4 bytes for each worker and metric, of those that it
 * has timed: 30 kB for a worker that has all of them, 15 MB for 500.
 */
import { METRICS, type Metric } from "../../../shared/stats/counters.ts";
import { BUCKETS, lowestValueOf } from "../../../shared/stats/hdr-v2.ts";
import type { Piece } from "../series/packed.ts";

/** Two for each block that is judged (analysis/diagnosis/generator/workers.ts); what comes after the plan is in none. */
const SPANS = 24;
/** Classes each time a value doubles: neighbours differ by 19 %. */
const PER_DOUBLING = 4;
/** Microseconds; shorter times are no worker's trouble, and are told from nothing at all (class 0) only. */
const LEAST_US = 64;
/** Below it a time is nothing: the message took none, or less. */
const NOTHING_US = 2;
/** Up to 2^32 microseconds. */
const CLASSES = 2 + (32 - Math.log2(LEAST_US)) * PER_DOUBLING;

const TIMED = ["service", "push", "sendLag"] as const satisfies readonly Metric[];
export type TimedMetric = (typeof TIMED)[number];
const AT: ReadonlyMap<number, TimedMetric> = new Map(
  TIMED.map((metric) => [METRICS.indexOf(metric), metric]),
);

/** By bucket of a frame's histogram: there are as many for each worker and second. */
const CLASS_OF = Uint8Array.from({ length: BUCKETS }, (_, bucket) =>
  classOf(lowestValueOf(bucket)),
);

/** Counts by class; never written to by who reads them. */
type CoarseTimes = Uint32Array;

export class WorkerTimes {
  /** Seconds of a stretch. */
  readonly spanSeconds: number;
  /** By epoch, metric and stretch. */
  readonly #times = new Map<number, Map<TimedMetric, CoarseTimes[]>>();

  /** @param seconds of the plan */
  constructor(seconds: number) {
    this.spanSeconds = Math.max(1, Math.ceil(seconds / SPANS));
  }

  /** Epochs of those that timed something, rising. */
  get workers(): readonly number[] {
    return [...this.#times.keys()].sort((a, b) => a - b);
  }

  add(epoch: number, second: number, pieces: readonly Piece[]): void {
    const span = Math.floor(second / this.spanSeconds);
    if (second < 0 || span >= SPANS) return;
    for (const { metric, values } of pieces) {
      const timed = AT.get(metric);
      if (timed === undefined) continue;
      const times = this.#at(epoch, timed, span);
      const { buckets, counts } = values;
      for (let at = 0; at < buckets.length; at++) {
        const place = CLASS_OF[buckets[at] ?? 0] ?? 0;
        times[place] = (times[place] ?? 0) + (counts[at] ?? 0);
      }
    }
  }

  /** null: it timed none. */
  of(epoch: number, metric: TimedMetric, span: number): CoarseTimes | null {
    return this.#times.get(epoch)?.get(metric)?.[span] ?? null;
  }

  #at(epoch: number, metric: TimedMetric, span: number): CoarseTimes {
    const metrics = this.#times.get(epoch) ?? new Map<TimedMetric, CoarseTimes[]>();
    this.#times.set(epoch, metrics);
    const spans = metrics.get(metric) ?? [];
    metrics.set(metric, spans);
    const times = spans[span] ?? new Uint32Array(CLASSES);
    spans[span] = times;
    return times;
  }
}

export function countOf(times: CoarseTimes | null): number {
  return times?.reduce((sum, one) => sum + one, 0) ?? 0;
}

/** Microseconds, the middle of its class; 0 of the first, and of the second near its end. NaN without values. */
export function quantileOf(times: CoarseTimes, p: number): number {
  const rank = Math.max(1, Math.ceil(p * countOf(times)));
  let seen = 0;
  const at = times.findIndex((one) => {
    seen += one;
    return seen >= rank;
  });
  if (at <= 0) return at === 0 ? 0 : Number.NaN;
  return LEAST_US * 2 ** ((at - 1.5) / PER_DOUBLING);
}

function classOf(valueUs: number): number {
  if (valueUs < NOTHING_US) return 0;
  if (valueUs < LEAST_US) return 1;
  return Math.min(CLASSES - 1, 2 + Math.floor(PER_DOUBLING * Math.log2(valueUs / LEAST_US)));
}
