/**
 * How long replies and pushed messages took, and how late messages left, for each worker and stretch of the run, in coarse classes: enough to
 * tell a worker for which everything takes longer from the others. Filled by merge.ts, read by coordinator/analysis. Invariant: sums only,
 * so the order of frames changes nothing. Bound: SPANS stretches with CLASSES counts for each worker and metric.
 */
import { METRICS, type Metric } from "../../../shared/stats/counters.ts";
import { BUCKETS, lowestValueOf } from "../../../shared/stats/hdr-v2.ts";
import type { Piece } from "../series/packed.ts";

const SPANS = 64;
/** Classes each time a value doubles: neighbours differ by 9 %. */
const PER_DOUBLING = 8;
/** Up to 2^32 microseconds; the first one is of values below 2. */
const CLASSES = 32 * PER_DOUBLING;

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
    if (second < 0) return;
    for (const { metric, values } of pieces) {
      const timed = AT.get(metric);
      if (timed === undefined) continue;
      const times = this.#at(epoch, timed, Math.floor(second / this.spanSeconds));
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

/** Microseconds, the middle of its class: 0 of the first. NaN without values. */
export function quantileOf(times: CoarseTimes, p: number): number {
  const rank = Math.max(1, Math.ceil(p * countOf(times)));
  let seen = 0;
  for (const [at, one] of times.entries()) {
    seen += one;
    if (seen >= rank) return at === 0 ? 0 : 2 ** ((at + 0.5) / PER_DOUBLING);
  }
  return Number.NaN;
}

function classOf(valueUs: number): number {
  if (valueUs < 2) return 0;
  return Math.min(CLASSES - 1, Math.floor(PER_DOUBLING * Math.log2(valueUs)));
}
