/**
 * Latency as charts and tables show it: percentile curves, a heat map over time, figures per message name and
 * phase. Pure; called by model.ts. Invariants: corrected latency and service time are of the same messages, of
 * the phases and seconds that count; a curve's points are points of the exact merged histogram, thinned out.
 */
import { sentNames } from "../../../shared/scenario/names.ts";
import type { Metric } from "../../../shared/stats/counters.ts";
import type { MergedHistogram } from "../../../shared/stats/histogram.ts";
import { judgedHistogram, phasesThatCount } from "../../analysis/judged.ts";
import type { RunFold } from "../../merge/run-fold.ts";
import { type CurvePoint, type HeatMap, MAX_NINES, ninesOf } from "../outline/plot.ts";
import { quantilesOrNull, toMs } from "../quantiles.ts";
import type { Quantiles } from "../summary-schema.ts";

const CURVE_POINTS = 300;
const HEAT_COLUMNS = 180;
/** Heat map rows per factor of ten in latency. */
const ROWS_PER_DECADE = 12;
/** Rows of the table of names and phases. */
const MAX_BREAKDOWN_ROWS = 5000;

export interface BreakdownRow {
  readonly name: string;
  readonly phase: string;
  readonly excluded: boolean;
  readonly latency: Quantiles;
  readonly service: Quantiles | null;
}

export interface ModelLatency {
  readonly corrected: Quantiles | null;
  readonly service: Quantiles | null;
  readonly correctedCurve: readonly CurvePoint[];
  readonly serviceCurve: readonly CurvePoint[];
  /** Over the whole run, excluded phases included; null without a reply. */
  readonly heat: HeatMap | null;
  /** Names and phases with values, in the scenario's order. */
  readonly breakdown: readonly BreakdownRow[];
  /** Rows beyond MAX_BREAKDOWN_ROWS. */
  readonly breakdownMore: number;
}

export function latencyModel(fold: RunFold): ModelLatency {
  const phases = phasesThatCount(fold);
  const of = (metric: Metric) => judgedHistogram(fold, { metric, phases, names: null });
  const [corrected, service] = [of("latency"), of("service")];
  const rows = [...breakdown(fold)];
  return {
    corrected: quantilesOrNull(corrected),
    service: quantilesOrNull(service),
    correctedCurve: curve(corrected),
    serviceCurve: curve(service),
    heat: heatMap(fold),
    breakdown: rows.slice(0, MAX_BREAKDOWN_ROWS),
    breakdownMore: Math.max(0, rows.length - MAX_BREAKDOWN_ROWS),
  };
}

/** One row a message name and phase that has values. */
function* breakdown(fold: RunFold): Generator<BreakdownRow> {
  const { phases } = fold.facts.scenario;
  for (const { name, positions } of sentNames(fold.facts.scenario)) {
    for (const [index, { phase, exclude }] of phases.entries()) {
      const of = (metric: Metric) =>
        quantilesOrNull(
          judgedHistogram(fold, { metric, phases: new Set([index]), names: new Set(positions) }),
        );
      const latency = of("latency");
      if (!latency) continue;
      yield { name, phase, excluded: exclude, latency, service: of("service") };
    }
  }
}

function curve(histogram: MergedHistogram | null): CurvePoint[] {
  if (!histogram || histogram.count === 0) return [];
  const points: CurvePoint[] = [{ percentile: 0, ms: toMs(histogram.min) }];
  let seen = 0;
  let last = 0;
  for (const [valueUs, count] of histogram.buckets()) {
    seen += count;
    // Of n values the largest stands for the last 1/n; its middle is where the curve ends.
    const percentile = Math.min(seen / histogram.count, 1 - 1 / (2 * histogram.count));
    const at = ninesOf(percentile);
    if (at - last < MAX_NINES / CURVE_POINTS && seen < histogram.count) continue;
    last = at;
    points.push({ percentile, ms: toMs(valueUs) });
  }
  return points;
}

function heatMap(fold: RunFold): HeatMap | null {
  const { timeline, series } = fold.merge;
  const latency = { metric: "latency", phases: null, names: null } as const;
  const all = series.total(latency);
  if (!all || timeline.length === 0) return null;
  const lowest = Math.floor(Math.log10(Math.max(1, all.min)) * ROWS_PER_DECADE);
  const highest = Math.floor(Math.log10(Math.max(1, all.max)) * ROWS_PER_DECADE);
  const rows = highest - lowest + 1;
  const columnSeconds = Math.ceil(timeline.length / HEAT_COLUMNS);
  const columns = Math.ceil(timeline.length / columnSeconds);
  const counts = Array.from({ length: columns }, () => Array<number>(rows).fill(0));
  for (let second = 0; second < timeline.length; second++) {
    const column = counts[Math.floor(second / columnSeconds)] ?? [];
    const inSecond = series.histogram(latency, { from: second, to: second + 1 });
    for (const [us, count] of inSecond?.buckets() ?? []) {
      const row = Math.floor(Math.log10(Math.max(1, us)) * ROWS_PER_DECADE) - lowest;
      const at = Math.min(rows - 1, Math.max(0, row));
      column[at] = (column[at] ?? 0) + count;
    }
  }
  const boundsMs = Array.from({ length: rows + 1 }, (_, row) =>
    toMs(10 ** ((lowest + row) / ROWS_PER_DECADE)),
  );
  let most = 0;
  for (const column of counts) for (const count of column) most = Math.max(most, count);
  return { columnSeconds, columns, boundsMs, counts, most };
}
