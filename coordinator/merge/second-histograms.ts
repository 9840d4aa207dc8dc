/**
 * The distributions thresholds are judged on, second by second, so that disturbed seconds can be left out of them
 * afterwards. Filled by merge.ts, read by analysis/thresholds.ts.
 * Invariant: exact sums; taking the disturbed seconds away from the whole leaves exactly the others. Bound: only metrics
 * a threshold asks for; those of all but the newest OPEN_SECONDS seconds are sealed (sealed-histograms.ts).
 */
import type { StrictThreshold } from "../../shared/scenario/strict.ts";
import { METRICS, type Metric } from "../../shared/stats/counters.ts";
import { type DecodedHistogram, MergedHistogram } from "../../shared/stats/histogram.ts";
import type { HistogramSelection } from "./histogram-set.ts";
import { type Sealed, SealedHistograms } from "./sealed-histograms.ts";

const OPEN_SECONDS = 8;
/** Measures of thresholds that are distributions, and where they lie. */
export const THRESHOLD_METRICS: Partial<Record<StrictThreshold["measure"], Metric>> = {
  latency: "latency",
  service: "service",
  connect: "connect",
  ping: "ping",
  sendLag: "sendLag",
};

interface Cell {
  readonly metric: number;
  readonly phase: number;
  readonly name: number;
  histogram: MergedHistogram | null;
  sealed: Sealed | null;
}

/** The values of frames that begin at one second and span as many. */
interface Stretch {
  readonly second: number;
  readonly span: number;
  readonly cells: Map<string, Cell>;
}

export class SecondHistograms {
  readonly #wanted: ReadonlySet<number>;
  /** Whether any threshold tells messages apart. */
  readonly #named: boolean;
  readonly #stretches = new Map<string, Stretch>();
  readonly #open = new Set<Stretch>();
  readonly #sealed = new SealedHistograms();

  constructor(thresholds: readonly StrictThreshold[]) {
    const timed = thresholds.filter(({ unit }) => unit === "us");
    this.#wanted = new Set(
      timed.flatMap(({ measure }) => {
        const metric = THRESHOLD_METRICS[measure];
        return metric === undefined ? [] : [METRICS.indexOf(metric)];
      }),
    );
    this.#named = timed.some(({ selector }) => selector.name !== null);
  }

  /** @param at which frame it came in, and its place there (`metric`: index into METRICS) */
  add(
    at: { second: number; span: number; metric: number; phase: number; name: number },
    histogram: DecodedHistogram,
  ): void {
    const { second, span, metric, phase } = at;
    if (second < 0 || !this.#wanted.has(metric)) return;
    const name = this.#named ? at.name : -1;
    const stretch = this.#stretch(second, span);
    const key = `${metric}|${phase}|${name}`;
    const cell = stretch.cells.get(key) ?? { metric, phase, name, histogram: null, sealed: null };
    stretch.cells.set(key, cell);
    cell.histogram ??= this.#opened(cell);
    cell.histogram.addDecoded(histogram);
    cell.sealed = null;
    this.#open.add(stretch);
    if (this.#open.size > OPEN_SECONDS) this.#sealOldest();
  }

  /** The union of a selection over the stretches that pass; null when it holds no value. */
  select(
    { metric, phases, name }: HistogramSelection,
    passes: (second: number, span: number) => boolean,
  ): MergedHistogram | null {
    const wanted = METRICS.indexOf(metric);
    const union = new MergedHistogram();
    for (const { second, span, cells } of this.#stretches.values()) {
      if (!passes(second, span)) continue;
      for (const cell of cells.values()) {
        if (cell.metric !== wanted || (phases !== null && !phases.has(cell.phase))) continue;
        if (name !== null && cell.name !== name) continue;
        union.addFrom(cell.histogram ?? this.#opened(cell));
      }
    }
    return union.count === 0 ? null : union;
  }

  #stretch(second: number, span: number): Stretch {
    const key = `${second}+${span}`;
    let stretch = this.#stretches.get(key);
    if (!stretch) {
      stretch = { second, span, cells: new Map() };
      this.#stretches.set(key, stretch);
    }
    return stretch;
  }

  #sealOldest(): void {
    let oldest: Stretch | null = null;
    for (const stretch of this.#open) {
      if (!oldest || stretch.second < oldest.second) oldest = stretch;
    }
    if (!oldest) return;
    this.#open.delete(oldest);
    for (const cell of oldest.cells.values()) {
      if (!cell.histogram) continue;
      cell.sealed = this.#sealed.seal(cell.histogram);
      cell.histogram = null;
    }
  }

  #opened({ sealed }: Cell): MergedHistogram {
    return sealed ? this.#sealed.open(sealed) : new MergedHistogram();
  }
}
