/**
 * The closed model: how many connections the plan wants open at each moment of run time, and when each
 * single one opens and closes. Called by the population, the schedules, the plan view and the charts.
 * Invariant: connection i is open exactly while c(t) >= i + 0.5, where c is the real-valued curve of the
 * phases. So C(t), the number open, is c(t) rounded half up; the highest index closes first; ramps up and
 * down are symmetrical; and every open of a ramp lies inside the ramp.
 *
 *   c(t)   3 |          ________          i = 2 opens where c crosses 2.5 ...
 *          2 |      /            \        ... and closes where it crosses it again
 *          1 |  /                    \
 *          0 +------------------------->
 */
import { assert } from "../assert.ts";
import type { StrictPhase } from "../scenario/strict.ts";
import { endOf, type Segment, segmentsOf, timeOf, valueAt } from "./ramp.ts";

/** A phase with its place in run time; it covers [fromUs, toUs). */
export interface ProfilePhase {
  readonly phase: string;
  readonly fromUs: number;
  readonly toUs: number;
  readonly exclude: boolean;
  readonly messageFactor: number;
}

/** A stretch for which the plan holds a connection open: [openUs, closeUs) in microseconds of run time. */
export interface Session {
  readonly openUs: number;
  readonly closeUs: number;
}

export function buildProfile(phases: readonly StrictPhase[]): Profile {
  return new Profile(phases);
}

/** See the file comment. Pure and deterministic; times are microseconds of run time, 0..durationUs. */
export class Profile {
  readonly phases: readonly ProfilePhase[];
  /** Monotone stretches in order; jumps lie between them. */
  readonly segments: readonly Segment[];
  readonly durationUs: number;
  /** Highest C(t) the run may have, whatever searches decide; closed-model connections have the indices below it. */
  readonly maxConcurrency: number;

  constructor(phases: readonly StrictPhase[]) {
    assert(phases.length > 0, "a run has at least one phase");
    const placed: ProfilePhase[] = [];
    const segments: Segment[] = [];
    let fromUs = 0;
    let from = 0;
    let most = 0;
    for (const phase of phases) {
      segments.push(...segmentsOf(phase, { fromUs, from }));
      const toUs = fromUs + phase.durationUs;
      if (phase.ramp === "find-limit") most = Math.max(most, phase.to);
      const { exclude, messageFactor } = phase;
      placed.push({ phase: phase.phase, fromUs, toUs, exclude, messageFactor });
      fromUs = toUs;
      from = endOf(phase, from);
    }
    this.phases = placed;
    this.segments = segments;
    this.durationUs = fromUs;
    this.maxConcurrency = segments.reduce(
      (highest, segment) => Math.max(highest, whole(segment.from), whole(segment.to)),
      most,
    );
  }

  /** C(t): connections of the closed model that are open at this time. */
  concurrencyAt(tUs: number): number {
    return whole(this.realConcurrencyAt(tUs));
  }

  /** c(t). At a jump, the value after it; outside the run, that of its nearest moment. */
  realConcurrencyAt(tUs: number): number {
    const segment = this.segments[lastStartingBy(this.segments, tUs)];
    if (segment === undefined) return 0;
    return valueAt(segment, Math.min(Math.max(tUs, segment.fromUs), segment.toUs));
  }

  /** Index of the phase this time belongs to; the end of the run belongs to the last one. */
  phaseAt(tUs: number): number {
    return lastStartingBy(this.phases, tUs);
  }

  /**
   * All sessions of closed-model connection `index`, in order. One that is open at the end closes there.
   * O(segments), by the exact inverse of the curve.
   */
  sessions(index: number): readonly Session[] {
    const threshold = index + 0.5;
    const sessions: Session[] = [];
    let openUs = -1;
    for (const segment of this.segments) {
      const { fromUs, from, to } = segment;
      if (openUs >= 0 && from < threshold) {
        sessions.push({ openUs, closeUs: fromUs });
        openUs = -1;
      } else if (openUs < 0 && from >= threshold) {
        openUs = fromUs;
      }
      if (openUs >= 0 && to < threshold) {
        sessions.push({ openUs, closeUs: timeOf(segment, threshold) });
        openUs = -1;
      } else if (openUs < 0 && to >= threshold) {
        openUs = timeOf(segment, threshold);
      }
    }
    if (openUs >= 0) sessions.push({ openUs, closeUs: this.durationUs });
    return sessions;
  }

  /** Sessions of the closed model that open in [fromUs, toUs). Additive over adjacent stretches. */
  opensBetween(fromUs: number, toUs: number): number {
    let opens = 0;
    let before = 0;
    for (const segment of this.segments) {
      if (segment.fromUs >= toUs) break;
      if (segment.fromUs >= fromUs) opens += Math.max(0, whole(segment.from) - whole(before));
      const start = Math.max(segment.fromUs, fromUs);
      const end = Math.min(segment.toUs, toUs);
      if (start < end) {
        // Thresholds i + 0.5 in [c(start), c(end)).
        const rise = below(valueAt(segment, end)) - below(valueAt(segment, start));
        opens += Math.max(0, rise);
      }
      before = segment.to;
    }
    return opens;
  }
}

/** Real concurrency as a number of connections: how many thresholds i + 0.5 are at or below it. */
function whole(real: number): number {
  return Math.floor(real + 0.5);
}

/** How many thresholds i + 0.5 are below it. */
function below(real: number): number {
  return Math.ceil(real - 0.5);
}

/** Index of the last entry that starts at or before `tUs`; 0 when none does. */
function lastStartingBy(entries: readonly { readonly fromUs: number }[], tUs: number): number {
  let low = 0;
  let high = entries.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if ((entries[middle]?.fromUs ?? 0) <= tUs) low = middle;
    else high = middle - 1;
  }
  return low;
}
