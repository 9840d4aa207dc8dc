/**
 * The histograms of an engine by metric, phase and message name, made when first needed. Invariant: at() after
 * the first use of a combination is two multiplications and an array read.
 */
import { METRICS, NAMED_METRICS } from "../../shared/stats/counters.ts";
import { HotHistogram } from "../../shared/stats/histogram.ts";
import type { FrameHistogram } from "../../shared/wire/frame/frame.ts";

const IS_NAMED = METRICS.map((metric) => NAMED_METRICS.has(metric));
/** A histogram that stayed empty for this many frames gives its memory back. */
const IDLE_FRAMES = 15;
const NO_NAME = -1;

interface Row {
  readonly metric: number;
  readonly phase: number;
  readonly name: number;
  readonly histogram: HotHistogram;
  idleFrames: number;
}

/** Makes the histogram of one row, identified as in a frame. */
export type MakeHistogram = (metric: number, phase: number, name: number) => HotHistogram;

export class HistogramRows {
  #phases: number;
  #names: number;
  readonly #make: MakeHistogram;
  #rows: (Row | null)[];
  #valuesCut = 0;

  constructor(phases: number, names: number, make: MakeHistogram = () => new HotHistogram()) {
    this.#phases = phases;
    this.#names = names;
    this.#make = make;
    this.#rows = new Array(METRICS.length * phases * names).fill(null);
  }

  /** Values in all frames cut so far. */
  get valuesCut(): number {
    return this.#valuesCut;
  }

  /** Makes room for more phases and names. */
  grow(phases: number, names: number): void {
    const known = this.#rows;
    this.#phases = phases;
    this.#names = Math.max(names, this.#names);
    this.#rows = new Array(METRICS.length * phases * this.#names).fill(null);
    for (const row of known) {
      if (row === null) continue;
      const at = (row.metric * phases + row.phase) * this.#names + Math.max(0, row.name);
      this.#rows[at] = row;
    }
  }

  /** @param name 0 for metrics that are not distinguished by message name */
  at(metric: number, phase: number, name: number): HotHistogram {
    const at = (metric * this.#phases + phase) * this.#names + name;
    const row = this.#rows[at];
    if (row) return row.histogram;
    const shownName = IS_NAMED[metric] === true ? name : NO_NAME;
    const histogram = this.#make(metric, phase, shownName);
    this.#rows[at] = { metric, phase, name: shownName, histogram, idleFrames: 0 };
    return histogram;
  }

  /** Encodes what was recorded since the last cut. */
  cut(): FrameHistogram[] {
    const cut: FrameHistogram[] = [];
    this.#rows.forEach((row, at) => {
      if (!row) return;
      const { metric, phase, name, histogram } = row;
      if (histogram.count === 0) {
        if (++row.idleFrames >= IDLE_FRAMES) this.#rows[at] = null;
        return;
      }
      row.idleFrames = 0;
      this.#valuesCut += histogram.count;
      cut.push({ metric, phase, name, bytes: histogram.encode() });
      histogram.reset();
    });
    return cut;
  }
}
