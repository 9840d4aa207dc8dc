/**
 * Compares one run with one run: blocks of time are the samples, paired by their place in the plan. Called by
 * ../compare.ts. Invariant: never fewer than MIN_BLOCKS blocks; a run too short for that has figures and no interval.
 */

import { bootstrapInterval } from "../stats/block-bootstrap.ts";
import { BlockedValues } from "../stats/blocked-values.ts";
import { blockSeconds, effectiveBlocks, lagOneCorrelation } from "../stats/dependence.ts";
import type { Interval } from "../stats/interval.ts";
import { newcombeInterval } from "../stats/proportion.ts";
import { type Change, ONE_SIDE, relative, TOO_FEW, widened } from "./change.ts";
import { RunFigures, suffices, toMs } from "./figures.ts";
import type {
  Measure,
  QuantileMeasure,
  RateMeasure,
  ShareMeasure,
  TimedMetric,
} from "./measure.ts";
import type { CommonSpan, RunSample } from "./sample.ts";

/** Fewer blocks say nothing of how blocks differ. */
export const MIN_BLOCKS = 6;
/** More are not needed; longer blocks are as good. */
const MAX_BLOCKS = 60;
export const RESAMPLES = 2000;
/** Quantiles of a second whose dependence on the second before counts. */
const WATCHED = [0.5, 0.9] as const;

export interface BlockPlan {
  readonly seconds: number;
  readonly blocks: number;
  /** Of the difference between both runs in neighbouring seconds. */
  readonly correlation: number;
}

/** Chooses the length of blocks. What the plan does to both runs alike is no dependence: their difference counts. */
export function planBlocks(a: RunSample, b: RunSample, { seconds }: CommonSpan): BlockPlan {
  const series = WATCHED.map((p) => seconds.map((second) => logRatio(a, b, { second, p })));
  const correlation = Math.max(...series.map(lagOneCorrelation));
  const length = Math.max(blockSeconds(correlation), Math.ceil(seconds.length / MAX_BLOCKS));
  return { seconds: length, blocks: Math.floor(seconds.length / length), correlation };
}

function logRatio(
  a: RunSample,
  b: RunSample,
  { second, p }: { readonly second: number; readonly p: number },
): number {
  if (a.masked(second) || b.masked(second)) return Number.NaN;
  const [inA, inB] = [a, b].map((sample) => sample.histogram(second, "latency"));
  if (!inA || !inB || inA.count === 0 || inB.count === 0) return Number.NaN;
  return Math.log(toMs(inB.quantile(p)) / toMs(inA.quantile(p)));
}

export function blockMethod({ seconds, blocks, correlation }: BlockPlan): string {
  if (blocks < MIN_BLOCKS) {
    return `One run a side is compared in blocks of ${seconds} s, and needs ${MIN_BLOCKS} of them; these have ${blocks}.`;
  }
  return (
    `One run a side: ${blocks} blocks of ${seconds} s, paired by their place in the plan and drawn again ` +
    `${RESAMPLES.toLocaleString("en-US")} times (correlation of neighbouring seconds ${correlation.toFixed(2)}).`
  );
}

export class BlockComparison {
  readonly #a: RunFigures;
  readonly #b: RunFigures;
  readonly #plan: BlockPlan;
  readonly #spanSeconds: number;
  readonly #drawn: { readonly confidence: number; readonly seed: number };
  readonly #values = new Map<TimedMetric, { a: BlockedValues; b: BlockedValues }>();

  constructor(
    sides: { readonly a: RunSample; readonly b: RunSample },
    span: CommonSpan,
    plan: BlockPlan,
    drawn: { readonly confidence: number; readonly seed: number },
  ) {
    this.#a = new RunFigures(sides.a, span, plan.seconds);
    this.#b = new RunFigures(sides.b, span, plan.seconds);
    this.#plan = plan;
    this.#spanSeconds = span.seconds.length;
    this.#drawn = drawn;
  }

  /** @returns null when the measure was taken on neither side */
  change(measure: Measure): Change | null {
    switch (measure.kind) {
      case "quantile":
        return this.#quantile(measure);
      case "share":
        return this.#share(measure);
      case "rate":
        return this.#rate(measure);
    }
  }

  #quantile({ metric, p }: QuantileMeasure): Change | null {
    const [inA, inB] = [this.#a.merged(metric), this.#b.merged(metric)];
    if (inA.count + inB.count === 0) return null;
    const [a, b] = [inA, inB].map((side) => (side.count > 0 ? toMs(side.quantile(p)) : null));
    const change = a && b ? b / a - 1 : null;
    const figures = {
      ...{ a: a ?? null, b: b ?? null, countA: inA.count, countB: inB.count, change },
    };
    if (change === null) return { ...figures, interval: null, missing: ONE_SIDE };
    if (!suffices(inA.count, p) || !suffices(inB.count, p)) {
      return { ...figures, interval: null, missing: TOO_FEW };
    }
    const values = this.#blocked(metric);
    const filled = values.a.counts.map((count, at) => count + (values.b.counts[at] ?? 0));
    const drawn = this.#draw(filled, (weights) =>
      Math.log(toMs(values.b.quantile(weights, p)) / toMs(values.a.quantile(weights, p))),
    );
    return "missing" in drawn
      ? { ...figures, interval: null, missing: drawn.missing }
      : { ...figures, interval: relative(drawn), missing: null };
  }

  #share({ counter, of }: ShareMeasure): Change | null {
    const [hits, trials] = [counter, of].map((name) => ({
      a: this.#a.counts(name),
      b: this.#b.counts(name),
    })) as [BlockCounts, BlockCounts];
    const a = { count: sum(hits.a), of: sum(trials.a) };
    const b = { count: sum(hits.b), of: sum(trials.b) };
    if (a.of + b.of === 0) return null;
    const figures = {
      a: a.of > 0 ? a.count / a.of : null,
      b: b.of > 0 ? b.count / b.of : null,
      countA: a.of,
      countB: b.of,
    };
    if (figures.a === null || figures.b === null) {
      return { ...figures, change: null, interval: null, missing: ONE_SIDE };
    }
    const change = figures.b - figures.a;
    const filled = trials.a.map((count, at) => count + (trials.b[at] ?? 0));
    const drawn = this.#draw(
      filled,
      (weights) =>
        sum(hits.b, weights) / sum(trials.b, weights) -
        sum(hits.a, weights) / sum(trials.a, weights),
    );
    if ("missing" in drawn) return { ...figures, change, interval: null, missing: drawn.missing };
    // Nothing in all blocks is still nothing in a limited number of trials.
    const least = newcombeInterval(a, b, this.#drawn.confidence);
    return { ...figures, change, interval: widened(drawn, least), missing: null };
  }

  #rate({ counter }: RateMeasure): Change | null {
    const [a, b] = [this.#a.counts(counter), this.#b.counts(counter)];
    const [countA, countB] = [sum(a), sum(b)];
    if (countA + countB === 0) return null;
    const seconds = this.#spanSeconds;
    const figures = { a: countA / seconds, b: countB / seconds, countA, countB };
    if (countA === 0 || countB === 0) {
      return { ...figures, change: null, interval: null, missing: ONE_SIDE };
    }
    const change = countB / countA - 1;
    // Blocks are stretches of time here, and equally long.
    const filled = a.map(() => 1);
    const drawn = this.#draw(filled, (weights) => Math.log(sum(b, weights) / sum(a, weights)));
    return "missing" in drawn
      ? { ...figures, change, interval: null, missing: drawn.missing }
      : { ...figures, change, interval: relative(drawn), missing: null };
  }

  #draw(
    filled: readonly number[],
    statistic: (weights: Uint16Array) => number,
  ): Interval | { readonly missing: string } {
    const { blocks, seconds } = this.#plan;
    const effective = effectiveBlocks(filled);
    if (blocks < MIN_BLOCKS) {
      return { missing: `too short: ${blocks} blocks of ${seconds} s, ${MIN_BLOCKS} are needed` };
    }
    if (effective < MIN_BLOCKS) {
      return {
        missing: `it happened in too few of the blocks: worth ${effective.toFixed(1)} of ${blocks}`,
      };
    }
    const finite = (weights: Uint16Array) => {
      const value = statistic(weights);
      return Number.isFinite(value) ? value : Number.NaN;
    };
    const interval = bootstrapInterval(
      { ...this.#drawn, resamples: RESAMPLES, blocks, effectiveBlocks: effective },
      finite,
    );
    return interval ?? { missing: "it was missing in too many of the blocks" };
  }

  #blocked(metric: TimedMetric): { a: BlockedValues; b: BlockedValues } {
    const known = this.#values.get(metric);
    if (known) return known;
    const [a, b] = [this.#a, this.#b].map(
      (figures) => new BlockedValues(figures.histograms(metric).map((block) => block.buckets())),
    ) as [BlockedValues, BlockedValues];
    this.#values.set(metric, { a, b });
    return { a, b };
  }
}

interface BlockCounts {
  readonly a: readonly number[];
  readonly b: readonly number[];
}

/** Of the blocks as they are, or as often as each was drawn. */
function sum(counts: readonly number[], weights?: Uint16Array): number {
  return counts.reduce((total, count, at) => total + count * (weights?.[at] ?? 1), 0);
}
