/**
 * Audits the coordinator's own sums: each engine's cumulative totals against what its frames so far add up
 * to. One per worker incarnation. Invariant: frames are compared in the order of their seq, however they
 * arrive. Bound: MAX_WAITING frames wait behind a gap; beyond that the epoch counts as not audited.
 */
import { PHASE_COUNTERS } from "../../../shared/stats/counters.ts";
import type { CumulativeTotals } from "../../../shared/wire/frame/frame.ts";

const MAX_WAITING = 10_000;
const MAX_DIFFERENCES = 20;

/** What one frame adds. */
export interface FrameSum {
  readonly engine: number;
  /** Sums of PHASE_COUNTERS over the frame's phases. */
  readonly counters: readonly number[];
  readonly histogramValues: number;
  readonly cumulative: CumulativeTotals | null;
}

export interface AuditDifference {
  readonly engine: number;
  /** Counter name, or "histogram values". */
  readonly what: string;
  /** Merged minus what the engine says. */
  readonly difference: number;
}

export class FrameAudit {
  readonly differences: AuditDifference[] = [];
  /** Cumulative totals compared so far. */
  compared = 0;
  readonly #waiting = new Map<number, FrameSum | null>();
  readonly #engines = new Map<number, { counters: number[]; values: number }>();
  #next = 0;
  #broken = false;

  /** @param sum null for a frame that could not be read: nothing after it can be compared */
  add(seq: number, sum: FrameSum | null): void {
    if (this.#broken) return;
    this.#waiting.set(seq, sum);
    if (this.#waiting.size > MAX_WAITING) this.#break();
    for (;;) {
      const next = this.#waiting.get(this.#next);
      if (next === undefined) return;
      this.#waiting.delete(this.#next++);
      if (next === null) {
        this.#break();
        return;
      }
      this.#settle(next);
    }
  }

  #break(): void {
    this.#broken = true;
    this.#waiting.clear();
  }

  #settle(frame: FrameSum): void {
    let sum = this.#engines.get(frame.engine);
    if (!sum) {
      sum = { counters: PHASE_COUNTERS.map(() => 0), values: 0 };
      this.#engines.set(frame.engine, sum);
    }
    for (const [at, value] of frame.counters.entries()) {
      sum.counters[at] = (sum.counters[at] as number) + value;
    }
    sum.values += frame.histogramValues;
    if (!frame.cumulative) return;
    this.compared++;
    const { counters, histogramValues } = frame.cumulative;
    for (const [at, name] of PHASE_COUNTERS.entries()) {
      this.#compare(frame.engine, name, (sum.counters[at] as number) - (counters[at] ?? 0));
    }
    this.#compare(frame.engine, "histogram values", sum.values - histogramValues);
  }

  #compare(engine: number, what: string, difference: number): void {
    if (difference === 0 || this.differences.length >= MAX_DIFFERENCES) return;
    this.differences.push({ engine, what, difference });
  }
}
