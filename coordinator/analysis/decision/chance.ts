/**
 * How surely thresholds hold: runs of the same length are put together from blocks of this one, drawn again and again, and judged by the same
 * rules. Pure; called by decision.ts. Invariant: it speaks of seconds like those that were measured; what differs between days, machines and
 * states of the target is not in it, nor what wanders for longer than a block.
 */
import { assert } from "../../../shared/assert.ts";
import type { StrictThreshold } from "../../../shared/scenario/strict.ts";
import type { Metric } from "../../../shared/stats/counters.ts";
import { MergedHistogram } from "../../../shared/stats/histogram.ts";
import { drawUnit, Stream } from "../../../shared/time/random.ts";
import { phaseAt, phaseSpans } from "../../merge/facts.ts";
import type { RunFold } from "../../merge/run-fold.ts";
import type { Window } from "../../merge/series/series.ts";
import { isLeftOut, judgedHistogram, judgedPhases } from "../judged.ts";
import type { Judgement } from "../judgement.ts";
import { countedIn } from "../recent.ts";
import { BlockedValues } from "../stats/blocked-values.ts";
import { MIN_BLOCK_SECONDS } from "../stats/dependence.ts";
import { isTrue, timeOf } from "../threshold-value.ts";

/** Fewer blocks say nothing of how blocks differ. */
export const MIN_BLOCKS = 6;
const MAX_BLOCKS = 60;
const RESAMPLES = 1000;
const SEED = 1;

export interface Chance {
  /** Of the runs drawn, those in which every rule held; null: too few blocks. */
  readonly share: number | null;
  readonly blocks: number;
  readonly blockSeconds: number;
  readonly resamples: number;
  /** Rules that were judged again; others are taken as they came out: those of one message, target or role, and counts. */
  readonly rules: number;
  readonly rulesTakenAsTheyAre: number;
}

/** Whether a rule holds when each block is there so often. */
type Redraw = (weights: Uint16Array) => boolean;

/** @returns null when none of the thresholds can be judged again */
export function chanceOf(fold: RunFold, judgements: readonly Judgement[]): Chance | null {
  const rules = judgements.flatMap(({ kind, rule }) =>
    kind === "threshold" && rule ? [rule] : [],
  );
  const seconds = secondsThatCount(fold);
  const length = Math.max(MIN_BLOCK_SECONDS, Math.ceil(seconds.length / MAX_BLOCKS));
  const blocks = Math.floor(seconds.length / length);
  const redrawable = rules.filter(isRedrawable);
  if (redrawable.length === 0) return null;
  const about = { blocks, blockSeconds: length, resamples: RESAMPLES };
  const told = { rules: redrawable.length, rulesTakenAsTheyAre: rules.length - redrawable.length };
  if (blocks < MIN_BLOCKS) return { share: null, ...about, ...told };
  const windows = Array.from({ length: blocks }, (_, at) =>
    windowsOf(seconds.slice(at * length, at === blocks - 1 ? undefined : (at + 1) * length)),
  );
  const known: Values = new Map();
  const redraws = redrawable.map((rule) =>
    rule.unit === "us"
      ? quantileRedraw(fold, rule, windows, known)
      : countRedraw(fold, rule, windows),
  );
  return { share: shareOf(redraws, blocks), ...about, ...told };
}

/** Only quantiles are drawn again. */
const NO_OTHERS = { min: Number.NaN, max: Number.NaN, mean: Number.NaN };

/** Of quantiles, shares and rates of all that counts. */
function isRedrawable({ selector, statistic, unit, withInjected, measure }: StrictThreshold) {
  const { phase, name, target = null, role = null, event = null } = selector;
  const isPart = [phase, name, target, role, event].some((one) => one !== null);
  if (isPart || withInjected) return false;
  // The least, the greatest and the mean are of no block.
  if (unit === "us") return /^p\d/.test(statistic);
  const isOpen = statistic === "dropped" || statistic === "open";
  const isCounted = measure !== "availability" && measure !== "sequence" && measure !== "push";
  return unit !== "count" && isCounted && !isOpen;
}

/** In phases that count, without those that say nothing of the target. */
function secondsThatCount(fold: RunFold): number[] {
  const spans = phaseSpans(fold.facts.scenario);
  const last = Math.min(fold.merge.timeline.length, Math.floor(fold.facts.durationUs / 1_000_000));
  return Array.from({ length: last }, (_, second) => second).filter(
    (second) => phaseAt(spans, second * 1_000_000)?.excluded === false && !isLeftOut(fold, second),
  );
}

/** Seconds as stretches. */
function windowsOf(seconds: readonly number[]): Window[] {
  const windows: { from: number; to: number }[] = [];
  for (const second of seconds) {
    const last = windows.at(-1);
    if (last?.to === second) last.to++;
    else windows.push({ from: second, to: second + 1 });
  }
  return windows;
}

type Blocks = readonly (readonly Window[])[];

/** Distributions in blocks, made once for all rules on a metric. */
type Values = Map<Metric, BlockedValues>;

function quantileRedraw(
  fold: RunFold,
  rule: StrictThreshold,
  blocks: Blocks,
  known: Values,
): Redraw {
  const time = timeOf(rule);
  assert(time !== null, "decision: a rule on a time has a distribution");
  const values = known.get(time.metric) ?? valuesOf(fold, time.metric, blocks);
  known.set(time.metric, values);
  return (weights) => {
    const value = time.read({ ...NO_OTHERS, quantile: (p) => values.quantile(weights, p) });
    return Number.isNaN(value) || isTrue(value, rule);
  };
}

function valuesOf(fold: RunFold, metric: Metric, blocks: Blocks): BlockedValues {
  const selection = { metric, phases: judgedPhases(fold), names: null };
  return new BlockedValues(
    blocks.map((windows) => {
      const merged = new MergedHistogram();
      for (const window of windows) {
        const part = judgedHistogram(fold, selection, window);
        if (part) merged.addFrom(part);
      }
      return merged.buckets();
    }),
  );
}

function countRedraw(fold: RunFold, rule: StrictThreshold, blocks: Blocks): Redraw {
  const isRate = rule.unit === "perSec";
  const parts = blocks.map((windows) => {
    let [count, whole] = [0, 0];
    for (const window of windows) {
      const found = countedIn(fold, rule.statistic, window);
      count += found?.count ?? 0;
      whole += isRate ? window.to - window.from : (found?.whole ?? 0);
    }
    return { count, whole };
  });
  return (weights) => {
    let [count, whole] = [0, 0];
    for (const [at, part] of parts.entries()) {
      count += part.count * (weights[at] ?? 0);
      whole += part.whole * (weights[at] ?? 0);
    }
    return whole <= 0 || isTrue(count / whole, rule);
  };
}

/** Blocks drawn with replacement. Source: B. Efron and R. Tibshirani, An Introduction to the Bootstrap (1993), chapter 8. */
function shareOf(redraws: readonly Redraw[], blocks: number): number {
  const weights = new Uint16Array(blocks);
  let held = 0;
  for (let resample = 0; resample < RESAMPLES; resample++) {
    weights.fill(0);
    for (let draw = 0; draw < blocks; draw++) {
      const block = Math.floor(drawUnit(SEED, Stream.resample, resample, draw) * blocks);
      weights[block] = (weights[block] ?? 0) + 1;
    }
    if (redraws.every((holds) => holds(weights))) held++;
  }
  return held / RESAMPLES;
}
