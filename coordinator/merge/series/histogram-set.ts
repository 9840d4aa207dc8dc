/**
 * The run's merged histograms, one per (metric, phase, message name). Filled by merge.ts; thresholds and the
 * summary take unions of them. Invariant: exact bucket sums, so any union equals the histogram of all
 * values. Bound: metrics x phases x names, all fixed by the scenario.
 */
import { METRICS, type Metric } from "../../../shared/stats/counters.ts";
import { MergedHistogram } from "../../../shared/stats/histogram.ts";

export interface HistogramSelection {
  readonly metric: Metric;
  /** Which phases count; null for all. */
  readonly phases: ReadonlySet<number> | null;
  /** Positions of names (shared/scenario/names.ts), or null for all. */
  readonly names: ReadonlySet<number> | null;
}

interface Entry {
  readonly phase: number;
  readonly name: number;
  readonly histogram: MergedHistogram;
}

export class HistogramSet {
  readonly #byMetric: readonly Map<string, Entry>[] = METRICS.map(() => new Map());

  /** The histogram of one place, made when missing. `metric` is an index into METRICS. */
  at(metric: number, phase: number, name: number): MergedHistogram {
    const entries = this.#byMetric[metric] as Map<string, Entry>;
    const key = `${phase}|${name}`;
    let entry = entries.get(key);
    if (!entry) {
      entry = { phase, name, histogram: new MergedHistogram() };
      entries.set(key, entry);
    }
    return entry.histogram;
  }

  /** The histogram of one phase and message, or null when there is none. Not to be changed. */
  find(metric: Metric, phase: number, name: number): MergedHistogram | null {
    return this.#byMetric[METRICS.indexOf(metric)]?.get(`${phase}|${name}`)?.histogram ?? null;
  }

  /** The union of a selection, or null when it holds no value. Not to be changed: may be one of the set's own. */
  select(selection: HistogramSelection): MergedHistogram | null {
    const { metric, phases, names } = selection;
    const chosen: MergedHistogram[] = [];
    for (const entry of (this.#byMetric[METRICS.indexOf(metric)] as Map<string, Entry>).values()) {
      if (phases !== null && !phases.has(entry.phase)) continue;
      if (names !== null && !names.has(entry.name)) continue;
      if (entry.histogram.count > 0) chosen.push(entry.histogram);
    }
    const [first, ...rest] = chosen;
    if (!first) return null;
    if (rest.length === 0) return first;
    const union = first.clone();
    for (const histogram of rest) union.addFrom(histogram);
    return union;
  }
}
