/**
 * Compares the runs of two sides: figures, changes with their intervals, verdicts by stated margins, and the rules of
 * --fail-on. Pure; called by report/compare-runs.ts for `onrush compare`, by run/run.ts for --baseline, and by the
 * simulations that prove how seldom it cries wolf. Invariant: the same runs and seed give the same comparison.
 */

import { BlockComparison, blockMethod, MIN_BLOCKS, planBlocks } from "./compare/by-block.ts";
import { changeByRun, runMethod } from "./compare/by-run.ts";
import type { Change } from "./compare/change.ts";
import {
  COMPARED_VERDICTS,
  type ComparedRow,
  type ComparedRun,
  type Comparison,
  type ComparisonMethod,
  type Difference,
} from "./compare/comparison.ts";
import { curves } from "./compare/curve.ts";
import { type FailRule, judgeRule } from "./compare/fail-rule.ts";
import { RunFigures } from "./compare/figures.ts";
import { DEFAULT_MEASURES, type Measure } from "./compare/measure.ts";
import { type CommonSpan, commonSpan, type RunSample } from "./compare/sample.ts";
import { judgeRow } from "./compare/verdict.ts";

const CONFIDENCE = 0.95;

export interface CompareOptions {
  readonly rules: readonly FailRule[];
  /** An inconclusive rule fails too. */
  readonly strict: boolean;
  /** Of the bootstrap. */
  readonly seed: number;
  /** What the runs do not have in common and was let through. */
  readonly despite: readonly Difference[];
}

export interface ComparedSides {
  readonly a: readonly RunSample[];
  readonly b: readonly RunSample[];
}

/** @param sides at least one run each */
export function compareSamples(sides: ComparedSides, options: CompareOptions): Comparison {
  const span = commonSpan([...sides.a, ...sides.b]);
  const a = sides.a.map((sample) => new RunFigures(sample, span, Number.POSITIVE_INFINITY));
  const b = sides.b.map((sample) => new RunFigures(sample, span, Number.POSITIVE_INFINITY));
  const { method, change } = chooseMethod(sides, { span, a, b }, options.seed);
  const runs = Math.min(a.length, b.length);
  const stamped = [...sides.a, ...sides.b].every((sample) => sample.stamped);
  const rows = measuresFor(options.rules).flatMap((measure): ComparedRow[] => {
    const found = change(measure);
    if (found === null || isSilent(measure, found, stamped)) return [];
    return [judgeRow(measure, found, runs)];
  });
  const rules = options.rules.map((rule) => judgeRule(rule, rows));
  const comparedA = sides.a.map((sample, at) => comparedRun(sample, a[at]));
  const comparedB = sides.b.map((sample, at) => comparedRun(sample, b[at]));
  return {
    schema: 1,
    verdict: overall(rows),
    failed: rules.some(
      ({ outcome }) => outcome === "failed" || (options.strict && outcome === "inconclusive"),
    ),
    strict: options.strict,
    a: comparedA,
    b: comparedB,
    comparedSeconds: span.seconds.length,
    method,
    despite: options.despite,
    caveats: caveatsOf(sides, span, [...comparedA, ...comparedB]),
    rows,
    rules,
    curves: curves(a, b),
  };
}

interface Prepared {
  readonly span: CommonSpan;
  readonly a: readonly RunFigures[];
  readonly b: readonly RunFigures[];
}

interface Chosen {
  readonly method: ComparisonMethod;
  readonly change: (measure: Measure) => Change | null;
}

/** One run a side: blocks of it are the samples. More: the runs are. */
function chooseMethod(sides: ComparedSides, { span, a, b }: Prepared, seed: number): Chosen {
  const [onlyA, onlyB] = [sides.a[0], sides.b[0]];
  const stated = { confidence: CONFIDENCE, seed };
  if (sides.a.length === 1 && sides.b.length === 1 && onlyA && onlyB) {
    const plan = planBlocks(onlyA, onlyB, span);
    const blocks = new BlockComparison({ a: onlyA, b: onlyB }, span, plan, stated);
    const { correlation } = plan;
    return {
      method: {
        ...{ unit: "block", ...stated, blockSeconds: plan.seconds, blocks: plan.blocks },
        correlation: Math.round(correlation * 1000) / 1000,
        text: blockMethod(plan),
      },
      change: (measure) => blocks.change(measure),
    };
  }
  const runSides = { a, b, seconds: span.seconds.length, confidence: CONFIDENCE };
  return {
    method: {
      ...{ unit: "run", ...stated, blockSeconds: null, blocks: null, correlation: null },
      text: runMethod(runSides),
    },
    change: (measure) => changeByRun(runSides, measure),
  };
}

function measuresFor(rules: readonly FailRule[]): readonly Measure[] {
  const measures = [...DEFAULT_MEASURES];
  for (const { change } of rules) {
    if (change && !measures.some(({ id }) => id === change.measure.id))
      measures.push(change.measure);
  }
  return measures;
}

/** Without stamps nothing of the kind can be seen, so that nothing was seen means nothing. */
function isSilent(measure: Measure, found: Change, stamped: boolean): boolean {
  return (
    measure.kind === "share" && measure.needsStamp && !stamped && found.a === 0 && found.b === 0
  );
}

function overall(rows: readonly ComparedRow[]): Comparison["verdict"] {
  const verdicts = new Set(rows.map(({ verdict }) => verdict));
  return COMPARED_VERDICTS.find((verdict) => verdicts.has(verdict)) ?? "INCONCLUSIVE";
}

function comparedRun(sample: RunSample, figures: RunFigures | undefined): ComparedRun {
  return {
    run: sample.run,
    name: sample.name,
    startedAt: sample.startWallMs === null ? null : new Date(sample.startWallMs).toISOString(),
    maskedSeconds: figures?.maskedSeconds ?? 0,
  };
}

function caveatsOf(sides: ComparedSides, span: CommonSpan, runs: readonly ComparedRun[]): string[] {
  const caveats: string[] = [];
  if (runs.length === 2) {
    caveats.push(
      "One run a side: what differs from run to run by itself (machine, neighbours, state of the target) is not covered. 4 or more runs a side, made alternately, cover it.",
    );
  } else if (inSuccession(sides)) {
    caveats.push(
      "All runs of one side were taken before those of the other: what changed around them meanwhile counts as a difference. Make them alternately.",
    );
  }
  if (!span.whole) {
    caveats.push(
      `Not all runs went to their end: the ${span.seconds.length} s they have in common are compared.`,
    );
  }
  const disturbed = [...sides.a, ...sides.b].reduce(
    (most, run) => Math.max(most, run.disturbedSeconds),
    0,
  );
  if (disturbed > 0) {
    caveats.push(
      `A worker was lost: the up to ${disturbed} s until its load was back are left out of all runs.`,
    );
  }
  const masked = runs.reduce((sum, { maskedSeconds }) => sum + maskedSeconds, 0);
  if (masked > 0) {
    caveats.push(
      `${masked} s in which the generator was at its limit are left out of the times, so these may differ a little from the summaries.`,
    );
  }
  if (runs.length === 2 && span.seconds.length < MIN_BLOCKS * 20) {
    caveats.push(
      `${span.seconds.length} s are too short for one run a side; 3 min or more, or several runs, would do.`,
    );
  }
  return caveats;
}

function inSuccession({ a, b }: ComparedSides): boolean {
  const [startsA, startsB] = [a, b].map((side) =>
    side.map(({ startWallMs }) => startWallMs ?? 0),
  ) as [number[], number[]];
  return Math.max(...startsA) < Math.min(...startsB) || Math.max(...startsB) < Math.min(...startsA);
}
