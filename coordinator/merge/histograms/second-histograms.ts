/**
 * What was timed second by second and phase by phase, so that seconds can be left out of a whole, or looked at by
 * themselves, afterwards. Filled by merge.ts, read by analysis/judged.ts and by the search for a limit.
 * Invariant: exact sums; taking seconds away from the whole leaves exactly the others. Bound: nothing is decoded before it
 * is asked for; the frames themselves lie in memory up to a limit, then in a file (sealed-histograms.ts).
 */
import { METRICS } from "../../../shared/stats/counters.ts";
import { DecodedHistogram, MergedHistogram } from "../../../shared/stats/histogram.ts";
import type { FrameHistogram } from "../../../shared/wire/frame.ts";
import { type HistogramSelection, HistogramSet } from "./histogram-set.ts";
import { type Sealed, SealedBytes } from "./sealed-histograms.ts";

/** The histograms of frames that begin at one second and span as many. */
interface Stretch {
  readonly second: number;
  readonly span: number;
  readonly frames: Sealed[];
}

/** The generator's own, of which nothing is left out. */
const OWN: ReadonlySet<number> = new Set(
  (["loopLag", "gcPause"] as const).map((metric) => METRICS.indexOf(metric)),
);

export type Passes = (second: number, span: number) => boolean;

export class SecondHistograms {
  readonly #stretches = new Map<string, Stretch>();
  readonly #sealed = new SealedBytes();
  #within = { set: new HistogramSet(), added: new Map<Stretch, number>(), version: "" };

  /** The histograms of a frame; what was timed before the start belongs to no second. */
  add(second: number, span: number, histograms: readonly FrameHistogram[]): void {
    const kept = histograms.filter(({ metric }) => !OWN.has(metric));
    if (second < 0 || kept.length === 0) return;
    const key = `${second}+${span}`;
    const stretch = this.#stretches.get(key) ?? { second, span, frames: [] };
    this.#stretches.set(key, stretch);
    stretch.frames.push(this.#sealed.seal(packed(kept)));
  }

  /** The union of a selection over the stretches that pass; null when it holds no value. */
  select({ metric, phases, name }: HistogramSelection, passes: Passes): MergedHistogram | null {
    const wanted = METRICS.indexOf(metric);
    const union = new MergedHistogram();
    for (const { second, span, frames } of this.#stretches.values()) {
      if (!passes(second, span)) continue;
      for (const histogram of frames.flatMap((frame) => unpacked(this.#sealed.open(frame)))) {
        if (histogram.metric !== wanted) continue;
        if (phases !== null && !phases.has(histogram.phase)) continue;
        if (name !== null && histogram.name !== name) continue;
        union.addDecoded(new DecodedHistogram(histogram.bytes));
      }
    }
    return union.count === 0 ? null : union;
  }

  /**
   * All that the stretches that pass hold. Not to be changed.
   * @param version what passes follows from: while it is the same, so is the answer
   */
  within(passes: Passes, version: string): HistogramSet {
    if (version === this.#within.version) return this.#within.set;
    const passing = new Set(
      [...this.#stretches.values()].filter(({ second, span }) => passes(second, span)),
    );
    const isMore = [...this.#within.added.keys()].every((stretch) => passing.has(stretch));
    // A second that was left out and is not any more: rare, and what it added cannot be taken back.
    const { set, added } = isMore
      ? this.#within
      : { set: new HistogramSet(), added: new Map<Stretch, number>() };
    for (const stretch of passing) {
      for (const frame of stretch.frames.slice(added.get(stretch) ?? 0)) {
        for (const { metric, phase, name, bytes } of unpacked(this.#sealed.open(frame))) {
          set.at(metric, phase, name).addDecoded(new DecodedHistogram(bytes));
        }
      }
      added.set(stretch, stretch.frames.length);
    }
    this.#within = { set, added, version };
    return set;
  }
}

/** Metric, phase, name and length of each, then its bytes; the numbers are small, and -1 is a name. */
const HEAD_BYTES = 16;

function packed(histograms: readonly FrameHistogram[]): Uint8Array {
  const length = histograms.reduce((sum, { bytes }) => sum + HEAD_BYTES + bytes.length, 0);
  const whole = new Uint8Array(length);
  const view = new DataView(whole.buffer);
  let at = 0;
  for (const { metric, phase, name, bytes } of histograms) {
    for (const value of [metric, phase, name, bytes.length]) {
      view.setInt32(at, value);
      at += 4;
    }
    whole.set(bytes, at);
    at += bytes.length;
  }
  return whole;
}

function unpacked(whole: Uint8Array): FrameHistogram[] {
  const view = new DataView(whole.buffer, whole.byteOffset, whole.byteLength);
  const histograms: FrameHistogram[] = [];
  for (let at = 0; at < whole.length; ) {
    const [metric, phase, name, length] = [0, 4, 8, 12].map((field) => view.getInt32(at + field));
    at += HEAD_BYTES;
    const bytes = whole.subarray(at, at + (length ?? 0));
    histograms.push({ metric: metric ?? 0, phase: phase ?? 0, name: name ?? 0, bytes });
    at += bytes.length;
  }
  return histograms;
}
