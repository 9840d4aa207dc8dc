/**
 * Conditions over measures of a run that goes on: `connect.failed > 0.05 && latency.p99 > 250.0`. Called by the checks and by
 * coordinator/checkpoints. Invariant: what compiles names measures and statistics that exist; one that was not measured makes the
 * condition not applicable, and it is not true then.
 */
import { MEASURES, meantInstead, statisticOf, statisticsOf } from "../measures.ts";
import type { ThresholdMeasure } from "../strict.ts";
import { parsePercentile } from "../threshold.ts";
import { compileExpression, type Variables } from "./expression.ts";
import { ExpressionError } from "./expression-error.ts";

/** Measures as maps of their statistics; `phase`, the name of the phase; `elapsed`, seconds of run time. */
const VARIABLES: Variables = {
  ...Object.fromEntries(Object.keys(MEASURES).map((measure) => [measure, "map" as const])),
  phase: "string",
  elapsed: "double",
};

/** Counts of single messages and sequences, and what whole outages tell: nothing that is known by the second. */
const NOT_RECENT: Partial<Record<ThresholdMeasure, readonly string[]>> = {
  messages: ["completed"],
  push: ["received", "rate", "reached", "missed", "repeated"],
  availability: ["outages", "longest", "mttr", "mtbf", "burn"],
};

export interface RecentStatistic {
  readonly measure: ThresholdMeasure;
  /** As it is written in the condition: p999. */
  readonly key: string;
  /** Canonical: p99.9. */
  readonly statistic: string;
}

export interface Moment {
  readonly phase: string;
  /** Seconds of run time. */
  readonly elapsed: number;
  /** null: it was not measured. */
  read(one: RecentStatistic): number | null;
}

export interface MeasuredCondition {
  readonly reads: readonly RecentStatistic[];
  test(moment: Moment): boolean;
}

/** @throws ExpressionError when it does not compile, cannot be true or false, or names what is not measured */
export function compileMeasured(source: string): MeasuredCondition {
  const expression = compileExpression(source, VARIABLES);
  if (expression.type !== "bool" && expression.type !== "dyn") {
    const what = `the expression is not true or false but ${expression.type}`;
    throw new ExpressionError(what, 0, "compare something, e.g. connect.failed > 0.05");
  }
  const reads = expression.paths.flatMap((path) => readOf(path, source));
  const [open] = expression.openPaths;
  if (open !== undefined) {
    throw new ExpressionError(
      `${open[0]} needs a statistic by its name`,
      0,
      "such as connect.failed",
    );
  }
  return {
    reads,
    test: (moment) => {
      const { phase, elapsed } = moment;
      return expression.evaluate({ ...figures(reads, moment), phase, elapsed }) === true;
    },
  };
}

function readOf([measure = "", key]: readonly string[], source: string): RecentStatistic[] {
  if (!isMeasure(measure)) return [];
  const at = Math.max(0, source.indexOf(measure));
  if (key === undefined) {
    throw new ExpressionError(`${measure} needs a statistic`, at, hintFor(measure, ""));
  }
  const percentile = MEASURES[measure].times === null ? null : parsePercentile(key);
  if (percentile !== null && typeof percentile !== "string") {
    throw new ExpressionError(
      percentile.what,
      Math.max(0, source.indexOf(key, at)),
      percentile.hint,
    );
  }
  const statistic = percentile ?? key;
  const isKnown =
    statisticOf(measure, statistic) !== null &&
    !(NOT_RECENT[measure]?.includes(statistic) ?? false) &&
    (measure !== "sequence" || /^(p[\d.]+|mean|max)$/.test(statistic));
  if (isKnown) return [{ measure, key, statistic }];
  const offset = Math.max(0, source.indexOf(key, at + measure.length));
  throw new ExpressionError(
    `${measure} has no ${key} while a run goes on`,
    offset,
    hintFor(measure, key),
  );
}

function isMeasure(name: string): name is ThresholdMeasure {
  return Object.hasOwn(MEASURES, name);
}

function hintFor(measure: ThresholdMeasure, key: string): string {
  return meantInstead(measure, key) || `such as ${measure}.${statisticsOf(measure)[0]}`;
}

function figures(
  reads: readonly RecentStatistic[],
  moment: Moment,
): Record<string, Record<string, number>> {
  const known: Record<string, Record<string, number>> = {};
  for (const one of reads) {
    const value = moment.read(one);
    const of = known[one.measure] ?? {};
    if (value !== null) of[one.key] = value;
    known[one.measure] = of;
  }
  return known;
}
