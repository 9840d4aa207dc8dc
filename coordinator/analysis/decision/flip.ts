/**
 * What would turn a decision around: of thresholds that hold the one nearest to its limit, of broken ones the one furthest from it. Pure;
 * called by decision.ts. Invariant: distances are relative to what was observed, so that times, shares and rates are in one order; of a
 * share that has to be large, what is missing to 1 counts.
 */
import type { Judgement } from "../judgement.ts";

export interface Flip {
  readonly metric: string;
  readonly rule: string;
  /** In the unit of the rule: milliseconds, shares from 0 to 1, counts, per second. */
  readonly observed: number;
  readonly limit: number;
  readonly holds: boolean;
  /** By which share of itself the observed value reaches its limit; null: no multiple of 0 does. */
  readonly by: number | null;
}

export function flipOf(judgements: readonly Judgement[]): Flip | null {
  const flips = judgements.flatMap((judgement) => flipsOf(judgement));
  const broken = flips.filter(({ holds }) => !holds);
  const distance = ({ by }: Flip) => (by === null ? Number.POSITIVE_INFINITY : Math.abs(by));
  if (broken.length > 0) return broken.reduce((a, b) => (distance(b) > distance(a) ? b : a));
  return flips.reduce<Flip | null>(
    (a, b) => (a === null || distance(b) < distance(a) ? b : a),
    null,
  );
}

function flipsOf({ kind, rule, observed, limit, outcome }: Judgement): Flip[] {
  if (kind !== "threshold" || rule === null || limit === null) return [];
  if (outcome !== "pass" && outcome !== "fail") return [];
  // That the next one would break "== 0" says nothing of how near it is.
  if (outcome === "pass" && /^[=!]=$/.test(limit.operator)) return [];
  const { value } = observed;
  if (typeof value !== "number") return [];
  const isMissing = rule.unit === "share" && limit.operator.startsWith(">");
  const [from, to] = isMissing ? [1 - value, 1 - limit.value] : [value, limit.value];
  if (from === 0 && to !== 0 && outcome === "pass") return [];
  const by = from === to ? 0 : from === 0 ? null : to / from - 1;
  return [
    {
      ...{ metric: rule.metric, rule: rule.rule, observed: value, limit: limit.value },
      ...{ holds: outcome === "pass", by },
    },
  ];
}
