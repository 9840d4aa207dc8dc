/**
 * Do connections to one target end sooner than those to the others, at the same age? Pure; called by survival.ts. Lifetimes are not
 * recorded by target, so who was exposed is taken from the samples of healthy connections. Invariants: that those are samples is in the
 * variance; a single moment in which many ended proves nothing.
 */
import type { RunFold } from "../../merge/run-fold.ts";
import { Signals } from "../diagnosis/signals.ts";
import { MIN_BLOCK_SECONDS } from "../stats/dependence.ts";
import { logRank, type RiskStratum } from "../stats/survival.ts";
import { type KnownEnd, sumOf } from "./events.ts";

/** Strata of about equally many ends. */
const STRATA = 12;
/** Healthy moments a stratum needs. */
const LEAST_CONTROLS = 8;
/** Ends within it may have one cause, and hardly any more with those of the next. */
const BLOCK_US = MIN_BLOCK_SECONDS * 1_000_000;
/** Of the ages of a stratum, how far around them its healthy moments may lie. */
const AROUND = 1.25;
/** Samples tell which share of those at risk is the group's, and not how many those are. */
const MANY = 1e9;
/** Tests of more targets are not made. */
const MOST_TARGETS = 16;

export interface TargetSurvival {
  readonly target: number;
  readonly ended: number;
  /** If they had ended as all others did at the same age. */
  readonly expected: number;
  /** Two-sided, after Holm for as many targets. */
  readonly p: number;
}

interface Exposed {
  readonly ageUs: number;
  readonly target: number;
  readonly weight: number;
}

/** @param ends by age @returns nothing for one target, and for too few samples */
export function groupsOf(fold: RunFold, ends: readonly KnownEnd[]): TargetSurvival[] {
  const targets = fold.facts.scenario.targets.length;
  if (targets < 2 || targets > MOST_TARGETS) return [];
  const controls = new Signals(fold).events.controls.flatMap(
    ({ ageMs, target, weight }): Exposed[] =>
      ageMs === null ? [] : [{ ageUs: ageMs * 1000, target, weight }],
  );
  const strata = strataOf(ends, controls);
  // Of two targets, what holds of one holds of the other.
  const blocks = Math.ceil((fold.merge.timeline.length * 1_000_000) / BLOCK_US);
  const tested = Array.from({ length: targets }, (_, target) => testOf(target, strata, blocks));
  return holm(
    tested.flatMap((one) => one ?? []),
    targets === 2 ? 1 : targets,
  );
}

interface Stratum {
  readonly ends: readonly KnownEnd[];
  readonly controls: readonly Exposed[];
}

function strataOf(ends: readonly KnownEnd[], controls: readonly Exposed[]): Stratum[] {
  const each = Math.max(1, Math.ceil(ends.length / STRATA));
  const bounds: number[] = [];
  for (let at = each; at < ends.length; at += each) bounds.push(ends[at]?.ageUs ?? 0);
  const edges = [...new Set([Number.NEGATIVE_INFINITY, ...bounds, Number.POSITIVE_INFINITY])];
  return edges.slice(1).flatMap((to, at) => {
    const from = edges[at] as number;
    const near = controls.filter(({ ageUs }) => ageUs >= from / AROUND && ageUs < to * AROUND);
    const own = ends.filter(({ ageUs }) => ageUs >= from && ageUs < to);
    return near.length < LEAST_CONTROLS ? [] : [{ ends: own, controls: near }];
  });
}

function testOf(target: number, strata: readonly Stratum[], blocks: number): TargetSurvival | null {
  const rows: RiskStratum[] = [];
  const byBlock = Array<number>(blocks).fill(0);
  for (const { ends, controls } of strata) {
    const weights = controls.map(({ weight }) => weight);
    const atRisk = sumOf(weights);
    const atRiskInGroup = sumOf(controls.map((one) => (one.target === target ? one.weight : 0)));
    const draws = (atRisk * atRisk) / sumOf(weights.map((one) => one * one));
    let [ended, endedInGroup] = [0, 0];
    for (const { atUs, weight, target: own } of ends) {
      const isOwn = own === target ? 1 : 0;
      ended += weight;
      endedInGroup += weight * isOwn;
      const block = Math.min(blocks - 1, Math.floor(atUs / BLOCK_US));
      const excess = weight * (isOwn - atRiskInGroup / atRisk);
      byBlock[block] = (byBlock[block] ?? 0) + excess;
    }
    const share = atRiskInGroup / atRisk;
    rows.push({ ended, endedInGroup, atRisk: MANY, atRiskInGroup: MANY * share, draws });
  }
  const test = logRank(rows, byBlock);
  return test && { target, ended: test.observed, expected: test.expected, p: test.p };
}

function holm(tests: readonly TargetSurvival[], family: number): TargetSurvival[] {
  const order = [...tests].sort((a, b) => a.p - b.p);
  let least = 0;
  for (const [at, one] of order.entries()) {
    least = Math.max(least, Math.min(1, one.p * Math.max(1, family - at)));
    order[at] = { ...one, p: least };
  }
  return order.sort((a, b) => a.target - b.target);
}
