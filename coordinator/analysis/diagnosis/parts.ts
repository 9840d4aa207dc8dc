/**
 * Is it one part of the run (a target, a kind of message) that fails? Exposure by part and phase, the ratio of its share of failures to
 * that of all others, and whether that survives within each phase. Called by the detectors of parts and by shares of failures in reports. Pure.
 * Invariant: small differences are none, however sure; many parts are paid for by the rate of false discoveries.
 */
import type { KnownMoment } from "../../merge/evidence/failure-events.ts";
import type { FailureSeries } from "../../merge/failures/failure-series.ts";
import {
  associationP,
  dispersionOf,
  falseDiscoveryRates,
  mantelHaenszel,
  riskRatio,
  type TwoByTwo,
} from "../stats/two-by-two.ts";
import { countIn } from "./signals.ts";

/** Of a part in a phase: how often something was tried, and how often it failed. */
export interface Exposure {
  readonly failed: number;
  readonly exposed: number;
}

export interface Culprit {
  readonly part: number;
  readonly failed: number;
  readonly exposed: number;
  readonly otherFailed: number;
  readonly otherExposed: number;
  readonly ratio: number;
  /** Within phases, by Mantel and Haenszel; null: it is of one stratum alone, and nothing more than the ratio. */
  readonly oddsRatio: number | null;
}

/** Fewer failures show nothing. */
export const LEAST_FAILED = 10;
/** Three times as often as elsewhere. */
const LEAST_RATIO = 3;
/** Expected false ones among those that are told. */
export const MOST_DISCOVERY_RATE = 0.01;
const MOST_P_WITHIN = 0.01;

/**
 * The parts that fail more often than the others, the most failures first.
 * @param parts by part, then by phase, or by one stratum alone
 */
export function culprits(
  parts: readonly (readonly Exposure[])[],
  dispersion: number,
): readonly Culprit[] {
  if (parts.length < 2) return [];
  const tables = parts.map((_, part) => tableOf(parts, part, null));
  const rates = falseDiscoveryRates(tables.map((table) => associationP(table, dispersion)));
  return tables
    .map((table, part): Culprit => {
      const phases = parts[part]?.map((_, phase) => tableOf(parts, part, phase)) ?? [];
      const within = mantelHaenszel(phases, dispersion);
      const ratio = riskRatio(table);
      // Where no phase has both there is nothing to confound it.
      const isOpen = Number.isNaN(within.oddsRatio);
      const oddsRatio = isOpen ? ratio : within.p <= MOST_P_WITHIN ? within.oddsRatio : 1;
      return { part, ...table, ratio, oddsRatio: phases.length > 1 ? oddsRatio : null };
    })
    .filter(
      ({ part, failed, ratio, oddsRatio }) =>
        failed >= LEAST_FAILED &&
        ratio >= LEAST_RATIO &&
        (oddsRatio ?? ratio) >= LEAST_RATIO &&
        (rates[part] ?? 1) <= MOST_DISCOVERY_RATE,
    )
    .sort((a, b) => b.failed - a.failed || a.part - b.part);
}

/** Beyond it the others had none, or next to none, and the number says no more. */
const MOST_ODDS_TOLD = 1000;

/** A sentence; "" where shares say it all. */
export function oddsText({ oddsRatio }: Culprit): string {
  return oddsRatio === null || oddsRatio > MOST_ODDS_TOLD
    ? ""
    : ` Within phases its odds are ${Number(oddsRatio.toPrecision(3))} times theirs.`;
}

/** How much more than by chance they come in the same seconds. @param seconds of the run, from 0 */
export function burstsOf(series: readonly FailureSeries[], seconds: number): number {
  return dispersionOf(Array.from({ length: seconds }, (_, second) => countIn(series, second)));
}

/** By worker: how many failures, or connection-seconds, its single ones stand for. */
export function weightsOf(moments: readonly KnownMoment[]): ReadonlyMap<number, number> {
  const weights = new Map<number, number>();
  for (const { worker, weight } of moments)
    weights.set(worker, (weights.get(worker) ?? 0) + weight);
  return weights;
}

function tableOf(
  parts: readonly (readonly Exposure[])[],
  part: number,
  phase: number | null,
): TwoByTwo {
  const sums = { failed: 0, exposed: 0, otherFailed: 0, otherExposed: 0 };
  for (const [at, phases] of parts.entries()) {
    for (const { failed, exposed } of phase === null ? phases : phases.slice(phase, phase + 1)) {
      if (at === part) {
        sums.failed += failed;
        sums.exposed += exposed;
      } else {
        sums.otherFailed += failed;
        sums.otherExposed += exposed;
      }
    }
  }
  return sums;
}
