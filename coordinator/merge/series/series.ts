/**
 * What was timed in a run, stored once: histograms by second, phase and message, and their totals by phase and message. Filled
 * by merge.ts, asked by everything that judges or shows times. Frames of one second become one histogram a place when the
 * second is over; what comes later is kept beside it.
 * Invariant: exact sums, whatever the order of frames; totals also hold what was timed before the start. Bound: the newest
 * OPEN_SECONDS seconds, at most OPEN_BYTES, decoded; the rest encoded, in memory up to a limit, then in a file.
 */
import { METRICS, type Metric } from "../../../shared/stats/counters.ts";
import { MergedHistogram } from "../../../shared/stats/histogram.ts";
import { type HistogramSelection, HistogramSet } from "./histogram-set.ts";
import { type Piece, type Place, pack, unpack } from "./packed.ts";
import { type Sealed, SealedBytes } from "./sealed-bytes.ts";

const OPEN_SECONDS = 8;
const OPEN_BYTES = 16 * 1024 * 1024;
/** Of a bucket and its count, as they lie in memory. */
const BUCKET_BYTES = 10;

/** Seconds of run time, the last one not included. */
export interface Window {
  readonly from: number;
  readonly to: number;
}

/** Whether what was measured in the seconds from this one on, as many as that, counts. */
export type Passes = (second: number, span: number) => boolean;

export interface SecondQuantiles {
  readonly count: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

/** The histograms of frames that begin at one second and span as many. */
interface Stretch {
  readonly second: number;
  readonly span: number;
  readonly sealed: Sealed[];
  /** Pieces that were sealed; those that are open follow them. */
  sealedPieces: number;
  open: Piece[];
}

/** Rows of the timeline show these, so their quantiles outlast the open seconds. */
const SHOWN = ["latency", "sendLag"] as const satisfies readonly Metric[];
type Shown = (typeof SHOWN)[number];

export class Series {
  readonly #totals = new HistogramSet();
  /** By the second in which they begin; as a rule one, of one second. */
  readonly #stretches: Stretch[][] = [];
  readonly #open = new Set<Stretch>();
  #openBytes = 0;
  readonly #bytes: SealedBytes;
  readonly #quantiles = new Map<Shown, (SecondQuantiles | null | undefined)[]>(
    SHOWN.map((metric) => [metric, []]),
  );
  #within = { set: new HistogramSet(), added: new Map<Stretch, number>(), version: "" };

  constructor(bytes = new SealedBytes()) {
    this.#bytes = bytes;
  }

  /** The histograms of a frame; what was timed before the start belongs to no second. */
  add(second: number, span: number, histograms: readonly Piece[]): void {
    for (const { metric, phase, name, values } of histograms) {
      this.#totals.at(metric, phase, name).addDecoded(values);
    }
    if (second < 0 || histograms.length === 0) return;
    const stretch = this.#stretch(second, span);
    stretch.open.push(...histograms);
    for (const piece of histograms) this.#openBytes += sizeOf(piece);
    for (const quantiles of this.#quantiles.values()) quantiles[second] = undefined;
    this.#open.add(stretch);
    while (
      this.#open.size > OPEN_SECONDS ||
      (this.#openBytes > OPEN_BYTES && this.#open.size > 1)
    ) {
      this.#seal(oldest(this.#open));
    }
  }

  /** Of the whole run, also of what was timed before the start; null when it holds no value. Not to be changed. */
  total(selection: HistogramSelection): MergedHistogram | null {
    return this.#totals.select(selection);
  }

  /** The total of one phase and message. Not to be changed. */
  place(metric: Metric, phase: number, name: number): MergedHistogram | null {
    return this.#totals.find(metric, phase, name);
  }

  /** A union over the seconds of a window that pass; null when it holds no value. A wide frame lies in its first second. */
  histogram(
    selection: HistogramSelection,
    { from, to }: Window,
    passes: Passes = () => true,
  ): MergedHistogram | null {
    const union = new MergedHistogram();
    const wants = (place: Place) => isOf(selection, place);
    for (let second = Math.max(0, from); second < Math.min(to, this.#stretches.length); second++) {
      for (const stretch of this.#stretches[second] ?? []) {
        if (!passes(second, stretch.span)) continue;
        for (const { values } of this.#pieces(stretch, wants)) union.addDecoded(values);
      }
    }
    return union.count === 0 ? null : union;
  }

  /** Of all phases and messages in a second; null without values. */
  quantiles(second: number, metric: Shown): SecondQuantiles | null {
    const kept = this.#quantiles.get(metric) ?? [];
    const known = kept[second];
    if (known !== undefined) return known;
    const all = this.histogram(
      { metric, phases: null, names: null },
      { from: second, to: second + 1 },
    );
    const quantiles = all && quantilesOf(all);
    if (second < this.#stretches.length) kept[second] = quantiles;
    return quantiles;
  }

  /**
   * All that the seconds that pass hold. Not to be changed.
   * @param version what passes follows from: while it is the same, so is the answer
   */
  within(passes: Passes, version: string): HistogramSet {
    if (version === this.#within.version) return this.#within.set;
    const passing = new Set(
      this.#stretches.flat().filter(({ second, span }) => passes(second, span)),
    );
    const isMore = [...this.#within.added].every(
      ([stretch, added]) => passing.has(stretch) && added >= stretch.sealedPieces,
    );
    // A second that was left out and is not any more, or was sealed since: rare, and what it added cannot be taken back.
    const { set, added } = isMore
      ? this.#within
      : { set: new HistogramSet(), added: new Map<Stretch, number>() };
    for (const stretch of passing) {
      for (const piece of this.#pieces(stretch, ANY, added.get(stretch))) {
        set.at(piece.metric, piece.phase, piece.name).addDecoded(piece.values);
      }
      added.set(stretch, stretch.sealedPieces + stretch.open.length);
    }
    this.#within = { set, added, version };
    return set;
  }

  /** @param after pieces that are known: none, or at least all that are sealed */
  *#pieces(
    { sealed, sealedPieces, open }: Stretch,
    wants: (place: Place) => boolean,
    after = 0,
  ): Generator<Piece> {
    if (after === 0) for (const bytes of sealed) yield* unpack(this.#bytes.open(bytes), wants);
    const from = Math.max(0, after - sealedPieces);
    for (let at = from; at < open.length; at++) {
      const piece = open[at] as Piece;
      if (wants(piece)) yield piece;
    }
  }

  #stretch(second: number, span: number): Stretch {
    while (this.#stretches.length <= second) this.#stretches.push([]);
    const beginning = this.#stretches[second] as Stretch[];
    const known = beginning.find((stretch) => stretch.span === span);
    if (known) return known;
    const made = { second, span, sealed: [], sealedPieces: 0, open: [] };
    beginning.push(made);
    return made;
  }

  /** One histogram a place is left. */
  #seal(stretch: Stretch): void {
    for (const metric of SHOWN) this.quantiles(stretch.second, metric);
    const places = new Map<string, [Piece, ...Piece[]]>();
    for (const piece of stretch.open) {
      this.#openBytes -= sizeOf(piece);
      const key = `${piece.metric}|${piece.phase}|${piece.name}`;
      const known = places.get(key);
      if (known) known.push(piece);
      else places.set(key, [piece]);
    }
    stretch.sealed.push(this.#bytes.seal(pack([...places.values()])));
    stretch.sealedPieces += stretch.open.length;
    stretch.open = [];
    this.#open.delete(stretch);
  }
}

function oldest(stretches: ReadonlySet<Stretch>): Stretch {
  return [...stretches].reduce((first, other) => (other.second < first.second ? other : first));
}

function sizeOf({ values }: Piece): number {
  return BUCKET_BYTES * values.buckets.length;
}

const ANY = () => true;

function isOf(selection: HistogramSelection, { metric, phase, name }: Place): boolean {
  if (METRICS[metric] !== selection.metric) return false;
  if (selection.names !== null && !selection.names.has(name)) return false;
  return selection.phases === null || selection.phases.has(phase);
}

export function quantilesOf(histogram: MergedHistogram): SecondQuantiles {
  return {
    count: histogram.count,
    p50: histogram.quantile(0.5),
    p90: histogram.quantile(0.9),
    p99: histogram.quantile(0.99),
    max: histogram.max,
  };
}
