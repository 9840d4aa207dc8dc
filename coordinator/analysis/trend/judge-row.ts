/**
 * One measure over a series of runs: its levels, the changes between them, a drift, and a word. Pure; called by trend.ts. Invariant:
 * REGRESSED and IMPROVED take a change that chance hardly makes (p <= 0.01) and whose whole 95 % interval lies beyond the margin; with too
 * few runs to find any, nothing is called steady.
 */
import { relative } from "../compare/change.ts";
import { changeText } from "../compare/change-text.ts";
import { MARGIN_FLOOR_MS } from "../compare/measure.ts";
import { verdictOf } from "../compare/verdict.ts";
import { energyChangePoints, LEAST_VALUES } from "../stats/energy-change-points.ts";
import { type Interval, median } from "../stats/interval.ts";
import { hodgesLehmann } from "../stats/rank-sum.ts";
import { studentInterval } from "../stats/student.ts";
import { mannKendallP, theilSenInterval } from "../stats/trend.ts";
import type { TrendMeasure } from "./measure.ts";
import type { TrendChange, TrendDrift, TrendLevel, TrendRow } from "./outcome.ts";

const CONFIDENCE = 0.95;
const SIGNIFICANCE = 0.01;
/** Of permutations: the same runs give the same trend. */
const SEED = 1;
/** Below it times and rates are taken as this, so that ratios exist. */
const LEAST = 0.001;

/** The runs that have the measure, in order. */
interface Series {
  readonly measure: TrendMeasure;
  /** Their indices among all runs. */
  readonly runs: readonly number[];
  readonly values: readonly number[];
  /** On the scale on which differences are changes: logarithms, but of shares. */
  readonly scaled: readonly number[];
  readonly margin: number;
}

/** @param values of the measure by run; null: it has none */
export function judgeRow(measure: TrendMeasure, values: readonly (number | null)[]): TrendRow {
  const series = seriesOf(measure, values);
  const { id, unit, better } = measure;
  const row = { measure: id, unit, better, values, margin: series.margin };
  const { runs } = series;
  if (runs.length < LEAST_VALUES) {
    const reason = `${runs.length} of the ${LEAST_VALUES} runs it takes`;
    return { ...row, ...NOTHING, levels: levelsOf(series, []), verdict: "UNDECIDED", reason };
  }
  const points = energyChangePoints(series.scaled, SEED);
  const drift = driftOf(
    series,
    points.map(({ at }) => at),
  );
  if (drift !== null) return { ...row, ...drifted(series, drift) };
  const levels = levelsOf(
    series,
    points.map(({ at }) => at),
  );
  const changes = changesOf(series, points);
  const worst =
    changes.find(({ verdict, stands }) => stands && verdict === "REGRESSED") ??
    changes.find(({ verdict, stands }) => stands && verdict === "IMPROVED");
  if (worst === undefined) {
    return { ...row, ...NOTHING, levels, changes, verdict: "STEADY", reason: steadyText(changes) };
  }
  const { verdict, at } = worst;
  const reason = `${changeText(textUnit(unit), worst.change)} at once`;
  return {
    ...row,
    ...NOTHING,
    levels,
    changes,
    verdict: verdict as "REGRESSED",
    since: at,
    reason,
  };
}

const NOTHING = { levels: [], changes: [], drift: null, since: null } as const;

function seriesOf(measure: TrendMeasure, all: readonly (number | null)[]): Series {
  const runs = [...all.keys()].filter((at) => all[at] !== null);
  const values = runs.map((at) => all[at] as number);
  const isShare = measure.unit === "share";
  const scaled = isShare ? values : values.map((value) => Math.log(Math.max(LEAST, value)));
  const floor = measure.unit === "ms" ? MARGIN_FLOOR_MS / Math.max(LEAST, median(values)) : 0;
  const margin = values.length === 0 ? measure.margin : Math.max(measure.margin, floor);
  return { measure, runs, values, scaled, margin };
}

function levelsOf({ runs, values }: Series, points: readonly number[]): TrendLevel[] {
  if (values.length === 0) return [];
  const bounds = [0, ...points, values.length];
  return bounds.slice(1).map((to, part) => {
    const from = bounds[part] as number;
    return {
      from: runs[from] as number,
      to: runs[to - 1] as number,
      median: median(values.slice(from, to)),
    };
  });
}

function changesOf(
  series: Series,
  points: readonly { readonly at: number; readonly p: number }[],
): TrendChange[] {
  const { scaled, runs, margin, measure } = series;
  const bounds = [0, ...points.map(({ at }) => at), scaled.length];
  const parts = bounds.slice(1).map((to, part) => scaled.slice(bounds[part], to));
  return points.map(({ at, p }, index): TrendChange => {
    const [before, after] = [parts[index] as number[], parts[index + 1] as number[]];
    const shift =
      hodgesLehmann(before, after, CONFIDENCE) ?? studentInterval(before, after, CONFIDENCE);
    const interval = shift && shown(series, shift);
    const verdict = interval ? verdictOf(interval, margin, measure.better) : "INCONCLUSIVE";
    const rest = parts.slice(index + 1).map((part) => median(part) - median(before));
    const change = shown(series, { estimate: rest[0] as number, low: 0, high: 0 }).estimate;
    return {
      at: runs[at] as number,
      change: interval?.estimate ?? change,
      low: interval?.low ?? null,
      high: interval?.high ?? null,
      ...{ p, verdict },
      stands: rest.every((shiftTo) => {
        const to = shown(series, { estimate: shiftTo, low: 0, high: 0 }).estimate;
        return Math.sign(to) === Math.sign(change) && Math.abs(to) > margin;
      }),
    };
  });
}

/** Relative, but of shares. */
function shown({ measure }: Series, interval: Interval): Interval {
  return measure.unit === "share" ? interval : relative(interval);
}

/**
 * A line by Theil and Sen, where Mann and Kendall find a trend and the line explains the series better than levels do, by BIC: n log of
 * the mean square left, plus log n for each number that was fitted (2 of a line; of m changes 2 m + 1).
 */
function driftOf(series: Series, points: readonly number[]): TrendDrift | null {
  const { scaled, margin, measure } = series;
  const p = mannKendallP(scaled);
  const slope = theilSenInterval(scaled, CONFIDENCE);
  if (p > SIGNIFICANCE || slope === null || slope.estimate === 0) return null;
  const n = scaled.length;
  const bic = (squares: number, fitted: number) =>
    n * Math.log(Math.max(squares / n, Number.EPSILON)) + fitted * Math.log(n);
  const rests = scaled.map((value, at) => value - slope.estimate * at);
  const bounds = [0, ...points, n];
  const parts = bounds.slice(1).map((to, part) => squaresOf(scaled.slice(bounds[part], to)));
  const steps = parts.reduce((sum, part) => sum + part, 0);
  if (bic(squaresOf(rests), 2) >= bic(steps, 2 * points.length + 1)) return null;
  const {
    estimate: total,
    low,
    high,
  } = shown(series, {
    estimate: slope.estimate * (n - 1),
    low: slope.low * (n - 1),
    high: slope.high * (n - 1),
  });
  const perRun = shown(series, slope).estimate;
  const verdict = verdictOf({ estimate: total, low, high }, margin, measure.better);
  return { perRun, total, low, high, p, verdict };
}

function squaresOf(values: readonly number[]): number {
  const centre = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.reduce((sum, value) => sum + (value - centre) ** 2, 0);
}

function drifted(
  series: Series,
  drift: TrendDrift,
): Pick<TrendRow, "levels" | "changes" | "drift" | "since" | "verdict" | "reason"> {
  const { runs, margin, measure } = series;
  const each = changeText(textUnit(measure.unit), drift.perRun);
  const total = changeText(textUnit(measure.unit), drift.total);
  const isWorse = drift.verdict === "REGRESSED";
  const counts = isWorse || drift.verdict === "IMPROVED";
  const step = Math.log1p(drift.perRun);
  const until = (at: number) =>
    measure.unit === "share" ? drift.perRun * at : Math.expm1(step * at);
  const first = runs.findIndex((_, at) => Math.abs(until(at)) > margin);
  return {
    ...NOTHING,
    levels: levelsOf(series, []),
    drift,
    verdict: counts ? (drift.verdict as "REGRESSED") : "STEADY",
    since: counts ? (runs[first] ?? null) : null,
    reason: `drifts by ${each} a run, ${total} in all${counts ? "" : ", perhaps within the margin"}`,
  };
}

function steadyText(changes: readonly TrendChange[]): string {
  if (changes.length === 0) return "no change and no drift found";
  return changes.some(({ stands }) => stands)
    ? "a change was found, perhaps within the margin"
    : "changes were found, and undone";
}

function textUnit(unit: TrendRow["unit"]): "ms" | "share" {
  return unit === "share" ? "share" : "ms";
}
