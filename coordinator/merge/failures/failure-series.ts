/**
 * Failures of a run by kind and code, second by second, and a sample of single ones: what causes are told from. Filled by
 * merge.ts, read by analysis/diagnosis. Invariant: counts are exact, the samples are those with the smallest hash, and what a
 * fault of the scenario is to blame for is left out, so the order of frames changes nothing. Bound: MAX_SAMPLES for each kind and
 * code; of codes those of CODES alone, so no target makes more than about 500 series; a number a second with failures.
 */
import { codeOf } from "../../../shared/stats/failure-code.ts";
import { type FailureKind, failureCause } from "../../../shared/stats/failure-kind.ts";
import type { FailureGroup, FailureSample, Frame } from "../../../shared/wire/frame/frame.ts";

const MAX_SAMPLES = 256;
/** Statuses, and close codes with a meaning; all codes of applications (4000 to 4999) are one. */
const APPLICATION = 4000;

export interface FailureSeries {
  readonly kind: FailureKind;
  /** An HTTP status or a close code; 4000 stands for all from there on; null: the kind has none, or none that is known. */
  readonly code: number | null;
  count: number;
  /** By second of run time; what lies before the start is in second 0. */
  readonly seconds: Map<number, number>;
  /** By index. */
  readonly targets: Map<number, number>;
  samples: readonly SampledFailure[];
}

interface SampledFailure extends FailureSample {
  readonly target: number;
  readonly hash: number;
}

export class FailureSeriesTable {
  readonly #phases: number;
  readonly #all = new Map<string, FailureSeries>();

  /** @param phases of the scenario; behind them are those of what faults are to blame for */
  constructor(phases: number) {
    this.#phases = phases;
  }

  /** In the order of kinds and codes. */
  get all(): readonly FailureSeries[] {
    return [...this.#all].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, series]) => series);
  }

  addFrame({ failures, second }: Frame): void {
    for (const group of failures) {
      if (group.phase >= this.#phases || failureCause(group.kind) === "injected") continue;
      this.#add(group, Math.max(0, second));
    }
  }

  #add({ kind, signature, target, count, sample }: FailureGroup, second: number): void {
    const code = knownCode(codeOf(kind, signature)?.code ?? null);
    const key = `${kind} ${code ?? ""}`;
    const series = this.#all.get(key) ?? newSeries(kind, code);
    this.#all.set(key, series);
    series.count += count;
    series.seconds.set(second, (series.seconds.get(second) ?? 0) + count);
    series.targets.set(target, (series.targets.get(target) ?? 0) + count);
    if (sample === null) return;
    const sampled = { ...sample, target, hash: hashOf(sample) };
    const last = series.samples[MAX_SAMPLES - 1];
    if (last !== undefined && !isBefore(sampled, last)) return;
    series.samples = [...series.samples, sampled]
      .sort((a, b) => (isBefore(a, b) ? -1 : 1))
      .slice(0, MAX_SAMPLES);
  }
}

function newSeries(kind: FailureKind, code: number | null): FailureSeries {
  return { kind, code, count: 0, seconds: new Map(), targets: new Map(), samples: [] };
}

/** A code as series are told apart by it. */
export function knownCode(code: number | null): number | null {
  if (code === null) return null;
  if (code >= APPLICATION) return APPLICATION;
  const isStatus = code >= 200 && code < 600;
  const isClose = (code >= 1000 && code < 1016) || (code >= 3000 && code < 3010);
  return isStatus || isClose ? code : null;
}

/** A total order. */
function isBefore(a: SampledFailure, b: SampledFailure): boolean {
  if (a.hash !== b.hash) return a.hash < b.hash;
  if (a.atUs !== b.atUs) return a.atUs < b.atUs;
  return a.connection < b.connection;
}

/** The mix of a 32-bit MurmurHash3 over what tells one failure from another (A. Appleby; public domain). */
function hashOf({ connection, attempt, atUs }: FailureSample): number {
  let hash = Math.imul(connection ^ Math.imul(attempt + 1, 0x9e3779b1) ^ (atUs | 0), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
