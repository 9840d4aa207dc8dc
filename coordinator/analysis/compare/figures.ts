/**
 * From runs to the figures that are compared: distributions and counts over the common span, whole or in blocks.
 * Called by by-run.ts and by-block.ts. Invariant: distributions leave masked seconds out, counts do not: a late reply
 * is the generator's fault, a lost one is not.
 */
import type { PhaseCounter } from "../../../shared/stats/counters.ts";
import { MergedHistogram } from "../../../shared/stats/histogram.ts";
import type { TimedMetric } from "./measure.ts";
import { type CommonSpan, placedSeconds, type RunSample } from "./sample.ts";

/** A quantile rests on so many values beyond it, or it says nothing. */
const VALUES_BEYOND = 10;

/** Enough values for the quantile p to mean something. */
export function suffices(count: number, p: number): boolean {
  // Without the correction 1 - 0.9 of 100 values would be a little less than 10.
  return count * Math.min(p, 1 - p) >= VALUES_BEYOND - 1e-6;
}

/** Milliseconds, not below the resolution of a microsecond, so that ratios exist. */
export function toMs(us: number): number {
  return Math.max(1, us) / 1000;
}

/** One run over a common span, in one or more blocks of it. Computed when first asked for. */
export class RunFigures {
  readonly #sample: RunSample;
  readonly #span: CommonSpan;
  readonly #blocks: number;
  readonly #blockOf: (place: number) => number;
  readonly #histograms = new Map<TimedMetric, readonly MergedHistogram[]>();
  readonly #merged = new Map<TimedMetric, MergedHistogram>();

  /** @param blockSeconds how many seconds that count make a block; the last one also takes what is left over */
  constructor(sample: RunSample, span: CommonSpan, blockSeconds: number) {
    this.#sample = sample;
    this.#span = span;
    const blocks = Math.max(1, Math.floor(span.seconds.length / blockSeconds));
    this.#blocks = blocks;
    this.#blockOf = (place) => Math.max(0, Math.min(blocks - 1, Math.floor(place / blockSeconds)));
  }

  /** Distributions by block. */
  histograms(metric: TimedMetric): readonly MergedHistogram[] {
    const known = this.#histograms.get(metric);
    if (known) return known;
    const blocks = Array.from({ length: this.#blocks }, () => new MergedHistogram());
    for (const { second, place } of placedSeconds(this.#sample, this.#span)) {
      if (this.#sample.masked(second)) continue;
      const histogram = this.#sample.histogram(second, metric);
      if (histogram) blocks[this.#blockOf(place)]?.addFrom(histogram);
    }
    this.#histograms.set(metric, blocks);
    return blocks;
  }

  /** The distribution over the whole span. */
  merged(metric: TimedMetric): MergedHistogram {
    const known = this.#merged.get(metric);
    if (known) return known;
    const merged = new MergedHistogram();
    for (const histogram of this.histograms(metric)) merged.addFrom(histogram);
    this.#merged.set(metric, merged);
    return merged;
  }

  /** Counts by block. */
  counts(counter: PhaseCounter): readonly number[] {
    const blocks = Array<number>(this.#blocks).fill(0);
    for (const { second, place } of placedSeconds(this.#sample, this.#span)) {
      const block = this.#blockOf(place);
      blocks[block] = (blocks[block] ?? 0) + this.#sample.counted(second, counter);
    }
    return blocks;
  }

  count(counter: PhaseCounter): number {
    return this.counts(counter).reduce((sum, count) => sum + count, 0);
  }

  /** Seconds that count and in which the generator was at its limit. */
  get maskedSeconds(): number {
    return this.#span.seconds.filter((second) => this.#sample.masked(second)).length;
  }
}
