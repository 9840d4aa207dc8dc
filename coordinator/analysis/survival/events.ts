/**
 * The ends of connections that nobody had planned, as the evidence keeps them. Called by survival.ts. Invariant: how many there
 * were is exact; which of them are known one by one is a sample, whose weights add up to that count.
 */
import type { FailureKind } from "../../../shared/stats/failure-kind.ts";
import type { KnownFailure } from "../../merge/evidence/failure-events.ts";
import type { RunFold } from "../../merge/run-fold.ts";
import { Signals } from "../diagnosis/signals.ts";
import { isLeftOut } from "../judged.ts";

const SECOND_US = 1_000_000;

/** The failures that end a connection, one for each. */
const ENDS: ReadonlySet<FailureKind> = new Set([
  "close-code",
  "abnormal-close",
  "protocol",
  "heartbeat-timeout",
]);
/** Of as many failures of those kinds more, some were of connections that the plan had begun to close: which cannot be told. */
const MOST_OTHERS = 1.05;

export interface KnownEnd {
  readonly ageUs: number;
  readonly atUs: number;
  readonly target: number;
  /** How many it stands for. */
  readonly weight: number;
}

export interface KnownEnds {
  /** Exact, without those a fault of the scenario is to blame for, and those of seconds that say nothing of the target. */
  readonly count: number;
  /** By age. */
  readonly ends: readonly KnownEnd[];
  /** Exact, by second of run time. */
  readonly seconds: ReadonlyMap<number, number>;
}

/** @returns null where they are not known one by one: journals of older versions, or closes by plan that failed among them */
export function knownEnds(fold: RunFold): KnownEnds | null {
  const { merge, facts } = fold;
  const own = new Set(facts.scenario.phases.keys());
  const dropped = merge.counters(own).dropped - (merge.closes.get("step-failed") ?? 0);
  const seconds = new Map<number, number>();
  const byKind = new Map<FailureKind, number>();
  const signals = new Signals(fold);
  for (const { kind, seconds: ofKind } of signals.failures) {
    if (!ENDS.has(kind)) continue;
    for (const [second, one] of ofKind) {
      if (isLeftOut(fold, second)) continue;
      byKind.set(kind, (byKind.get(kind) ?? 0) + one);
      seconds.set(second, (seconds.get(second) ?? 0) + one);
    }
  }
  const count = sumOf([...byKind.values()]);
  if (count === 0 || count > MOST_OTHERS * dropped) return null;
  const events = signals.events.failures.filter(
    ({ kind, ageMs, atUs }) =>
      ENDS.has(kind) && ageMs !== null && !isLeftOut(fold, Math.floor(atUs / SECOND_US)),
  );
  const factors = new Map<FailureKind, number>();
  for (const [kind, exact] of byKind) {
    const sampled = sumOf(events.filter((one) => one.kind === kind).map(({ weight }) => weight));
    if (sampled === 0) return null;
    factors.set(kind, exact / sampled);
  }
  const ends = events.map((one) => known(one, factors.get(one.kind) ?? 1));
  return { count, seconds, ends: ends.sort((a, b) => a.ageUs - b.ageUs) };
}

function known({ ageMs, atUs, target, weight }: KnownFailure, factor: number): KnownEnd {
  return { ageUs: (ageMs ?? 0) * 1000, atUs, target, weight: weight * factor };
}

export function sumOf(values: readonly number[]): number {
  return values.reduce((sum, one) => sum + one, 0);
}
