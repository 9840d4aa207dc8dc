/**
 * The run second by second: what the live view, timeline.csv, the interval histograms and the validity
 * gates are made of. Filled by merge.ts. Counts come from the frames' ticks, so they are exact to the
 * second also when back-pressure made a frame span several; its distributions then lie in its first second.
 * Invariant: addition and maximum only, so late frames and any order give the same rows. Bound: one row a second
 * of run time; the histograms of all but the newest OPEN_SECONDS seconds are sealed (sealed-histograms.ts).
 */
import {
  METRICS,
  type Metric,
  PHASE_COUNTERS,
  type PhaseCounter,
  TICK_SERIES,
} from "../../shared/stats/counters.ts";
import { type DecodedHistogram, MergedHistogram } from "../../shared/stats/histogram.ts";
import type { Counts, Frame } from "../../shared/wire/frame.ts";
import { type Sealed, SealedHistograms } from "./histograms/sealed-histograms.ts";
import { TICKS_PER_SECOND, TickGauge } from "./worker/tick-gauge.ts";

/** What is kept per second; the other metrics only have totals. */
export const INTERVAL_METRICS = [
  "latency",
  "service",
  "sendLag",
  "connect",
  "ping",
  "loopLag",
] as const satisfies readonly Metric[];
export type IntervalMetric = (typeof INTERVAL_METRICS)[number];

const OPEN_SECONDS = 8;
/** Rows show these; their quantiles are kept. */
const SHOWN: ReadonlySet<IntervalMetric> = new Set(["latency", "sendLag"]);
const KEPT: readonly (IntervalMetric | null)[] = METRICS.map((metric) =>
  (INTERVAL_METRICS as readonly string[]).includes(metric) ? (metric as IntervalMetric) : null,
);

export interface SecondQuantiles {
  readonly count: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

/** One second; all times microseconds. */
export interface TimelineRow {
  readonly second: number;
  /** Open at the second's end in the whole cluster. */
  readonly open: number;
  readonly opened: number;
  readonly closed: number;
  readonly failed: number;
  readonly sent: number;
  readonly received: number;
  readonly latencyUs: SecondQuantiles | null;
  readonly sendLagUs: SecondQuantiles | null;
  /** Generator health: the worst engine. null when no engine reported this second. */
  readonly loopLagMaxUs: number | null;
  readonly utilisation: number | null;
  readonly engines: number;
}

interface Cell {
  histogram: MergedHistogram | null;
  sealed: Sealed | null;
  quantiles: SecondQuantiles | null;
}

interface Second {
  readonly counts: {
    opened: number;
    closed: number;
    failed: number;
    sent: number;
    received: number;
  };
  readonly cells: Map<IntervalMetric, Cell>;
  /** In the order of PHASE_COUNTERS, over the phases that count; null while nothing was counted. */
  judged: Float64Array | null;
  loopLagMaxUs: number;
  utilisation: number | null;
  engines: number;
}

const COUNTED = ["opened", "closed", "failed", "sent", "received"] as const;

export class Timeline {
  readonly openGauge = new TickGauge();
  readonly #seconds: Second[] = [];
  readonly #open = new Set<number>();
  readonly #sealed = new SealedHistograms();

  /** Seconds there are rows for: 0 up to this, exclusive. */
  get length(): number {
    return this.#seconds.length;
  }

  /** Counts and health of a frame; what happened before the start has no row. */
  addFrame(frame: Frame): void {
    if (frame.second < 0) return;
    this.openGauge.add(frame.second, frame.ticks[TICK_SERIES.indexOf("open")] ?? []);
    for (let at = 0; at < frame.spanSeconds; at++) {
      const second = this.#second(frame.second + at);
      for (const series of COUNTED) {
        second.counts[series] += sumOfSecond(frame.ticks[TICK_SERIES.indexOf(series)] ?? [], at);
      }
      second.loopLagMaxUs = Math.max(second.loopLagMaxUs, frame.health.loopLagMaxUs);
      second.engines++;
      // A final frame covers a moment of its second; how busy that was says nothing.
      if (frame.final) continue;
      second.utilisation = Math.max(second.utilisation ?? 0, frame.health.utilisation);
    }
  }

  /** Adds a frame's histogram to its second. `metric` is an index into METRICS. */
  addHistogram(second: number, metric: number, histogram: DecodedHistogram): void {
    const kept = KEPT[metric];
    if (second < 0 || !kept) return;
    const cells = this.#second(second).cells;
    const cell = cells.get(kept) ?? { histogram: null, sealed: null, quantiles: null };
    cells.set(kept, cell);
    this.#opened(cell).addDecoded(histogram);
    cell.sealed = null;
    cell.quantiles = null;
    this.#open.add(second);
    if (this.#open.size > OPEN_SECONDS) this.#seal(Math.min(...this.#open));
  }

  /** Adds the counters of a phase that is not excluded, in the order of PHASE_COUNTERS. */
  addCounters(second: number, counters: Counts): void {
    const kept = this.#second(Math.max(0, second));
    kept.judged ??= new Float64Array(PHASE_COUNTERS.length);
    for (let at = 0; at < kept.judged.length; at++) {
      kept.judged[at] = (kept.judged[at] ?? 0) + (counters[at] ?? 0);
    }
  }

  /** What was counted in a second for phases that are not excluded; a wide frame counts in its first second. */
  counted(second: number, counter: PhaseCounter): number {
    return this.#seconds[second]?.judged?.[PHASE_COUNTERS.indexOf(counter)] ?? 0;
  }

  row(second: number): TimelineRow | null {
    const kept = this.#seconds[second];
    if (!kept) return null;
    return {
      second,
      open: this.openGauge.atEndOf(second),
      ...kept.counts,
      latencyUs: this.#quantilesOf(kept.cells.get("latency")),
      sendLagUs: this.#quantilesOf(kept.cells.get("sendLag")),
      loopLagMaxUs: kept.engines > 0 ? kept.loopLagMaxUs : null,
      utilisation: kept.utilisation,
      engines: kept.engines,
    };
  }

  *rows(): Generator<TimelineRow> {
    for (let second = 0; second < this.#seconds.length; second++) {
      const row = this.row(second);
      if (row) yield row;
    }
  }

  /** A second's distribution as a histogram of its own, or null without values. */
  histogram(second: number, metric: IntervalMetric): MergedHistogram | null {
    const cell = this.#seconds[second]?.cells.get(metric);
    if (!cell) return null;
    if (cell.histogram) return cell.histogram.clone();
    return this.#unsealed(cell);
  }

  #second(second: number): Second {
    // Seconds without a frame have rows of zeros, so that the array stays dense.
    while (this.#seconds.length <= second) {
      this.#seconds.push({
        counts: { opened: 0, closed: 0, failed: 0, sent: 0, received: 0 },
        cells: new Map(),
        judged: null,
        loopLagMaxUs: 0,
        utilisation: null,
        engines: 0,
      });
    }
    return this.#seconds[second] as Second;
  }

  #seal(second: number): void {
    this.#open.delete(second);
    for (const [metric, cell] of (this.#seconds[second] as Second).cells) {
      if (!cell.histogram) continue;
      if (SHOWN.has(metric)) this.#quantilesOf(cell);
      cell.sealed = this.#sealed.seal(cell.histogram);
      cell.histogram = null;
    }
  }

  #opened(cell: Cell): MergedHistogram {
    cell.histogram ??= this.#unsealed(cell);
    return cell.histogram;
  }

  #unsealed({ sealed }: Cell): MergedHistogram {
    return sealed ? this.#sealed.open(sealed) : new MergedHistogram();
  }

  #quantilesOf(cell: Cell | undefined): SecondQuantiles | null {
    if (!cell) return null;
    if (!cell.quantiles) {
      const histogram = cell.histogram ?? this.#unsealed(cell);
      cell.quantiles = {
        count: histogram.count,
        p50: histogram.quantile(0.5),
        p90: histogram.quantile(0.9),
        p99: histogram.quantile(0.99),
        max: histogram.max,
      };
    }
    return cell.quantiles;
  }
}

function sumOfSecond(ticks: readonly number[], second: number): number {
  let sum = 0;
  const from = second * TICKS_PER_SECOND;
  for (let at = from; at < from + TICKS_PER_SECOND; at++) sum += ticks[at] ?? 0;
  return sum;
}
