/**
 * Connections accepted and ended per 100 ms of wall time, from which a group's peak and the accept rate
 * are told. Called by the statistics. Invariants: at most MAX_BINS bins, after which neighbours are merged
 * and the bins are twice as wide; bins start at multiples of their width, so timelines can be added.
 */

const FIRST_BIN_MS = 100;
const MAX_BINS = 18_000;

/** Plain data; `bins` are [number of the bin since the epoch, accepted, ended], oldest first. */
export interface TimelineSnapshot {
  readonly binMs: number;
  readonly openBefore: number;
  readonly bins: readonly (readonly [bin: number, accepted: number, ended: number])[];
}

interface Bin {
  accepted: number;
  ended: number;
}

export class Timeline {
  private binMs = FIRST_BIN_MS;
  private bins = new Map<number, Bin>();
  private readonly openBefore: number;

  /** `openBefore`: connections open when counting starts. */
  constructor(openBefore: number) {
    this.openBefore = openBefore;
  }

  accepted(wallMs: number): void {
    this.bin(wallMs).accepted += 1;
  }

  ended(wallMs: number): void {
    this.bin(wallMs).ended += 1;
  }

  snapshot(): TimelineSnapshot {
    const bins = [...this.bins].map(
      ([bin, counts]) => [bin, counts.accepted, counts.ended] as const,
    );
    bins.sort((one, other) => one[0] - other[0]);
    return { binMs: this.binMs, openBefore: this.openBefore, bins };
  }

  private bin(wallMs: number): Bin {
    const number = Math.floor(wallMs / this.binMs);
    const known = this.bins.get(number);
    if (known !== undefined) return known;
    if (this.bins.size >= MAX_BINS) {
      this.binMs *= 2;
      this.bins = widened(this.bins, 2);
      return this.bin(wallMs);
    }
    const fresh = { accepted: 0, ended: 0 };
    this.bins.set(number, fresh);
    return fresh;
  }
}

function widened(bins: ReadonlyMap<number, Readonly<Bin>>, factor: number): Map<number, Bin> {
  const wide = new Map<number, Bin>();
  for (const [number, counts] of bins) {
    const into = wide.get(Math.floor(number / factor)) ?? { accepted: 0, ended: 0 };
    into.accepted += counts.accepted;
    into.ended += counts.ended;
    wide.set(Math.floor(number / factor), into);
  }
  return wide;
}

/** The timelines of several processes as one, in the widest bins among them. */
export function addTimelines(timelines: readonly TimelineSnapshot[]): TimelineSnapshot {
  const binMs = Math.max(FIRST_BIN_MS, ...timelines.map((timeline) => timeline.binMs));
  const sum = new Map<number, Bin>();
  let openBefore = 0;
  for (const timeline of timelines) {
    openBefore += timeline.openBefore;
    for (const [number, accepted, ended] of timeline.bins) {
      const bin = Math.floor((number * timeline.binMs) / binMs);
      const into = sum.get(bin) ?? { accepted: 0, ended: 0 };
      into.accepted += accepted;
      into.ended += ended;
      sum.set(bin, into);
    }
  }
  const bins = [...sum].map(([bin, counts]) => [bin, counts.accepted, counts.ended] as const);
  bins.sort((one, other) => one[0] - other[0]);
  return { binMs, openBefore, bins };
}

/** The most connections open at the end of any bin. */
export function peakOpen(timeline: TimelineSnapshot): number {
  let open = timeline.openBefore;
  let peak = open;
  for (const [, accepted, ended] of timeline.bins) {
    open += accepted - ended;
    if (open > peak) peak = open;
  }
  return peak;
}

export interface AcceptTimes {
  readonly firstWallMs: number | null;
  readonly binMs: number;
  /** Accepted connections per bin, without gaps, from the first bin with one. */
  readonly counts: readonly number[];
}

/** Accepts per bin from the first accept on, at most MAX_BINS bins. */
export function acceptTimes(timeline: TimelineSnapshot): AcceptTimes {
  const busy = timeline.bins.filter(([, accepted]) => accepted > 0);
  const first = busy[0]?.[0];
  const last = busy.at(-1)?.[0];
  if (first === undefined || last === undefined) {
    return { firstWallMs: null, binMs: timeline.binMs, counts: [] };
  }
  const step = Math.max(1, Math.ceil((last - first + 1) / MAX_BINS));
  const counts = new Array<number>(Math.ceil((last - first + 1) / step)).fill(0);
  for (const [bin, accepted] of busy) {
    const place = Math.floor((bin - first) / step);
    counts[place] = (counts[place] ?? 0) + accepted;
  }
  return { firstWallMs: first * timeline.binMs, binMs: timeline.binMs * step, counts };
}
